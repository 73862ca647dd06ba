import { constants } from 'node:os';
import { expect } from 'chai';
import { type AnyPlugin, definePlugin, Supervisor, type SupervisorOptions } from '../../core/index.js';
import { FakeOs, type LogLine, recordEvents, recordingLogger, rejects, VirtualClock } from '../../core/testing.js';

const START = { token: 't', from: '1.0.0', begun_ms: 5 };
type Watchers = Readonly<Record<string, Readonly<Record<string, unknown>>>>;

/** Supervisors in one process, one after the other. */
class Process {
  readonly clock = new VirtualClock();
  readonly os = new FakeOs(this.clock);
  readonly record = recordEvents();

  supervisor(watchers: Watchers, more: Partial<SupervisorOptions> = {}): Supervisor {
    return new Supervisor({ state_dir: '/state', watchers }, { clock: this.clock, os: this.os, plugins: [this.record.plugin], ...more });
  }

  async until<T>(promise: Promise<T>): Promise<T> {
    let settled = false;
    const done = promise.finally(() => {
      settled = true;
    });
    void Promise.allSettled([done]);
    while (!settled) await this.clock.advanceAsync(20);
    return done;
  }

  async start(watchers: Watchers): Promise<Supervisor> {
    const supervisor = this.supervisor(watchers);
    await this.until(supervisor.start());
    return supervisor;
  }

  /** Those that end: looks, and what wakes after another, are left out. */
  get signals(): readonly (readonly [number, number])[] {
    return this.os
      .of('signal')
      .filter(({ signum }) => signum !== 0 && signum !== constants.signals.SIGCONT)
      .map(({ pid, signum }) => [pid, signum] as const);
  }
}

const DURABLE: Watchers = { web: { cmd: 'web', numprocesses: 2, durable: true } };
const pidsOf = (supervisor: Supervisor, name: string): readonly number[] =>
  supervisor
    .find(name)
    ?.processes()
    .map(({ pid }) => pid) ?? [];

describe('a supervisor that leaves for another version', () => {
  let host: Process;
  beforeEach(() => {
    host = new Process();
  });

  it('does not leave while its journal can not be written, and goes on', async () => {
    const first = await host.start(DURABLE);
    const journal = host.os.state.journals.get('/state') ?? expect.fail('there is no journal');
    journal.fails = 'ENOSPC';
    void first.find('web')?.incr();
    await host.clock.advanceAsync(100);
    expect(first.troubles()).to.have.length(1);
    expect(first.troubles()[0]).to.deep.include({ name: 'journal', since: (host.clock.wall() - 100) / 1000 });
    await rejects(first.leave(START), 'RM_NOT_DURABLE');
    expect([first.state, pidsOf(first, 'web').length]).to.deep.equal(['running', 3]);
    journal.fails = null;
    await host.clock.advanceAsync(1000);
    expect(first.troubles()).to.deep.equal([]);
    await host.until(first.leave(START));
    const second = await host.start(DURABLE);
    expect([pidsOf(second, 'web').length, host.os.of('spawn').length]).to.deep.equal([3, 3]);
    await host.until(second.stop());
  });

  it('leaves durable processes as they are, for the next one to take over, and leaves word', async () => {
    const first = await host.start(DURABLE);
    const pids = pidsOf(first, 'web');
    await host.until(first.leave(START));
    expect(first.state).to.equal('stopped');
    const second = await host.start(DURABLE);
    expect(pidsOf(second, 'web')).to.deep.equal(pids);
    expect([host.signals, host.os.of('spawn').length]).to.deep.equal([[], 2]);
    expect(second.predecessor).to.deep.equal({ ...START, pids, restarted: [] });
    await host.until(second.stop());
    const third = await host.start(DURABLE);
    expect(third.predecessor).to.equal(null);
    await host.until(third.stop());
    expect(host.os.alive).to.deep.equal([]);
  });

  it('names the watchers that are not durable and run, ends only those first, and the next one starts them again', async () => {
    const watchers: Watchers = { ...DURABLE, tick: { cmd: 'tick' }, off: { cmd: 'off', autostart: false } };
    const first = await host.start(watchers);
    const [tick = 0] = pidsOf(first, 'tick');
    expect(first.notDurable()).to.deep.equal(['tick']);
    await host.until(first.leave(START));
    expect(host.signals).to.deep.equal([[tick, 15]]);
    const second = await host.start(watchers);
    expect(second.predecessor?.restarted).to.deep.equal(['tick']);
    expect(pidsOf(second, 'tick')).to.have.length(1).and.not.include(tick);
    expect(second.find('off')?.status).to.equal('stopped');
    await host.until(second.stop());
  });

  it('spawns nothing more: a respawn that is due is for the next one', async () => {
    const first = await host.start(DURABLE);
    const [pid = 0, other] = pidsOf(first, 'web');
    host.os.exit(pid);
    const left = first.leave(START);
    await host.until(left);
    await host.clock.advanceAsync(60_000);
    expect(host.os.of('spawn')).to.have.length(2);
    const second = await host.start(DURABLE);
    await host.clock.advanceAsync(5000);
    expect(pidsOf(second, 'web')).to.include(other).and.have.length(2);
    await host.until(second.stop());
  });

  it('is in no doubt about a stop that comes meanwhile: it has left', async () => {
    const first = await host.start(DURABLE);
    const left = first.leave(START);
    await Promise.resolve();
    expect(first.state).to.equal('stopping');
    await host.until(first.stop());
    await left;
    expect([host.signals, host.os.alive.length]).to.deep.equal([[], 2]);
    const second = await host.start(DURABLE);
    const refused = rejects(second.leave(START), 'RM_STATE');
    await host.until(second.stop());
    await refused;
    expect(host.os.alive).to.deep.equal([]);
  });

  it('hands on what was decided about each watcher, which is told before what is decided since, and once', async () => {
    const watchers: Watchers = { ...DURABLE, tick: { cmd: 'tick' }, loose: { cmd: 'loose', durable: false } };
    const whats = (supervisor: Supervisor, name: string): readonly string[] =>
      supervisor
        .find(name)
        ?.decisions()
        .map(({ what, by, reason }) => `${what} ${by}: ${reason}`) ?? [];
    const first = await host.start(watchers);
    await host.until(first.find('web')?.incr() ?? Promise.reject(new Error('no web')));
    await host.until(first.find('tick')?.stop() ?? Promise.reject(new Error('no tick')));
    const [web, tick] = [whats(first, 'web'), whats(first, 'tick')];
    expect(web.at(-1)).to.equal('scale request: asked for 3 instead of 2');
    await host.until(first.leave(START));
    const second = await host.start(watchers);
    expect(whats(second, 'web')).to.deep.equal([...web, 'adopt core: taken over from the supervisor before: 3']);
    expect(whats(second, 'loose')).to.deep.equal([
      'start request: asked to start',
      'stop core: another version takes over',
      'start core: it goes on as under the supervisor before',
    ]);
    expect(whats(second, 'tick')).to.deep.equal(tick);
    await host.until(second.remove('tick'));
    second.add('tick', { cmd: 'another' });
    expect(whats(second, 'tick')).to.deep.equal([]);
    const before = whats(second, 'web');
    await host.until(second.leave(START));
    const third = await host.start(watchers);
    expect(whats(third, 'web').slice(0, before.length)).to.deep.equal(before);
    await host.until(third.stop());
    const fourth = await host.start(watchers);
    expect(whats(fourth, 'web').filter((what) => what.startsWith('scale'))).to.deep.equal([]);
    await host.until(fourth.stop());
  });

  it('hands on what plugins leave, once, and drops what is no JSON or too much', async () => {
    const lines: LogLine[] = [];
    const told: unknown[] = [];
    const leaver = (name: string, value: unknown): AnyPlugin =>
      definePlugin({
        name,
        summary: 'Leaves something.',
        schema: { type: 'object', properties: {} },
        hooks: ['leaving', 'taken_over'],
        setup({ hooks }) {
          hooks.leaving.tap((left) => ({ ...left, [name]: value }));
          hooks.taken_over.tap((args) => void told.push({ name, ...args }));
        },
      });
    const plugins = [leaver('good', { entries: [1, 2] }), leaver('odd', 5n), leaver('big', 'x'.repeat(2 ** 20))];
    const life = (): Supervisor => host.supervisor(DURABLE, { plugins, log: recordingLogger(lines) });
    const first = life();
    await host.until(first.start());
    await host.until(first.leave(START));
    expect(told).to.deep.equal([]);
    const second = life();
    await host.until(second.start());
    const left = { good: { entries: [1, 2] } };
    expect(told).to.deep.equal(['good', 'odd', 'big'].map((name) => ({ name, left, token: 't', kept: {}, crashed: null })));
    const warnings = lines.filter(({ level }) => level === 'warn').map(({ message }) => message);
    expect(warnings).to.have.length(2);
    expect(warnings[0]).to.match(/^what plugin "odd" leaves to the next version is dropped: .*BigInt/);
    expect(warnings[1]).to.match(/^what plugin "big" .*: it has 1048578 characters, allowed are 1048576$/);
    await host.until(second.stop());
    const third = life();
    await host.until(third.start());
    expect(told).to.have.length(3);
    await host.until(third.stop());
  });

  it('keeps what plugins keep, though nothing was durable, and forgets what those had that are not there any more', async () => {
    const told: unknown[] = [];
    const keeper = (name: string): AnyPlugin =>
      definePlugin({
        name,
        summary: 'Keeps something.',
        schema: { type: 'object', properties: {} },
        hooks: ['taken_over'],
        setup({ hooks, keep }) {
          keep('a/b', { of: name });
          keep('gone', 1);
          keep('gone', null);
          expect(() => keep('odd', 5n)).to.throw(TypeError);
          hooks.taken_over.tap(({ kept }) => void told.push(kept));
        },
      });
    const life = async (...names: readonly string[]): Promise<Supervisor> => {
      const supervisor = host.supervisor({ tick: { cmd: 'tick' } }, { plugins: names.map(keeper) });
      await host.until(supervisor.start());
      return supervisor;
    };
    await host.until((await life('one', 'two')).leave(START));
    await host.until((await life('two')).leave(START));
    await host.until((await life('one', 'two')).stop());
    const [first, second] = told.splice(0);
    expect(first).to.deep.equal({ two: { 'a/b': { of: 'two' } } });
    expect(second).to.deep.include({ two: { 'a/b': { of: 'two' } } });
    expect(host.os.state.histories.get('/state')?.bytes).to.equal(null);
  });

  it('leaves only while it runs, and is upgraded only where somebody can replace the program', async () => {
    const first = host.supervisor(DURABLE);
    await rejects(first.leave(START), 'RM_STATE');
    await rejects(first.upgrade(), 'RM_STATE');
    await host.until(first.start());
    expect((await rejects(first.upgrade(), 'RM_UPGRADE')).message).to.include('part of another program');
    await host.until(first.stop());
    await rejects(first.leave(START), 'RM_STATE');
  });

  it('goes on where it can leave no word', async () => {
    const first = await host.start({ tick: { cmd: 'tick' } });
    const held = host.os.state.take('/state');
    await rejects(first.leave(START), 'RM_STATE_DIR_HELD');
    held.close();
    expect([first.state, host.signals, host.os.alive.length]).to.deep.equal(['running', [], 1]);
    await host.until(first.stop());
  });
});
