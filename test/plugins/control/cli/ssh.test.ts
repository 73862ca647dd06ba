import { chmodSync } from 'node:fs';
import { expect } from 'chai';
import { eventually, rejects } from '../../../../core/testing.js';
import { farEnd, reasonOf, sshServer } from '../../../../plugins/control/cli/ssh-command.js';
import { SshTunnel } from '../../../../plugins/control/cli/tunnel.js';
import { StubDaemon } from '../../../fixtures/cli/router.js';
import { type Bin, type Ended, RunningBin, runBin } from '../../../fixtures/cli/run-bin.js';
import { Sshd } from '../../../fixtures/cli/sshd.js';
import { TemporaryDirectory } from '../../../fixtures/cli/temporary.js';
import { Daemon, sleepers } from '../../../fixtures/daemon.js';

describe('--ssh', () => {
  it('reads a server as Circus does, and IPv6 addresses', () => {
    const read = (ssh: string) => {
      const server = sshServer({ ssh });
      return [server?.destination, server?.port];
    };
    expect(read('host')).to.deep.equal(['host', null]);
    expect(read('me@host')).to.deep.equal(['me@host', null]);
    expect(read('me@host:2222')).to.deep.equal(['me@host', 2222]);
    expect(read('me@[::1]:2222')).to.deep.equal(['me@::1', 2222]);
    expect(read('me@fe80::1%eth0')).to.deep.equal(['me@fe80::1%eth0', null]);
  });

  it('takes nothing that ssh would read as an option', () => {
    for (const ssh of ['', '-oProxyCommand=x', 'me@-x', '-x@host', 'a b', 'host:', 'me@host:x']) {
      expect(() => sshServer({ ssh }), ssh).to.throw('--ssh must be [USER@]HOST[:PORT]');
    }
    expect(() => sshServer({ ssh_keyfile: 'key' })).to.throw('--ssh USER@HOST, which is missing');
    expect(sshServer({})).to.equal(null);
  });

  it('forwards to a port or to a unix socket over there', () => {
    const ends = ['tcp://127.0.0.1:5555', 'tcp://*:5555', 'tcp://0.0.0.0:1', 'tcp://[::1]:5', 'ipc:///run/x.sock'].map(farEnd);
    expect(ends).to.deep.equal(['127.0.0.1:5555', '127.0.0.1:5555', '127.0.0.1:1', '[::1]:5', '/run/x.sock']);
    for (const endpoint of ['ipc://relative', 'ipc://@abstract', 'inproc://x']) expect(() => farEnd(endpoint)).to.throw('through ssh');
  });

  it('finds the reason among the words of ssh', () => {
    expect(reasonOf("Warning: Permanently added 'x'\r\nme@x: Permission denied (publickey).\r\n")).to.equal(
      'me@x: Permission denied (publickey).',
    );
    expect(reasonOf('Warning: only this\n')).to.equal('Warning: only this');
    expect(reasonOf('\n')).to.equal(undefined);
  });
});

describe('--ssh through a real sshd', () => {
  let sshd: Sshd;
  let daemon: StubDaemon;
  before(async () => {
    sshd = await Sshd.start();
    daemon = await StubDaemon.start({
      list: () => ({ watchers: ['web'] }),
      stats: () => ({ infos: { web: {} } }),
      dstats: () => ({ info: {} }),
      status: () => ({ statuses: { web: 'active' } }),
    });
  });
  after(async () => {
    await daemon[Symbol.asyncDispose]();
    await sshd[Symbol.asyncDispose]();
  });
  afterEach(() => expect(sshd.left, 'directories that are left').to.deep.equal([]));

  const ssh = (): readonly string[] => ['--ssh', sshd.server, '--ssh_keyfile', sshd.keyfile];
  const run = (bin: Bin, args: readonly string[], more: Readonly<Record<string, string>> = {}): Promise<Ended> =>
    runBin(bin, args, { env: { ...sshd.env, ...more } });

  it('reaches a daemon by its port over there', async () => {
    for (const bin of ['main', 'circusctl'] as const) {
      const ended = await run(bin, [...ssh(), '--endpoint', daemon.endpoint, 'list']);
      expect(ended, bin).to.deep.include({ stdout: 'web\n', stderr: '', status: 0 });
    }
  });

  it('takes the options after the verb too, and an address of the environment', async () => {
    const ended = await run('main', ['list', ...ssh()], { RINGMASTER_ENDPOINT: daemon.endpoint });
    expect(ended).to.deep.include({ stdout: 'web\n', status: 0 });
  });

  it('shows events, whose address the daemon tells, until Ctrl-C', async () => {
    const listening = new RunningBin('main', ['listen', '--endpoint', daemon.endpoint, ...ssh()], { env: sshd.env });
    await daemon.subscribed();
    await daemon.publish('watcher.web.spawn', { process_pid: 5, time: 0 });
    await listening.printed('watcher.web.spawn process_pid=5');
    listening.child.kill('SIGINT');
    expect(await listening.ended).to.deep.include({ status: 0, stderr: '' });
  });

  it('keeps one connection for all lines of the prompt', async () => {
    const ended = await runBin('circusctl', [...ssh(), '--endpoint', daemon.endpoint], { env: sshd.env, input: 'list\nlist\n' });
    expect(ended.stdout.match(/^\(circusctl\) web$/gm)).to.have.length(2);
    expect(ended).to.deep.include({ status: 0, stderr: '' });
  });

  const failures: readonly [string, () => readonly string[], string][] = [
    ['nobody listens over there', () => [...ssh(), '--endpoint', 'tcp://127.0.0.1:1'], 'Connection refused'],
    ['the key is not let in', () => ['--ssh', sshd.server, '--ssh_keyfile', sshd.strangersKey], 'Permission denied'],
    ['there is no ssh server', () => ['--ssh', 'nobody@127.0.0.1:1'], 'Connection refused'],
    ['there is no such host', () => ['--ssh', 'nobody@nowhere.invalid'], 'Could not resolve hostname'],
  ];
  for (const [what, words, why] of failures) {
    it(`says in one line why, when ${what}`, async () => {
      for (const bin of ['main', 'circusctl'] as const) {
        const { stdout, stderr, status } = await run(bin, [...words(), 'list']);
        expect({ stdout, status }).to.deep.equal({ stdout: '', status: 1 });
        expect(stderr)
          .to.match(/^cannot reach tcp:\/\/127\.0\.0\.1:\d+ through ssh \S+: .*\n$/)
          .and.to.include(why);
      }
    });
  }

  it('reaches a daemon by its unix socket over there', async () => {
    await using real = await Daemon.start(sleepers(1));
    const ended = await run('main', [...ssh(), '--endpoint', real.place.endpoint, 'status']);
    expect(ended).to.deep.include({ stderr: '', status: 0 });
    expect(ended.stdout).to.match(/\nweb +active +1\/1 +\d+\n$/);
  });

  it('is an error of its own kind for whoever uses the tunnel', async () => {
    const tunnel = new SshTunnel({ given: 'nobody@127.0.0.1:1', destination: 'nobody@127.0.0.1', port: 1, keyfile: null }, 1000);
    await rejects(tunnel.reach('tcp://127.0.0.1:5555'), 'RM_SSH');
    await tunnel.close();
  });

  it('says so where there is no ssh', async () => {
    using empty = new TemporaryDirectory();
    const { stderr, status } = await run('main', [...ssh(), 'list'], { PATH: empty.path });
    expect(status).to.equal(1);
    expect(stderr).to.include('there is no program ssh on PATH');
  });

  it('ends ssh when a signal ends the program, also while ssh still connects', async () => {
    using place = new TemporaryDirectory();
    const pidfile = place.at('pid');
    chmodSync(place.file('ssh', `#!/bin/sh\necho $$ > ${pidfile}.new\nmv ${pidfile}.new ${pidfile}\nexec sleep 1000\n`), 0o755);
    const running = new RunningBin('main', ['list', ...ssh()], { env: { ...sshd.env, PATH: `${place.path}:${process.env.PATH}` } });
    const pid = await eventually(() => place.read('pid'));
    running.child.kill('SIGTERM');
    expect(await running.ended).to.deep.include({ signal: 'SIGTERM' });
    await eventually(() => !isAlive(Number(pid)));
  });

  it('lets circus-top reach the statistics over there', async () => {
    const { stdout, stderr, status } = await run('circus-top', [...ssh(), '--endpoint', 'tcp://127.0.0.1:1', '--once']);
    expect({ stdout, status }).to.deep.equal({ stdout: '', status: 1 });
    expect(stderr).to.include('through ssh').and.to.include('Connection refused');
    const top = await run('main', ['top', '--once', '--endpoint', daemon.endpoint, ...ssh()]);
    expect(top).to.deep.include({ status: 0, stderr: '' });
    expect(top.stdout).to.include('web');
  });
});

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return !(error instanceof Error && 'code' in error && error.code === 'ESRCH');
  }
}
