import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { checkConfig, loadConfig } from '../../../core/index.js';
import { resolvePlugin } from '../../../core/plugin-resolve.js';
import { type History, NO_HISTORY, onDeath } from '../../../plugins/flapping/policy.js';
import type { Options } from '../../../plugins/flapping/schema.js';
import { Rig } from '../../fixtures/rig.js';

const OPTIONS: Options = { attempts: 3, window: 2, retry_in: 7, max_retry: 2, active: true };
const config = (own: unknown = {}, watcher: object = {}): object => ({
  plugins: { flapping: own },
  watchers: { web: { cmd: 'web', ...watcher }, other: { cmd: 'other' } },
});

/** The actions that deaths at these times lead to. */
function actions(times: readonly number[], options: Partial<Options> = {}): (string | null)[] {
  let history: History = NO_HISTORY;
  return times.map((now) => {
    const result = onDeath(history, now, { ...OPTIONS, ...options });
    history = result.history;
    return result.decision?.action ?? null;
  });
}

describe('flapping policy', () => {
  const cases: readonly [string, readonly number[], Partial<Options>, (string | null)[]][] = [
    ['leaves few deaths alone', [0, 500], {}, [null, null]],
    ['pauses after attempts deaths inside the window', [0, 500, 2000], {}, [null, null, 'pause']],
    ['leaves deaths alone that are further apart', [0, 1500, 3000, 4500], {}, [null, null, null, null]],
    ['looks at the last deaths only', [0, 5000, 5500, 6000], {}, [null, null, null, 'pause']],
    [
      'gives up after max_retry pauses',
      [0, 1, 2, 10, 11, 12, 20, 21, 22],
      {},
      [null, null, 'pause', null, null, 'pause', null, null, 'give_up'],
    ],
    [
      'forgets the pauses after deaths that are far apart',
      [0, 1, 2, 10, 5000, 9000, 9001, 9002, 9003],
      {},
      [null, null, 'pause', null, null, null, null, 'pause', null],
    ],
    [
      'never gives up with max_retry -1',
      Array.from({ length: 12 }, (_, at) => at),
      { max_retry: -1 },
      Array.from({ length: 12 }, (_, at) => (at % 3 === 2 ? 'pause' : null)),
    ],
  ];
  for (const [title, times, options, expected] of cases) it(title, () => expect(actions(times, options)).to.deep.equal(expected));
});

describe('flapping under backoff', () => {
  it('counts time only in which nothing is held back, however many processes are', () => {
    const options = { ...OPTIONS, attempts: 4, window: 1 };
    const last = (deaths: readonly (readonly [at: number, wait: number])[]) => {
      let result = onDeath(NO_HISTORY, 0, { ...options, attempts: 100 });
      let history: History = NO_HISTORY;
      for (const [at, wait] of deaths) {
        result = onDeath(history, at, options, wait);
        history = result.history;
      }
      return result.decision?.action ?? null;
    };
    // Each lives 100 ms, and is held back longer and longer.
    const held = [
      [0, 500],
      [600, 1000],
      [1700, 2000],
      [3800, 4000],
    ] as const;
    expect(last(held)).to.equal('pause');
    expect(last(held.map(([at]) => [at, 0] as const))).to.equal(null);
    // Two at once are held back at the same time.
    expect(
      last([
        [0, 500],
        [0, 500],
        [600, 1000],
        [600, 1000],
      ]),
    ).to.equal('pause');
    // What lives for long is not found, though it is held back.
    expect(
      last([
        [0, 500],
        [1500, 500],
        [3000, 500],
        [4500, 500],
      ]),
    ).to.equal(null);
  });

  for (const attempts of [5, 20]) {
    it(`pauses a watcher that keeps dying after ${attempts} deaths, as without it`, async () => {
      const deaths: number[] = [];
      for (const backoff of [false, { jitter: 0 }]) {
        const { plugins, watchers } = config({ attempts, window: 10, max_retry: 0 }) as Record<string, Record<string, unknown>>;
        await using rig = new Rig({ watchers, plugins: { backoff, ...plugins } });
        rig.os.behave((request) => (request.file === 'web' ? { exits_after_ms: 10 } : {}));
        await rig.until(rig.supervisor.start());
        await rig.pass(20 * 60_000);
        deaths.push(rig.record.names('web').filter((name) => name === 'reap').length);
        expect(rig.watcher().status).to.equal('stopped');
      }
      expect(deaths).to.deep.equal([attempts, attempts]);
    });
  }
});

describe('flapping', () => {
  it('stops the whole watcher, and starts it again after retry_in, as clients of Circus see it', async () => {
    await using rig = new Rig(config({ attempts: 2, window: 1, retry_in: 5 }, { numprocesses: 2 }));
    rig.os.behave((request, nth) => (request.file === 'web' && nth <= 3 ? { exits_after_ms: 100 } : {}));
    await rig.until(rig.supervisor.start());
    await rig.pass(1000);
    expect(rig.watcher().status).to.equal('stopped');
    expect(rig.watcher('other').status).to.equal('active');
    await rig.pass(3900);
    expect(rig.watcher().status).to.equal('stopped');
    await rig.pass(1000);
    expect(rig.watcher().status).to.equal('active');
    const names = rig.record.names('web').filter((name) => name === 'start' || name === 'stop');
    expect(names).to.deep.equal(['start', 'stop', 'start']);
  });

  it('leaves it stopped after max_retry, and says why', async () => {
    await using rig = new Rig(config({ attempts: 2, retry_in: 1, max_retry: 2 }));
    rig.os.behave((request) => (request.file === 'web' ? { exits_after_ms: 100 } : {}));
    await rig.until(rig.supervisor.start());
    await rig.pass(60_000);
    expect(rig.watcher().status).to.equal('stopped');
    expect(rig.os.of('spawn').filter((one) => one.request.file === 'web')).to.have.length(6);
    expect(rig.record.events.find((event) => event.name === 'gave_up')?.body)
      .to.have.property('reason')
      .that.contains('after 2 retries');
  });

  it('a stop during the pause stands, and a start ends it at once', async () => {
    for (const ask of ['stop', 'start'] as const) {
      await using rig = new Rig(config({ attempts: 2, retry_in: 5 }));
      rig.os.behave((request, nth) => (request.file === 'web' && nth < 4 ? { exits_after_ms: 100 } : {}));
      await rig.until(rig.supervisor.start());
      await rig.pass(1000);
      expect(rig.watcher().status).to.equal('stopped');
      await rig.until(rig.watcher()[ask]());
      await rig.pass(10_000);
      expect(rig.watcher().status, ask).to.equal(ask === 'stop' ? 'stopped' : 'active');
    }
  });

  it('takes its options from the watcher first, and is off where the watcher says so', async () => {
    const dying = { file: 'web', exits_after_ms: 100 };
    for (const [own, stopped] of [
      [{ attempts: 50 }, false],
      [false, false],
      [{ active: false }, false],
      [{}, true],
    ] as const) {
      await using rig = new Rig(config({ attempts: 2, retry_in: 600 }, { plugins: { flapping: own } }));
      rig.os.behave((request) => (request.file === dying.file ? { exits_after_ms: dying.exits_after_ms } : {}));
      await rig.until(rig.supervisor.start());
      await rig.pass(3000);
      expect(rig.watcher().status === 'stopped', JSON.stringify(own)).to.equal(stopped);
    }
  });

  it('is what a circus.ini means by the class of Circus, options of its process left aside', async () => {
    const directory = await mkdtemp(join(tmpdir(), 'ringmaster-flapping-'));
    const file = join(directory, 'circus.ini');
    await writeFile(
      file,
      '[plugin:flap]\nuse = circus.plugins.flapping.Flapping\npriority = 3\nattempts = 4\n[watcher:web]\ncmd = web\nflapping.attempts = 9\n',
    );
    const { config: loaded, problems } = await loadConfig(file, { resolvePlugin });
    await rm(directory, { recursive: true });
    expect(problems).to.deep.equal([]);
    expect(loaded?.plugins).to.deep.equal({ flapping: { attempts: 4, window: 1, retry_in: 7, max_retry: 5, active: true } });
    expect(loaded?.watchers.web?.plugins).to.deep.equal({ flapping: { attempts: 9 } });
  });

  it('names a wrong option, what was found and what is allowed', async () => {
    const { problems } = await checkConfig(config({ atempts: 3, window: 'soon' }), { resolvePlugin });
    expect(problems.map((problem) => [problem.path, problem.did_you_mean ?? problem.found])).to.have.deep.members([
      ['plugins.flapping.window', '"soon"'],
      ['plugins.flapping.atempts', 'attempts'],
    ]);
  });
});
