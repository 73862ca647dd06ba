import { once } from 'node:events';
import { existsSync, readFileSync, renameSync } from 'node:fs';
import { createServer } from 'node:net';
import { expect } from 'chai';
import { eventually } from '../../../core/testing.js';
import { type Bin, RunningBin, runBin } from '../../fixtures/cli/run-bin.js';
import { TemporaryDirectory } from '../../fixtures/cli/temporary.js';

const CONFIG = 'watchers:\n  web: {cmd: sleep 600, numprocesses: 2}\n  tick: {cmd: sleep 600}\n';

describe('a daemon on the command line', () => {
  let directory: TemporaryDirectory;
  let config: string;
  let left: RunningBin[];
  beforeEach(() => {
    directory = new TemporaryDirectory();
    config = directory.file('ringmaster.yaml', CONFIG);
    left = [];
  });
  afterEach(async () => {
    for (const one of left) one.child.kill('SIGTERM');
    await Promise.all(left.map((one) => one.ended));
    directory[Symbol.dispose]();
  });
  const env = () => ({ RINGMASTER_RUNTIME_DIR: directory.at('run') });
  const start = (bin: Bin, ...args: readonly string[]): RunningBin => {
    const running = new RunningBin(bin, args, { env: env() });
    left.push(running);
    return running;
  };
  const pids = async (): Promise<readonly number[]> => {
    const { stdout } = await runBin('main', ['list', 'web'], { env: env() });
    return stdout.trim().split(',').map(Number);
  };
  const isAlive = (pid: number): boolean => existsSync(`/proc/${pid}`);

  for (const signal of ['SIGTERM', 'SIGINT', 'SIGQUIT'] as const) {
    it(`stops everything on ${signal} and exits with 0`, async () => {
      const daemon = start('main', 'run', config);
      await daemon.printed('ready: 2 watchers, 3 processes');
      const children = await pids();
      daemon.child.kill(signal);
      expect(await daemon.ended).to.include({ status: 0, stderr: '' });
      expect(children.filter(isAlive)).to.deep.equal([]);
      expect(daemon.stdout).to.include(`got ${signal}, stopping`);
    });
  }

  it('loses no SIGTERM while it starts, and leaves nothing running', async () => {
    directory.file('ringmaster.yaml', 'watchers:\n  web: {cmd: sleep 601.5, numprocesses: 40, warmup_delay: 1}\n');
    const daemon = start('main', 'run', config);
    await daemon.printed('starts with');
    daemon.child.kill('SIGTERM');
    expect(await daemon.ended).to.include({ status: 0, stderr: '' });
    expect(daemon.stdout).to.not.include('ready:');
  });

  it('logs at the level of the config that was read last, unless the command line has one', async () => {
    for (const [args, heard] of [
      [[], true],
      [['--log-level', 'warning'], false],
    ] as const) {
      directory.file('ringmaster.yaml', `loglevel: warning\n${CONFIG}`);
      const daemon = start('main', 'run', ...args, config);
      await eventually(async () => (await runBin('main', ['list'], { env: env() })).stdout === 'tick,web\n');
      directory.file('ringmaster.yaml', `loglevel: info\n${CONFIG}`);
      expect((await runBin('main', ['reloadconfig', '--waiting'], { env: env() })).stdout).to.equal('ok\n');
      await runBin('main', ['stop', 'web', '--waiting'], { env: env() });
      daemon.child.kill('SIGTERM');
      await daemon.ended;
      expect(daemon.stdout.includes('web stopped')).to.equal(heard);
    }
  });

  it('ends after quit', async () => {
    const daemon = start('circusd', '--log-level', 'debug', config);
    await daemon.printed('ready:');
    expect(await runBin('circusctl', ['quit'], { env: env() })).to.include({ stdout: 'ok\n', status: 0 });
    expect(await daemon.ended).to.include({ status: 0 });
  });

  it('says in a second signal what it still waits for', async () => {
    directory.file(
      'ringmaster.yaml',
      `watchers:\n  deaf: {cmd: sh -c "trap '' TERM; echo deaf; while :; do sleep 1; done", graceful_timeout: 600}\n`,
    );
    const daemon = start('main', 'run', config);
    await daemon.printed('deaf\n');
    await daemon.printed('ready:');
    daemon.child.kill('SIGTERM');
    await daemon.printed('got SIGTERM, stopping');
    daemon.child.kill('SIGINT');
    await daemon.printed('got SIGINT, still waiting for deaf (pid');
    process.kill(-Number(/waiting for deaf \(pid (\d+)/.exec(daemon.stdout)?.[1]), 'SIGKILL');
    expect((await daemon.ended).status).to.equal(0);
  });

  it('replaces all processes and opens the log again on SIGHUP', async () => {
    const log = directory.at('log');
    const daemon = start('main', 'run', config, '--log-output', log);
    const logged = (file: string, text: string) => eventually(() => existsSync(file) && readFileSync(file, 'utf8').includes(text));
    await logged(log, 'ready:');
    const before = await pids();
    renameSync(log, `${log}.1`);
    daemon.child.kill('SIGHUP');
    await logged(log, '"reloaded"');
    expect((await pids()).some((pid) => before.includes(pid))).to.equal(false);
    expect(before.filter(isAlive)).to.deep.equal([]);
  });

  it('ignores SIGUSR1, SIGUSR2 and SIGWINCH', async () => {
    const daemon = start('main', 'run', config);
    await daemon.printed('ready:');
    for (const signal of ['SIGUSR1', 'SIGUSR2', 'SIGWINCH'] as const) daemon.child.kill(signal);
    expect((await pids()).length).to.equal(2);
    expect(daemon.stderr).to.equal('');
  });

  it('starts nothing with a bad config, and exits with 78', async () => {
    directory.file('ringmaster.yaml', 'watchers: {web: {numprocesses: -1}}');
    const ended = await runBin('main', ['run', config], { env: env() });
    expect(ended.stderr).to.include('watchers.web.numprocesses').and.include('2 errors; nothing was started');
    expect(ended).to.include({ stdout: '', status: 78 });
  });

  it('exits with 1 and names the endpoint when that cannot be bound', async () => {
    const server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    const address = server.address();
    const port = typeof address === 'object' ? address?.port : undefined;
    directory.file('ringmaster.yaml', `endpoint: tcp://127.0.0.1:${port}\n${CONFIG}`);
    const ended = await runBin('main', ['run', config], { env: env() });
    server.close();
    expect(ended.status).to.equal(1);
    expect(ended.stderr).to.match(new RegExp(`^ringmaster run: .*tcp://127.0.0.1:${port}.*\\n$`));
  });

  it('refuses a pidfile of a live process by its pid, and removes its own at the end', async () => {
    const pidfile = directory.at('pid');
    const daemon = start('circusd', '--pidfile', pidfile, config);
    await daemon.printed('ready:');
    expect(readFileSync(pidfile, 'utf8')).to.equal(`${daemon.child.pid}\n`);
    const second = await runBin('circusd', ['--pidfile', pidfile, config], { env: env() });
    expect(second.stderr).to.include(`it names process ${daemon.child.pid}, which is running`);
    expect(second.status).to.equal(1);
    daemon.child.kill('SIGTERM');
    await daemon.ended;
    expect(existsSync(pidfile)).to.equal(false);
  });

  it('goes into the background, and returns when it has started', async () => {
    const pidfile = directory.at('pid');
    const log = directory.at('log');
    const foreground = await runBin('main', ['run', config, '--daemon', '--pidfile', pidfile, '--log-output', log], { env: env() });
    expect(foreground).to.include({ status: 0, stderr: '' });
    const pid = Number(readFileSync(pidfile, 'utf8'));
    expect(readFileSync(`/proc/${pid}/stat`, 'utf8').split(' ')[5]).to.equal(String(pid));
    expect((await pids()).length).to.equal(2);
    process.kill(pid, 'SIGTERM');
    await eventually(() => !isAlive(pid));
  });

  it('reports from the background why it did not start', async () => {
    directory.file('ringmaster.yaml', 'watchers: {web: {}}');
    const { stderr, status } = await runBin('main', ['run', config, '--daemon', '--log-output', directory.at('log')], { env: env() });
    expect(stderr).to.include('watchers.web');
    expect(status).to.equal(78);
  });

  it('runs without a control endpoint where the config says so', async () => {
    directory.file('ringmaster.yaml', `plugins: {control: false}\n${CONFIG}`);
    const daemon = start('main', 'run', config, '--log-format', 'pretty');
    await daemon.printed('ready: 2 watchers');
    expect(existsSync(directory.at('run/control.sock'))).to.equal(false);
  });
});

describe('circusd', () => {
  it('prints its usage without a config, and exits with 0', async () => {
    const { stdout, status } = await runBin('circusd', []);
    expect(stdout).to.match(/^usage: circusd .*\[config\]\n$/);
    expect(status).to.equal(0);
  });

  const mistakes: readonly [readonly string[], string][] = [
    [['--log-lvel', 'info', 'x.ini'], 'circusd: error: unrecognized arguments: --log-lvel (did you mean --log-level?)'],
    [['--log-level', 'loud', 'x.ini'], 'circusd: error: argument --log-level: invalid choice: loud (choose from critical, error'],
    [['a.ini', 'b.ini'], 'circusd: error: unrecognized arguments: b.ini'],
  ];
  for (const [args, told] of mistakes) {
    it(`exits with 2 for: circusd ${args.join(' ')}`, async () => {
      const ended = await runBin('circusd', args);
      expect(ended.stderr).to.include(told);
      expect(ended.status).to.equal(2);
    });
  }
});
