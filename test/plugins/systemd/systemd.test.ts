import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { type Config, checkConfig, openDatagramSocket } from '../../../core/index.js';
import { createHarness, eventually, rejects } from '../../../core/testing.js';
import systemd from '../../../plugins/systemd/index.js';
import { extendTimeout, reloading, serviceEnvironment, statusOf, summary } from '../../../plugins/systemd/messages.js';
import { type NotifyReceiver, receiveNotifications } from '../../fixtures/notify-socket.js';

const CONFIG = { watchers: { web: { cmd: 'web', numprocesses: 2 }, mail: { cmd: 'mail', autostart: false } }, plugins: { systemd: {} } };

describe('systemd messages', () => {
  it('are for the process that systemd means', () => {
    const socket = '/run/systemd/notify';
    expect(serviceEnvironment({}, 7)).to.equal(null);
    expect(serviceEnvironment({ NOTIFY_SOCKET: '' }, 7)).to.equal(null);
    expect(serviceEnvironment({ NOTIFY_SOCKET: socket }, 7)).to.deep.equal({ socket, watchdog_ms: null });
    const watched = { NOTIFY_SOCKET: socket, WATCHDOG_USEC: '30000000' };
    expect(serviceEnvironment(watched, 7)).to.deep.equal({ socket, watchdog_ms: 30_000 });
    expect(serviceEnvironment({ ...watched, WATCHDOG_PID: '7' }, 7)?.watchdog_ms).to.equal(30_000);
    expect(serviceEnvironment({ ...watched, WATCHDOG_PID: '8' }, 7)?.watchdog_ms).to.equal(null);
    expect(serviceEnvironment({ ...watched, WATCHDOG_USEC: 'soon' }, 7)?.watchdog_ms).to.equal(null);
  });

  it('say what sd_notify(3) asks for, each on one line', () => {
    expect(reloading(12n)).to.equal('RELOADING=1\nMONOTONIC_USEC=12');
    expect(extendTimeout(1500)).to.equal('EXTEND_TIMEOUT_USEC=1500000');
    expect(statusOf('a\nREADY=1')).to.equal('STATUS=a READY=1');
  });

  it('count watchers and processes', () => {
    expect(summary([])).to.equal('0 of 0 watchers active, 0 processes');
    expect(summary([{ status: 'active', processes: 1 }])).to.equal('1 of 1 watcher active, 1 process');
    const two = [
      { status: 'active', processes: 3 },
      { status: 'stopped', processes: 0 },
    ];
    expect(summary(two)).to.equal('1 of 2 watchers active, 3 processes');
    expect(summary(two, ['journal', 'state_dir'])).to.equal('1 of 2 watchers active, 3 processes; trouble: journal, state_dir');
  });
});

describe('systemd', () => {
  const VARIABLES = ['NOTIFY_SOCKET', 'WATCHDOG_USEC', 'WATCHDOG_PID'];
  let directory: string;
  let environment: Readonly<Record<string, string | undefined>>;

  // What is loaded for the first time takes real time, of which the virtual clock knows nothing.
  before(async () => (await openDatagramSocket('@nobody'))[Symbol.dispose]());

  beforeEach(() => {
    environment = { ...process.env };
    directory = mkdtempSync(join(tmpdir(), 'systemd-'));
    process.env.NOTIFY_SOCKET = join(directory, 'notify');
  });

  afterEach(() => {
    for (const name of VARIABLES) {
      if (environment[name] === undefined) delete process.env[name];
      else process.env[name] = environment[name];
    }
    rmSync(directory, { recursive: true });
  });

  const told = (receiver: NotifyReceiver, text: string): Promise<void> =>
    eventually(() => receiver.messages.some((message) => message.includes(text)), { what: text }).then(() => undefined);

  it('is told of start, changes and stop', async () => {
    await using receiver = await receiveNotifications(join(directory, 'notify'));
    await using harness = createHarness({ config: CONFIG, plugins: [systemd] });
    await harness.start();
    await told(receiver, 'READY=1\nSTATUS=1 of 2 watchers active, 2 processes');
    expect(receiver.messages[0]).to.equal('EXTEND_TIMEOUT_USEC=30000000');
    await harness.until(harness.supervisor.startWatchers(harness.supervisor.watchers()));
    await harness.clock.advanceAsync(1000);
    await told(receiver, 'STATUS=2 of 2 watchers active, 3 processes');
    await harness.stop();
    await told(receiver, 'STOPPING=1');
    expect(receiver.messages.filter((message) => message.startsWith('READY'))).to.have.length(1);
  });

  it('is asked for patience again and again while watchers start slowly', async () => {
    await using receiver = await receiveNotifications(join(directory, 'notify'));
    const watchers = Object.fromEntries(['a', 'b', 'c', 'd'].map((name) => [name, { cmd: name }]));
    await using harness = createHarness({ config: { ...CONFIG, watchers, warmup_delay: 10 }, plugins: [systemd] });
    await harness.start();
    await told(receiver, 'READY=1');
    const asked = receiver.messages.filter((message) => message.startsWith('EXTEND_TIMEOUT'));
    expect(asked.length).to.be.within(3, 5);
    await harness.clock.advanceAsync(60_000);
    await harness.stop();
    await told(receiver, 'STOPPING=1');
    expect(receiver.messages.indexOf('STOPPING=1')).to.be.greaterThan(asked.length);
  });

  it('is told of a reload, and of its end, whether it succeeds or not', async () => {
    await using receiver = await receiveNotifications(join(directory, 'notify'));
    await using harness = createHarness({ config: CONFIG, plugins: [systemd] });
    await harness.start();
    const one = await checked({ ...CONFIG, check_delay: 7 });
    await harness.until(harness.supervisor.apply(one));
    await told(receiver, 'RELOADING=1\nMONOTONIC_USEC=');
    await eventually(() => receiver.messages.filter((message) => message.startsWith('READY')).length === 2);

    const broken = await checked({ ...CONFIG, plugins: { systemd: {}, watchdog: { msg_regex: '(' } } });
    await rejects(harness.until(harness.supervisor.apply(broken)), 'RM_CONFIG_APPLY');
    await told(receiver, 'STATUS=the changed config was refused: ');
    const kinds = receiver.messages.map((message) => message.slice(0, message.indexOf('='))).filter((kind) => kind !== 'STATUS');
    expect(kinds).to.deep.equal(['EXTEND_TIMEOUT_USEC', 'READY', 'RELOADING', 'READY', 'RELOADING', 'READY']);
  });

  it('is told that it reloads when another version takes over, not that it stops, and by that one that it is ready', async () => {
    await using receiver = await receiveNotifications(join(directory, 'notify'));
    await using harness = createHarness({ config: { ...CONFIG, durable: true, state_dir: '/state' }, plugins: [systemd] });
    await harness.start();
    const before = process.hrtime.bigint() / 1000n;
    await harness.until(harness.supervisor.leave({ token: null, from: '1', begun_ms: 0 }));
    expect(process.env.NOTIFY_SOCKET).to.equal(join(directory, 'notify'));
    await told(receiver, 'RELOADING=1\nMONOTONIC_USEC=');
    const usec = BigInt(/MONOTONIC_USEC=(\d+)\nSTATUS=another version takes over$/.exec(receiver.messages.at(-1) ?? '')?.[1] ?? 0);
    expect(usec >= before && usec <= process.hrtime.bigint() / 1000n).to.equal(true);
    await harness.start();
    await eventually(() => receiver.messages.filter((message) => message.startsWith('READY')).length === 2);
    expect(receiver.messages).not.to.include('STOPPING=1');
    await harness.stop();
    await told(receiver, 'STOPPING=1');
  });

  it('hears twice within its watchdog time that the daemon is alive', async () => {
    process.env.WATCHDOG_USEC = '20000000';
    process.env.WATCHDOG_PID = String(process.pid);
    await using receiver = await receiveNotifications(join(directory, 'notify'));
    await using harness = createHarness({ config: CONFIG, plugins: [systemd] });
    await harness.start();
    await harness.clock.advanceAsync(60_000);
    await eventually(() => receiver.messages.filter((message) => message === 'WATCHDOG=1').length === 7);
  });

  it('hears it once more when another version takes over, which has the whole watchdog time then', async () => {
    process.env.WATCHDOG_USEC = '20000000';
    await using receiver = await receiveNotifications(join(directory, 'notify'));
    await using harness = createHarness({ config: { ...CONFIG, durable: true, state_dir: '/state' }, plugins: [systemd] });
    await harness.start();
    await harness.clock.advanceAsync(9000);
    await harness.until(harness.supervisor.leave({ token: null, from: '1', begun_ms: 0 }));
    await told(receiver, 'another version takes over');
    await eventually(() => receiver.messages.at(-1) === 'WATCHDOG=1');
    await harness.start();
    await harness.stop();
  });

  it('has its variables to itself, and gives them back at the end', async () => {
    process.env.WATCHDOG_USEC = '20000000';
    await using _receiver = await receiveNotifications(join(directory, 'notify'));
    const config = { ...CONFIG, watchers: { web: { cmd: 'web', copy_env: true } } };
    await using harness = createHarness({ config, plugins: [systemd] });
    await harness.start();
    const [spawned] = harness.os.of('spawn');
    expect(spawned?.request.env)
      .to.include.keys('PATH')
      .and.not.have.any.keys(...VARIABLES);
    expect(VARIABLES.filter((name) => process.env[name] !== undefined)).to.deep.equal([]);
    await harness.stop();
    expect(process.env.WATCHDOG_USEC).to.equal('20000000');
  });

  it('is nobody where the daemon is no service', async () => {
    delete process.env.NOTIFY_SOCKET;
    await using harness = createHarness({ config: CONFIG, plugins: [systemd] });
    await harness.start();
    expect(harness.lines.filter(({ level }) => level === 'warn')).to.deep.equal([]);
  });

  it('that does not listen is told of once in the log, and hurts nobody', async () => {
    await using harness = createHarness({ config: CONFIG, plugins: [systemd] });
    await harness.start();
    const warnings = harness.lines.filter(({ level }) => level === 'warn').map(({ message }) => message);
    expect(warnings).to.have.length(1);
    expect(warnings[0]).to.match(/systemd was not told: cannot send to .*notify: .*\(ENOENT\)/);
    expect(harness.os.alive).to.have.length(2);
  });

  it('can be in the abstract namespace, but nowhere else', async () => {
    const address = `@ringmaster-test-${process.pid}`;
    await using receiver = await receiveNotifications(address);
    using socket = await openDatagramSocket(address);
    socket.send('READY=1');
    await told(receiver, 'READY=1');
    expect(await codeOf(openDatagramSocket('somewhere'))).to.equal('EAFNOSUPPORT');
    expect(await codeOf(openDatagramSocket(`/${'x'.repeat(200)}`))).to.equal('ENAMETOOLONG');
  });
});

async function checked(value: object): Promise<Config> {
  const { config, problems } = await checkConfig(value);
  if (config === null) throw new Error(problems.map(({ message }) => message).join());
  return config;
}

async function codeOf(promise: Promise<unknown>): Promise<unknown> {
  const error = await promise.then(
    () => null,
    (cause: unknown) => cause,
  );
  return error instanceof Error && 'code' in error ? error.code : error;
}
