import { expect } from 'chai';
import fc from 'fast-check';
import { checkConfig } from '../../../core/index.js';
import { resolvePlugin } from '../../../core/plugin-resolve.js';
import { noLeaks } from '../../../core/testing.js';
import { Governor } from '../../../plugins/backoff/governor.js';
import backoff from '../../../plugins/backoff/index.js';
import { delayAfter, failuresAfter } from '../../../plugins/backoff/policy.js';
import flapping from '../../../plugins/flapping/index.js';
import { Rig } from '../../fixtures/rig.js';

const OPTIONS = { at_once: 1, initial: 0.1, factor: 2, cap: 1, jitter: 0 };

describe('backoff policy', () => {
  it('answers the first death at once, then waits ever longer, up to cap', () => {
    const delays = [0, 1, 2, 3, 4, 5, 6, 7, 5000].map((failures) => delayAfter(failures, OPTIONS, 0.5));
    expect(delays).to.deep.equal([0, 0, 100, 200, 400, 800, 1000, 1000, 1000]);
  });

  it('waits from the first death on with at_once 0', () => {
    expect([1, 2, 3].map((failures) => delayAfter(failures, { ...OPTIONS, at_once: 0 }, 0))).to.deep.equal([100, 200, 400]);
  });

  it('takes up to jitter off by chance, and never adds', () => {
    const delays = [0, 0.5, 1].map((chance) => delayAfter(9, { ...OPTIONS, jitter: 0.4 }, chance));
    expect(delays).to.deep.equal([1000, 800, 600]);
  });

  it('forgets failures after a process that lived for reset_after', () => {
    const options = { reset_after: 10 };
    expect(failuresAfter(4, 9999, options)).to.equal(5);
    expect(failuresAfter(4, 10_000, options)).to.equal(0);
    expect(failuresAfter(4, null, { reset_after: 0 }), 'a failed spawn is never well').to.equal(5);
  });
});

describe('governor', () => {
  it('lets so many pass at once, and spreads the rest over the seconds that follow', () => {
    const governor = new Governor(2);
    expect([500, 500, 500, 500, 500].map((at) => governor.reserve('web', at, 500))).to.deep.equal([500, 500, 1000, 1500, 2000]);
  });

  it('gives a time to what is due later, without delaying what is due now', () => {
    const governor = new Governor(1);
    expect([governor.reserve('web', 5000, 0), governor.reserve('web', 0, 0), governor.reserve('web', 5300, 0)]).to.deep.equal([
      5000, 0, 6000,
    ]);
  });

  it('leaves room in each second for a watcher that has had less', () => {
    const governor = new Governor(8);
    const a = Array.from({ length: 20 }, () => governor.reserve('a', 0, 0));
    const b = Array.from({ length: 4 }, () => governor.reserve('b', 0, 0));
    expect(a.filter((at) => at < 1000)).to.have.length(6);
    expect(b.slice(0, 2), 'though a asked first, for far more').to.deep.equal([0, 0]);
  });

  it('never gives out more within a second than are allowed, nor a time before it was due', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 5 }),
        fc.array(fc.tuple(fc.nat(400), fc.nat(6000), fc.constantFrom('a', 'b', 'c')), { minLength: 1, maxLength: 80 }),
        (rate, asked) => {
          const governor = new Governor(rate);
          const seconds = new Map<number, number>();
          let now = 0;
          for (const [pause, delay, watcher] of asked) {
            now += pause;
            const at = governor.reserve(watcher, now + delay, now);
            if (at < now + delay) return false;
            const second = Math.floor(at / 1000);
            seconds.set(second, (seconds.get(second) ?? 0) + 1);
          }
          return [...seconds.values()].every((count) => count <= rate);
        },
      ),
      { numRuns: 200 },
    );
  });
});

describe('backoff', () => {
  noLeaks();

  const config = (own: object, watcher: object = {}): object => ({
    plugins: { backoff: { jitter: 0, ...own } },
    watchers: { web: { cmd: 'web', ...watcher } },
  });
  const rigOf = (given: object): Rig => new Rig(given, [backoff]);
  const spawnedAt = (rig: Rig): number[] => rig.os.of('spawn').map((one) => one.at_ms);

  it('respawns at once the first time, and waits initial, initial × factor … up to cap after that', async () => {
    await using rig = rigOf(config({ initial: 1, factor: 3, cap: '10s' }));
    rig.os.behave({ exits_after_ms: 0 });
    await rig.until(rig.supervisor.start());
    await rig.pass(40_000);
    expect(spawnedAt(rig)).to.deep.equal([0, 0, 1000, 4000, 13_000, 23_000, 33_000]);
  });

  it('is at the beginning again after a process that lived for reset_after', async () => {
    await using rig = rigOf(config({ initial: 1, factor: 2, reset_after: 5 }));
    rig.os.behave((_, nth) => ({ exits_after_ms: nth === 4 ? 5000 : 0 }));
    await rig.until(rig.supervisor.start());
    await rig.pass(9000);
    expect(spawnedAt(rig)).to.deep.equal([0, 0, 1000, 3000, 8000, 8000, 9000]);
  });

  it('is at the beginning again after a stop and a start', async () => {
    await using rig = rigOf(config({ initial: 60, cap: 60 }));
    rig.os.behave({ exits_after_ms: 0 });
    await rig.until(rig.supervisor.start());
    await rig.pass(1000);
    expect(spawnedAt(rig)).to.have.length(2);
    await rig.until(rig.watcher().stop());
    await rig.until(rig.watcher().start());
    await rig.pass(1000);
    expect(spawnedAt(rig)).to.have.length(4);
  });

  it('leaves max_retry to give up a command that can never be spawned', async () => {
    await using rig = rigOf(config({ initial: 0.5 }, { max_retry: 3 }));
    rig.os.behave({ fails: 'ENOENT' });
    await rig.until(rig.supervisor.start());
    await rig.pass(10_000);
    expect(rig.os.of('spawn_failed').map((one) => one.at_ms)).to.deep.equal([0, 0, 500]);
    expect(rig.record.names('web')).to.include('gave_up');
  });

  it('leaves a pause of flapping as it is', async () => {
    await using rig = new Rig(
      {
        plugins: { backoff: { jitter: 0 }, flapping: { attempts: 2, retry_in: 5 } },
        watchers: { web: { cmd: 'web' } },
      },
      [backoff, flapping],
    );
    rig.os.behave({ exits_after_ms: 0 });
    await rig.until(rig.supervisor.start());
    await rig.pass(4900);
    expect(rig.watcher().status).to.equal('stopped');
    expect(spawnedAt(rig)).to.deep.equal([0, 0]);
  });

  it('takes options from the watcher first, and is off where the watcher says so', async () => {
    const times = async (own: unknown): Promise<number[]> => {
      await using rig = rigOf(config({ initial: 7, at_once: 0 }, { plugins: { backoff: own } }));
      rig.os.behave((_, nth) => (nth <= 2 ? { exits_after_ms: 0 } : {}));
      await rig.until(rig.supervisor.start());
      await rig.pass(30_000);
      return spawnedAt(rig);
    };
    expect(await times({ initial: '2s' })).to.deep.equal([0, 2000, 6000]);
    expect(await times(false), "the core's own answer").to.deep.equal([0, 0, 0]);
  });

  it('replaces at once 200 workers that ran for a while, and spreads their respawns over seconds when they can not run', async () => {
    const watchers = Object.fromEntries(['a', 'b'].map((name) => [name, { cmd: name, numprocesses: 100 }]));
    const plugins = { backoff: { respawns_per_second: 40, initial: 0 } };
    await using rig = await Rig.start({ plugins, watchers }, [backoff]);
    await rig.pass(60_500 - rig.clock.now());
    const all = (): void => {
      for (const pid of rig.os.alive) rig.os.exit(pid);
    };
    all();
    await rig.pass(0);
    expect(spawnedAt(rig).slice(200), 'at once').to.deep.equal(Array(200).fill(60_500));
    await rig.pass(100);
    all();
    await rig.pass(10_000);
    const seconds = spawnedAt(rig)
      .slice(400)
      .map((at) => Math.floor(at / 1000) - 60);
    expect(seconds).to.have.length(200);
    const counts = [...new Set(seconds)].map((second) => seconds.filter((one) => one === second).length);
    expect(counts.every((count) => count <= 40)).to.equal(true);
    expect([Math.min(...seconds), Math.max(...seconds)]).to.deep.equal([1, 6]);
  });

  it('counts a wait from the start of the process that died, so that one which lived longer is replaced at once', async () => {
    await using rig = rigOf(config({ initial: 1, factor: 2 }));
    rig.os.behave((_, nth) => (nth === 3 ? { exits_after_ms: 1800 } : nth === 4 ? { exits_after_ms: 4500 } : { exits_after_ms: 0 }));
    await rig.until(rig.supervisor.start());
    await rig.pass(9000);
    expect(spawnedAt(rig)).to.deep.equal([0, 0, 1000, 3000, 7500]);
  });

  it('keeps 200 workers of a dead database to so many spawns a second, fairly, and has all back soon after it is', async () => {
    const names = ['a', 'b', 'c', 'd'];
    const watchers = Object.fromEntries(names.map((name) => [name, { cmd: name, numprocesses: 50 }]));
    await using rig = await Rig.start({ plugins: { backoff: {} }, watchers }, [backoff]);
    const [died_ms, back_ms] = [60_000, 120_000];
    rig.os.behave(() => (rig.clock.now() < back_ms ? { exits_after_ms: 30 } : {}));
    await rig.pass(died_ms - rig.clock.now());
    const started = rig.os.of('spawn').length;
    for (const pid of rig.os.alive) rig.os.exit(pid);
    await rig.pass(back_ms - rig.clock.now());
    const tries = rig.os.of('spawn').slice(started);
    const inSecond = (from_ms: number): typeof tries => tries.filter(({ at_ms }) => at_ms >= from_ms && at_ms < from_ms + 1000);
    expect(inSecond(died_ms).length, 'each once, at once').to.equal(200);
    for (let at = died_ms + 1000; at < back_ms; at += 1000) expect(inSecond(at).length, `second ${at / 1000}`).to.be.at.most(100);
    const first = inSecond(died_ms).map(({ request }) => request.argv[0]);
    for (const name of names.slice(0, 3)) expect(first, 'the watchers that have died first').to.include(name);
    const late = tries.filter(({ at_ms }) => at_ms >= back_ms - 20_000);
    expect(late.length / 20, 'spawns a second when it has been dead for a while').to.be.below(30);
    for (const name of names) {
      const share = late.filter(({ request }) => request.argv[0] === name).length / late.length;
      expect(share, `${name}'s share`).to.be.within(0.2, 0.3);
    }
    await rig.pass(12_000);
    expect(rig.os.alive).to.have.length(200);
    expect(rig.os.of('exit').filter(({ at_ms }) => at_ms > back_ms + 30)).to.deep.equal([]);
  });

  it('governs nothing with respawns_per_second null', async () => {
    await using rig = await Rig.start(
      {
        plugins: { backoff: { respawns_per_second: null } },
        watchers: { web: { cmd: 'web', numprocesses: 100 } },
      },
      [backoff],
    );
    await rig.pass(60_000);
    const now = rig.clock.now();
    for (const pid of rig.os.alive) rig.os.exit(pid);
    await rig.pass(1);
    expect(
      spawnedAt(rig)
        .slice(100)
        .every((at) => at === now),
    ).to.equal(true);
    expect(rig.os.alive).to.have.length(100);
  });

  it('names wrong options', async () => {
    const { problems } = await checkConfig({ plugins: { backoff: { factor: 0.5, jiter: 1, cap: 'long' } } }, { resolvePlugin });
    expect(problems.map((problem) => problem.path)).to.have.members([
      'plugins.backoff.factor',
      'plugins.backoff.jiter',
      'plugins.backoff.cap',
    ]);
  });
});
