import { spawn as spawnChild } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { expect } from 'chai';
import { Supervisor } from '../../core/index.js';
import { eventually } from '../../core/testing.js';
import { Daemon, type DaemonOptions, type Place, randomFrom } from '../fixtures/daemon.js';
import { killed } from '../fixtures/durable/lives.js';
import { isAlive } from '../fixtures/real.js';

/** Workers that each write a line when they are born and then sleep. */
const births = (place: Place, numprocesses: number, more = ''): string => `
endpoint: ${place.endpoint}
pubsub_endpoint: ${place.pubsub_endpoint}
watchers:
  web:
    cmd: sh -c 'echo $$ >> ${place.directory}/births; exec sleep ${place.marker}'
    numprocesses: ${numprocesses}
    stdout: {type: 'null'}
    stderr: {type: 'null'}
${more}`;

const durable = (numprocesses: number): DaemonOptions => ({
  bin: 'main',
  file: 'rm.yaml',
  args: () => ['run'],
  config: (place) => `durable: true\nstate_dir: ${place.directory}/state\n${births(place, numprocesses)}`,
});

function born({ place }: Daemon): readonly number[] {
  const file = join(place.directory, 'births');
  return existsSync(file) ? readFileSync(file, 'utf8').trim().split('\n').map(Number) : [];
}

describe('a durable daemon', () => {
  it('that is killed leaves its processes to the next, which ends them when it is stopped', async () => {
    await using first = await Daemon.start(durable(5));
    await eventually(() => born(first).length === 5);
    const workers = [...first.workers].sort();
    await killed(first);
    await using second = first.again();
    await second.ready();
    expect([...second.workers].sort(), second.said).to.deep.equal(workers);
    const list = await second.client().call('list', { name: 'web' });
    expect(list.pids).to.have.members(workers);
    const took_ms = Number(/adopted 5 processes of 1 watcher in (\d+) ms/.exec(second.stdout)?.[1]);
    expect(took_ms, second.said).to.be.lessThan(10_000);
    const [victim = 0] = workers;
    process.kill(victim, 'SIGKILL');
    await eventually(() => born(second).length === 6 && second.workers.length === 5, { what: 'a replacement' });
    await second.printed(new RegExp(`process ${victim} \\(wid \\d\\) was ended by SIGKILL; replaced`));
    second.kill('SIGTERM');
    await second.ended;
    expect(second.workers).to.deep.equal([]);
    expect(readdirSync(join(first.place.directory, 'state'))).to.deep.equal([]);
  });

  it('that is killed at any moment, again and again, restarts none, loses none and doubles none', async () => {
    const random = randomFrom(7);
    let daemon = await Daemon.start(durable(20));
    await using _place = daemon;
    const first = born(daemon).length;
    expect(first).to.be.lessThanOrEqual(20);
    for (let n = 0; n < 12; n++) {
      await killed(daemon);
      daemon = daemon.again();
      await new Promise((done) => setTimeout(done, random() * 600));
    }
    await daemon.ready();
    await eventually(() => born(daemon).length >= 20);
    expect(born(daemon), daemon.said).to.have.lengthOf(20);
    expect([...daemon.workers].sort()).to.deep.equal([...born(daemon)].sort());
    await killed(daemon);
  });

  it('that is killed while it starts many has the rest started by the next, and none twice', async () => {
    let daemon = await Daemon.launch(durable(150));
    await using _place = daemon;
    for (const least of [1, 40, 90]) {
      await eventually(() => born(daemon).length >= least, { what: `${least} births` });
      await killed(daemon);
      daemon = daemon.again();
    }
    await daemon.ready();
    await eventually(() => born(daemon).length >= 150);
    expect(born(daemon)).to.have.lengthOf(150);
    expect([...daemon.workers].sort()).to.deep.equal([...born(daemon)].sort());
    await killed(daemon);
  });

  it('that fails by a fault of its own leaves them as well, and ends what is not durable', async () => {
    await using first = await Daemon.start({
      ...durable(2),
      config: (place) => {
        const plugin = `export default {name: 'faulty', summary: 'Fails.', schema: {type: 'object', properties: {}}, hooks: ['event'], setup: ({hooks}) => {
          hooks.event.tap(({name}) => { if (name === 'updated') setTimeout(() => { throw new Error('a fault'); }); });
        }};`;
        writeFileSync(join(place.directory, 'faulty.mjs'), plugin);
        const loose = `  loose: {cmd: 'sleep ${place.marker}', durable: false, close_child_stdout: true, close_child_stderr: true}`;
        return `durable: true\nstate_dir: ${place.directory}/state\n${births(place, 2, loose)}\nplugins: {./faulty.mjs: {}}\n`;
      },
    });
    await eventually(() => born(first).length === 2);
    const client = first.client();
    const [loose = 0] = (await client.call('list', { name: 'loose' })).pids as number[];
    void client.call('set', { name: 'web', options: { graceful_timeout: 7 } }).catch(() => {});
    expect((await first.ended).status, first.said).to.equal(70);
    expect(first.stdout).to.include('durable processes run on');
    await eventually(() => !isAlive(loose), { what: 'the end of what is not durable' });
    await using second = first.again();
    await second.ready();
    expect(born(second)).to.have.lengthOf(2);
    expect(second.workers).to.include.members([...born(second)]);
    second.kill('SIGTERM');
    await second.ended;
  });

  it('in a container that is started anew looks for nobody', async () => {
    const under = ['unshare', '--user', '--map-root-user', '--pid', '--fork', '--mount-proc', '--kill-child'];
    await using first = await Daemon.start({ ...durable(1), under });
    await eventually(() => born(first).length === 1);
    const stopped = first.client().call('stop', { name: 'web', waiting: true });
    await stopped;
    await killed(first);
    await using second = first.again();
    await second.ready();
    await eventually(() => born(second).length === 2, { what: 'an ordinary start' });
    expect(second.stdout).to.not.include('adopted');
    await killed(second);
  });

  it('keeps what it writes down to itself', async () => {
    await using daemon = await Daemon.start(durable(1));
    const state = join(daemon.place.directory, 'state');
    expect([statSync(state).mode & 0o777, statSync(join(state, 'journal')).mode & 0o777]).to.deep.equal([0o700, 0o600]);
    await killed(daemon);
  });

  it('says what is missing where processes can not be kept', async () => {
    await using daemon = await Daemon.launch({ ...durable(1), env: { RINGMASTER_OS: 'portable' } });
    expect((await daemon.gone()).status).to.equal(1);
    expect(daemon.stderr).to.include('processes can not be kept over a crash of the daemon (durable): it needs Linux and the native form');
    expect(daemon.stderr).to.include('say `durable: false`');
  });
});

describe('a daemon in the background', () => {
  for (const [bin, args] of [
    ['main', ['run', '--daemon', '--pidfile']],
    ['circusd', ['--daemon', '--pidfile']],
  ] as const) {
    it(`is durable unless the config says otherwise: ${bin}`, async () => {
      const options: DaemonOptions = {
        bin,
        file: 'rm.yaml',
        args: ({ directory }) => [...args, join(directory, 'pid')],
        config: (place) => births(place, 3, `logoutput: ${place.directory}/log`),
      };
      await using first = await Daemon.launch(options);
      const pidOf = (): number => Number(readFileSync(join(first.place.directory, 'pid'), 'utf8'));
      expect((await first.ended).status, first.said).to.equal(0);
      await eventually(() => born(first).length === 3);
      const before = pidOf();
      process.kill(before, 'SIGKILL');
      await eventually(() => !isAlive(before));
      await using second = first.again();
      expect((await second.ended).status, second.said).to.equal(0);
      expect(born(first)).to.have.lengthOf(3);
      expect([...first.workers].sort()).to.deep.equal([...born(first)].sort());
      expect(readFileSync(join(first.place.directory, 'log'), 'utf8')).to.include('adopted 3 processes of 1 watcher');
      process.kill(pidOf(), 'SIGTERM');
      await eventually(() => first.workers.length === 0, { what: 'the end of all' });
    });
  }

  it('without the native form runs as ever, and says so in its log', async () => {
    await using daemon = await Daemon.launch({
      bin: 'main',
      file: 'rm.yaml',
      args: () => ['run', '--daemon'],
      env: { RINGMASTER_OS: 'portable' },
      config: (place) => births(place, 1, `logoutput: ${place.directory}/log\npidfile: ${place.directory}/pid`),
    });
    expect((await daemon.ended).status, daemon.said).to.equal(0);
    expect(readFileSync(join(daemon.place.directory, 'log'), 'utf8')).to.include('it needs Linux and the native form');
    const pid = Number(readFileSync(join(daemon.place.directory, 'pid'), 'utf8'));
    process.kill(pid, 'SIGTERM');
    await eventually(() => !isAlive(pid));
  });
});

describe('a supervisor that is killed between a spawn and the record of its pid', () => {
  it('has the process found by the next one, by what is in its environment', async () => {
    const directory = mkdtempSync(join(tmpdir(), 'ringmaster-test-'));
    const config = {
      durable: true,
      state_dir: join(directory, 'state'),
      watchers: { web: { cmd: 'sleep 1000', close_child_stdout: true, close_child_stderr: true } },
    };
    writeFileSync(join(directory, 'config.json'), JSON.stringify(config));
    const source = `
      import { readFileSync } from 'node:fs';
      import { Supervisor } from '${resolve('dist')}/core/index.js';
      import { chooseOs } from '${resolve('dist')}/core/os/choose.js';
      const os = await chooseOs();
      const spawn = (request, listener) => os.spawn(request, { ...listener, spawned: (pid) => {
        console.log(pid);
        process.kill(process.pid, 'SIGKILL');
      } });
      await new Supervisor(JSON.parse(readFileSync('${directory}/config.json')), { os: { ...os, spawn } }).start();`;
    const first = spawnChild(process.execPath, ['--input-type=module', '-e', source], { stdio: ['ignore', 'pipe', 'inherit'] });
    const [output] = await once(first.stdout, 'data');
    const [, signal] = first.signalCode === null ? await once(first, 'exit') : [null, first.signalCode];
    expect(signal).to.equal('SIGKILL');
    const pid = Number(output);
    expect(isAlive(pid)).to.equal(true);
    await using next = new Supervisor(config);
    await next.start();
    expect(
      next
        .find('web')
        ?.processes()
        .map((process) => process.pid),
    ).to.deep.equal([pid]);
    await next.stop();
    expect(isAlive(pid)).to.equal(false);
    rmSync(directory, { recursive: true });
  });
});
