import { expect } from 'chai';
import { checkConfig } from '../../../core/index.js';
import { resolvePlugin } from '../../../core/plugin-resolve.js';
import { createHarness, eventually, type Harness, noLeaks, rejects } from '../../../core/testing.js';
import watchdog from '../../../plugins/watchdog/index.js';
import { heartbeatPid, isMeant, overdue, pythonPattern } from '../../../plugins/watchdog/policy.js';
import { child, Real } from '../../fixtures/real.js';
import { listenOnUdp, sendUdp } from '../../fixtures/udp.js';

describe('watchdog policy', () => {
  const of = (pid: number, heard_ms: number, patience_ms = 100) => ({ pid, watcher: 'web', heard_ms, patience_ms });

  it('finds who was silent for too long, and when to look again', () => {
    const cases: readonly [ReturnType<typeof of>[], readonly number[], number | null][] = [
      [[], [], null],
      [[of(1, 901)], [], 1001],
      [[of(1, 900)], [1], null],
      [[of(1, 500), of(2, 990), of(3, 950), of(4, 10, 980)], [1, 4], 1050],
    ];
    for (const [monitored, silent, next_ms] of cases) {
      const found = overdue(monitored, 1000);
      expect([found.silent.map(({ pid }) => pid), found.next_ms]).to.deep.equal([silent, next_ms]);
    }
  });

  const PLAIN = '^(?P<pid>.*);(?P<timestamp>.*)$';
  const messages: readonly [string, string, string, number | null][] = [
    ["Circus's own form", PLAIN, '123;1700000000.5', 123],
    ['a line feed at the end, which Python takes for the end', PLAIN, '123;1700000000.5\n', 123],
    ['something else', PLAIN, 'hello', null],
    ['what is no pid', PLAIN, 'abc;1', null],
    ['the beginning only, as re.match', '(?P<pid>\\d+)', 'x12', null],
    ['groups as JavaScript has them', '(?<pid>\\d+) alive', '12 alive', 12],
    ['flags in front', '(?i)PID=(?P<pid>\\d+)', 'pid=7', 7],
    ['a backward reference', '(?P<pid>\\d+)-(?P=pid)$', '8-8', 8],
    ['Python’s ends of a text', '\\A(?P<pid>\\d+)\\Z', '9', 9],
    ['an escaped parenthesis', '\\(?P?(?P<pid>\\d+)', '(P5', 5],
  ];
  for (const [title, pattern, text, pid] of messages) {
    it(`reads ${title}`, () => expect(heartbeatPid(pythonPattern(pattern), text)).to.equal(pid));
  }

  it('means watchers whose names begin as the pattern says, written either way', () => {
    const names = ['web', 'web-2', 'My Web', 'other'];
    for (const [pattern, expected] of [
      ['.*', names],
      ['web', ['web', 'web-2']],
      ['web$', ['web']],
      ['My Web|my_w', ['My Web']],
    ] as const) {
      expect(names.filter((name) => isMeant(pythonPattern(pattern), name))).to.deep.equal(expected);
    }
  });
});

/** Watchers `web` and `other` with the watchdog, which listens on a port that is free. */
function watched(options: object = {}, web: object = {}): Harness {
  const plugins = { watchdog: { port: 0, loop_rate: 10, max_count: 2, ...options } };
  const watchers = { web: { cmd: 'web', numprocesses: 2, ...web }, other: { cmd: 'other' } };
  return createHarness({ config: { plugins, watchers }, plugins: [watchdog] });
}

const portOf = (harness: Harness): number =>
  Number(harness.lines.find(({ message }) => message === 'listening for heartbeats')?.fields.port);
const pidsOf = (harness: Harness, name = 'web'): number[] =>
  harness.supervisor
    .find(name)
    ?.processes()
    .map(({ pid }) => pid) ?? [];

describe('watchdog', () => {
  noLeaks();

  it('kills a silent process gracefully when its time is over, and it is replaced', async () => {
    await using harness = watched({ watchers_regex: 'web' });
    await harness.start();
    const before = pidsOf(harness);
    const other = pidsOf(harness, 'other');
    await harness.clock.advanceAsync(19_900);
    expect(pidsOf(harness)).to.deep.equal(before);
    await harness.clock.advanceAsync(200);
    expect(pidsOf(harness)).to.have.length(2).and.not.include.members(before);
    expect(pidsOf(harness, 'other')).to.deep.equal(other);
    expect(harness.events.names('web').filter((name) => name === 'kill')).to.have.length(2);
    await harness.clock.advanceAsync(20_000);
    expect(
      harness.events.names('web').filter((name) => name === 'kill'),
      'the new ones too',
    ).to.have.length(4);
  });

  it('leaves alone who is heard of', async () => {
    await using harness = watched({ watchers_regex: 'web' });
    await harness.start();
    const [first = 0, second = 0] = pidsOf(harness);
    await harness.clock.advanceAsync(15_000);
    await sendUdp(portOf(harness), `${first};1`);
    await sendUdp(portOf(harness), 'noise');
    await sendUdp(portOf(harness), '1;1');
    // What came before it has been read then.
    await eventually(() => harness.lines.some(({ message }) => message === 'a heartbeat does not match msg_regex'));
    await harness.clock.advanceAsync(6_000);
    expect(pidsOf(harness)).to.include(first).and.not.include(second);
    expect(harness.lines.filter(({ message }) => message.startsWith('a heartbeat'))).to.have.length(1);
  });

  it('leaves all alone when the daemon itself stood still, and then has them silent for as long as ever', async () => {
    await using harness = watched({ watchers_regex: 'web' });
    await harness.start();
    const before = pidsOf(harness);
    harness.clock.stall(60_000);
    await harness.clock.advanceAsync(19_900);
    expect(pidsOf(harness)).to.deep.equal(before);
    await harness.clock.advanceAsync(200);
    expect(pidsOf(harness)).to.have.length(2).and.not.include.members(before);
  });

  for (const by_ms of [8 * 3_600_000, -8 * 3_600_000]) {
    it(`takes no notice of a wall clock that jumps by ${by_ms} ms, as after a suspend`, async () => {
      await using harness = watched({ watchers_regex: 'web' });
      await harness.start();
      const before = pidsOf(harness);
      await harness.clock.advanceAsync(15_000);
      harness.clock.jumpWall(by_ms);
      await harness.clock.advanceAsync(4900);
      expect(pidsOf(harness)).to.deep.equal(before);
    });
  }

  it('uses its own signal and time-out, and what a watcher says for itself', async () => {
    await using harness = watched(
      { watchers_stop_signal: 'USR1', watchers_graceful_timeout: 3, watchers_regex: 'web' },
      { numprocesses: 1, plugins: { watchdog: { max_count: 1, watchers_stop_signal: 'QUIT' } } },
    );
    harness.os.behave((request) => (request.file === 'web' ? { deaf_to: [3, 10, 15] } : {}));
    await harness.start();
    await harness.clock.advanceAsync(10_100);
    const signals = () => harness.os.actions.flatMap((action) => (action.kind === 'signal' ? [action.signum] : []));
    expect(signals()).to.include(3).and.not.include(9);
    await harness.clock.advanceAsync(3_000);
    expect(signals()).to.include(9);
  });

  it('is off for a watcher that says so', async () => {
    await using harness = watched({}, { plugins: { watchdog: false } });
    await harness.start();
    const before = pidsOf(harness);
    await harness.clock.advanceAsync(60_000);
    expect(pidsOf(harness)).to.deep.equal(before);
  });

  it('fails the start where its port is taken', async () => {
    await using server = await listenOnUdp();
    const harness = watched({ port: server.port });
    const error = await rejects(harness.start(), 'RM_PLUGIN_FAILED');
    expect(String(error.cause)).to.include(`cannot listen on udp://127.0.0.1:${server.port}`);
  });

  it('names a pattern that can not be used', async () => {
    for (const [options, text] of [
      [{ msg_regex: '(' }, 'plugins.watchdog.msg_regex of the config must be a regular expression with a group (?P<pid>…), got "(": '],
      [{ msg_regex: '.*' }, 'must be a regular expression with a group (?P<pid>…), got ".*"'],
      [{ watchers_regex: '[' }, 'plugins.watchdog.watchers_regex of the config must be a regular expression, got "[": '],
    ] as const) {
      const error = await rejects(watched(options).start(), 'RM_PLUGIN_FAILED');
      expect(error.cause).to.have.property('code', 'RM_PLUGIN_OPTION');
      expect(String(error.cause)).to.include(text);
    }
    const { problems } = await checkConfig({ plugins: { watchdog: { max_count: 0, prt: 2 } } }, { resolvePlugin });
    expect(problems.map(({ path }) => path)).to.have.members(['plugins.watchdog.max_count', 'plugins.watchdog.prt']);
  });
});

describe('watchdog, of real processes', () => {
  it('replaces the one that falls silent, and not the one that goes on', async () => {
    const port = await freePort();
    const beating = (count: string) => ({ cmd: process.execPath, args: [child('heartbeat.mjs'), String(port), '50', count] });
    const plugins = { watchdog: { port, loop_rate: 1, max_count: 3 } };
    await using real = await Real.start(() => ({ plugins, watchers: { steady: beating('1000000'), silent: beating('1') } }));
    const [steady] = real.pids('steady');
    const [silent] = real.pids('silent');
    await eventually(() => real.pids('silent').length === 1 && real.pids('silent')[0] !== silent);
    expect(real.pids('steady')).to.deep.equal([steady]);
  });
});

async function freePort(): Promise<number> {
  await using server = await listenOnUdp();
  return server.port;
}
