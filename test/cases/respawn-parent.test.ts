import { existsSync, readFileSync, renameSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { eventually } from '../../core/testing.js';
import { Daemon, type DaemonOptions, iniHead, sleepers } from '../fixtures/daemon.js';
import { receiveNotifications } from '../fixtures/notify-socket.js';
import { isAlive } from '../fixtures/real.js';

/** A daemon under a parent; without workers unless there are some in `more`. */
const respawned = (more: Partial<DaemonOptions> = {}): DaemonOptions => ({
  config: (place) => `${iniHead(place)}[watcher:web]\ncmd = sleep ${place.marker}\nautostart = false\n`,
  args: () => ['--respawn'],
  ...more,
});
const withPidfile = (...args: readonly string[]): Pick<DaemonOptions, 'args'> => ({
  args: ({ directory }) => ['--respawn', ...args, '--pidfile', join(directory, 'rm.pid')],
});
const pidfileOf = ({ place }: Daemon): number => Number(readFileSync(join(place.directory, 'rm.pid'), 'utf8'));

/** Pids of the direct children of a process. */
const childrenOf = (pid: number): readonly number[] =>
  readFileSync(`/proc/${pid}/task/${pid}/children`, 'latin1').match(/\d+/g)?.map(Number) ?? [];

/** The supervisor that answers now. */
function supervisorOf(daemon: Daemon): Promise<number> {
  const client = daemon.client();
  // Between two supervisors nobody listens.
  return eventually(async () => {
    const { info } = await client.call('dstats');
    return Number((info as { readonly pid: unknown }).pid);
  });
}

/** Waits until there were so many starts. */
async function started(daemon: Daemon, times: number): Promise<void> {
  const count = (): number => daemon.stdout.split('"msg":"ready: ').length - 1;
  await eventually(() => count() >= times, { what: `${times} starts\n${daemon.said}` });
}

describe('run --respawn', () => {
  it('starts a supervisor that was killed again, and says so; SIGTERM at the parent ends all with status 0', async () => {
    await using daemon = await Daemon.start(respawned(withPidfile()));
    const first = await supervisorOf(daemon);
    expect(childrenOf(daemon.pid)).to.deep.equal([first]);
    expect(pidfileOf(daemon)).to.equal(daemon.pid);
    process.kill(first, 'SIGKILL');
    await started(daemon, 2);
    const second = await supervisorOf(daemon);
    expect(second).not.to.equal(first);
    expect(childrenOf(daemon.pid)).to.deep.equal([second]);
    expect(pidfileOf(daemon)).to.equal(daemon.pid);
    expect(daemon.stderr).to.match(
      new RegExp(`^circusd: the supervisor \\(pid ${first}\\) was ended by SIGKILL after \\d+\\.\\d s; another one starts`),
    );
    expect(daemon.stdout).to.include(`"supervisor":${first},"status":null,"signal":"SIGKILL"`);
    daemon.kill('SIGTERM');
    expect(await daemon.gone(), daemon.said).to.deep.equal({ status: 0, signal: null });
    expect(existsSync(join(daemon.place.directory, 'rm.pid'))).to.equal(false);
  });

  it('ends with the status of a supervisor that can not start, and with one that was asked to quit', async () => {
    await using wrong = await Daemon.launch(respawned({ config: () => '[watcher:web]\nnumprocesses = 1\n' }));
    expect((await wrong.gone()).status).to.equal(78);
    expect(wrong.stderr).to.match(/watchers\.web\.cmd is missing/);
    await using words = await Daemon.launch(respawned({ args: () => ['--respawn', '--no-such-option'] }));
    expect((await words.gone()).status).to.equal(2);
    await using daemon = await Daemon.start(respawned());
    await daemon.client().call('quit');
    expect(await daemon.gone(), daemon.said).to.deep.equal({ status: 0, signal: null });
  });

  it('says why no supervisor can be started while its Node is gone, and starts one when that is back', async () => {
    const copied = ['sh', '-c', `node=\${RINGMASTER_RUNTIME_DIR%/*}/node; cp "$0" "$node"; exec "$node" "$@"`];
    await using daemon = await Daemon.start(respawned({ under: copied }));
    const node = join(daemon.place.directory, 'node');
    renameSync(node, `${node}.away`);
    process.kill(await supervisorOf(daemon), 'SIGKILL');
    await eventually(() => expect(daemon.stderr).to.include(`circusd: cannot start a supervisor: spawn ${node} ENOENT\n`));
    renameSync(`${node}.away`, node);
    await started(daemon, 2);
    daemon.kill('SIGTERM');
    expect(await daemon.gone(), daemon.said).to.deep.equal({ status: 0, signal: null });
  });

  it('waits ever longer for a supervisor that dies while it starts, and a stop ends the wait', async () => {
    const config = `import { appendFileSync, readFileSync } from 'node:fs';
      const log = new URL('starts', import.meta.url);
      appendFileSync(log, 'x');
      if (readFileSync(log, 'utf8').length <= 3) process.kill(process.pid, 'SIGKILL');
      export default { endpoint: process.env.AT, pubsub_endpoint: process.env.AT + '.events', watchers: {} };`;
    await using daemon = await Daemon.launch(
      respawned({
        file: 'dies.mjs',
        bin: 'main',
        args: () => ['run', '--respawn'],
        config: ({ endpoint }) => config.replaceAll('process.env.AT', JSON.stringify(endpoint)),
      }),
    );
    await started(daemon, 1);
    expect(daemon.stderr.match(/another one starts.*/g)).to.deep.equal(['0.1', '0.2', '0.4'].map((s) => `another one starts in ${s} s`));
    daemon.kill('SIGTERM');
    expect(await daemon.gone(), daemon.said).to.deep.equal({ status: 0, signal: null });
  });

  it('a signal that comes while there is no supervisor reaches the next one', async () => {
    await using daemon = await Daemon.start(respawned());
    process.kill(await supervisorOf(daemon), 'SIGKILL');
    daemon.kill('SIGHUP');
    await daemon.printed('got SIGHUP, reloading');
    process.kill(childrenOf(daemon.pid)[0] ?? 0, 'SIGKILL');
    daemon.kill('SIGTERM');
    expect(await daemon.gone(), daemon.said).to.deep.equal({ status: 0, signal: null });
    expect(daemon.stdout.match(/got SIG\w+/g)).to.deep.equal(['got SIGHUP', 'got SIGTERM']);
  });

  it('the workers of a supervisor that was killed go on under the next one, and a stop that comes while there is none ends them', async () => {
    await using daemon = await Daemon.start({ ...sleepers(5), args: () => ['--respawn'] });
    await eventually(() => daemon.workers.length === 5);
    const { workers } = daemon;
    for (let round = 2; round < 5; round++) {
      process.kill(await supervisorOf(daemon), 'SIGKILL');
      await started(daemon, round);
      expect(daemon.workers, daemon.said).to.deep.equal(workers);
    }
    process.kill(childrenOf(daemon.pid)[0] ?? 0, 'SIGKILL');
    daemon.kill('SIGTERM');
    expect(await daemon.gone(), daemon.said).to.deep.equal({ status: 0, signal: null });
  });

  it('what a terminal sends to the whole group comes once', async () => {
    await using daemon = await Daemon.start(respawned());
    process.kill(-daemon.pid, 'SIGINT');
    expect(await daemon.gone(), daemon.said).to.deep.equal({ status: 0, signal: null });
    expect(daemon.stdout.match(/got SIG\w+/g)).to.deep.equal(['got SIGINT']);
  });

  it('a supervisor whose parent is killed goes on alone, with its workers, and the pidfile is its own', async () => {
    await using daemon = await Daemon.start({ ...sleepers(3), ...withPidfile() });
    const supervisor = await supervisorOf(daemon);
    const workers = daemon.workers;
    daemon.kill('SIGKILL');
    await daemon.printed('is gone: this supervisor goes on');
    await eventually(() => pidfileOf(daemon) === supervisor);
    expect(await supervisorOf(daemon)).to.equal(supervisor);
    expect(daemon.workers).to.deep.equal(workers);
    process.kill(supervisor, 'SIGTERM');
    await daemon.gone();
    expect(isAlive(supervisor)).to.equal(false);
    expect(existsSync(join(daemon.place.directory, 'rm.pid'))).to.equal(false);
  });

  it('in the background it returns once all has started, and the pidfile names the parent', async () => {
    await using daemon = await Daemon.launch(respawned(withPidfile('--daemon')));
    expect(await daemon.ended, daemon.said).to.deep.equal({ status: 0, signal: null });
    const parent = pidfileOf(daemon);
    const first = await supervisorOf(daemon);
    expect(childrenOf(parent)).to.deep.equal([first]);
    process.kill(first, 'SIGKILL');
    await eventually(() => childrenOf(parent).length === 1 && childrenOf(parent)[0] !== first);
    expect([await supervisorOf(daemon)]).to.deep.equal(childrenOf(parent));
    process.kill(parent, 'SIGTERM');
    await eventually(() => daemon.left.length === 0);
  });

  it('in the background a start that fails has its status and says why', async () => {
    await using daemon = await Daemon.launch(respawned({ ...withPidfile('--daemon'), config: () => '[watcher:web]\nnumprocesses = 1\n' }));
    expect((await daemon.gone()).status).to.equal(78);
    expect(daemon.stderr).to.match(/watchers\.web\.cmd is missing/);
  });

  it('a supervisor tells systemd of itself, each one anew, and that it is alive', async () => {
    const address = `@rm-respawn-${process.pid}`;
    await using receiver = await receiveNotifications(address);
    await using daemon = await Daemon.start(respawned({ env: { NOTIFY_SOCKET: address, WATCHDOG_USEC: '200000' } }));
    const heard = (what: string): number => receiver.messages.filter((text) => text.startsWith(what)).length;
    await eventually(() => heard('READY=1') === 1);
    process.kill(await supervisorOf(daemon), 'SIGKILL');
    await eventually(() => heard('READY=1') === 2);
    const alive = heard('WATCHDOG=1');
    await eventually(() => heard('WATCHDOG=1') > alive);
    daemon.kill('SIGTERM');
    expect(await daemon.gone(), daemon.said).to.deep.equal({ status: 0, signal: null });
    await eventually(() => heard('STOPPING=1') === 1);
  });

  it('the watchdog of systemd is meant for the supervisor where it names the parent', async () => {
    const address = `@rm-respawn-pid-${process.pid}`;
    await using receiver = await receiveNotifications(address);
    const shell = ['/bin/sh', '-c', 'WATCHDOG_PID=$$ exec "$@"', 'sh'];
    await using daemon = await Daemon.start(respawned({ under: shell, env: { NOTIFY_SOCKET: address, WATCHDOG_USEC: '200000' } }));
    await eventually(() => receiver.messages.some((text) => text.startsWith('WATCHDOG=1')));
    daemon.kill('SIGTERM');
    await daemon.gone();
  });

  it('as PID 1 it reaps what a killed supervisor leaves behind', async () => {
    const under = ['unshare', '--pid', '--fork', '--kill-child', '--mount-proc'];
    await using daemon = await Daemon.start({ ...sleepers(3), args: () => ['--respawn'], under });
    const [parent = 0] = childrenOf(daemon.pid);
    const [supervisor = 0] = childrenOf(parent);
    const orphans = daemon.workers;
    process.kill(supervisor, 'SIGKILL');
    await started(daemon, 2);
    for (const pid of orphans) process.kill(pid, 'SIGKILL');
    await eventually(() => childrenOf(parent).length === 1 && orphans.every((pid) => !existsSync(`/proc/${pid}`)));
    process.kill(parent, 'SIGTERM');
    expect(await daemon.gone(), daemon.said).to.deep.equal({ status: 0, signal: null });
  });

  it('the parent loads neither the C library nor ZeroMQ', async () => {
    await using daemon = await Daemon.start(respawned());
    const maps = (pid: number): string => readFileSync(`/proc/${pid}/maps`, 'latin1');
    expect(maps(await supervisorOf(daemon))).to.match(/koffi[\s\S]*zeromq|zeromq[\s\S]*koffi/);
    expect(maps(daemon.pid)).not.to.match(/koffi|zeromq/);
    daemon.kill('SIGTERM');
    await daemon.gone();
  });
});
