import { expect } from 'chai';
import { createHarness, type Harness, noLeaks, seededRandom, type TraceEntry } from '../../../core/testing.js';
import backoff from '../../../plugins/backoff/index.js';

const config = {
  watchers: { web: { cmd: 'web', numprocesses: 3, max_age: 30, max_age_variance: 30, graceful_timeout: 2 }, db: { cmd: 'db' } },
  plugins: { backoff: {} },
};

/** A minute of life in which things fail. */
async function live(seed: number, faults = 0.3): Promise<readonly TraceEntry[]> {
  await using harness: Harness = createHarness({ config, plugins: [backoff], seed, faults });
  await harness.start();
  await harness.clock.advanceAsync(60_000);
  await harness.until(harness.supervisor.find('web')?.restart() ?? Promise.reject(new Error('no web')));
  await harness.stop();
  return harness.trace();
}

describe('a harness with a seed', () => {
  noLeaks();

  it('has the same trace whenever the seed is the same, for 100 seeds', async () => {
    const seen = new Set<string>();
    for (let seed = 0; seed < 100; seed++) {
      const trace = JSON.stringify(await live(seed));
      expect(JSON.stringify(await live(seed)), `seed ${seed}`).to.equal(trace);
      seen.add(trace);
    }
    expect(seen.size).to.equal(100);
  });

  it('notes hooks, events, spawns, failures, signals and exits, with times that never go back', async () => {
    const trace = await live(3);
    expect(new Set(trace.map(({ kind }) => kind))).to.include.all.keys('hook', 'event', 'spawn', 'spawn_failed', 'signal', 'exit');
    const times = trace.map(({ at_ms }) => at_ms);
    expect(times).to.deep.equal([...times].sort((a, b) => a - b));
    expect(trace.find(({ kind }) => kind === 'spawn')?.data).to.have.keys('pid', 'request');
    expect(trace.filter(({ name }) => name === 'respawn').map(({ data }) => data.watcher)).to.include('web');
  });

  it('lets nothing fail where no faults are asked for', async () => {
    const kinds = new Set((await live(3, 0)).map(({ kind }) => kind));
    expect([...kinds]).not.to.include('spawn_failed');
  });

  it('gives plugins the chance of the seed', async () => {
    const chance = seededRandom(7);
    const numbers = Array.from({ length: 1000 }, () => chance());
    expect(numbers.every((number) => number >= 0 && number < 1)).to.equal(true);
    expect(new Set(numbers).size).to.be.above(990);
    const again = seededRandom(7);
    expect(numbers.slice(0, 5)).to.deep.equal(Array.from({ length: 5 }, () => again()));
  });
});

describe('a harness without a seed', () => {
  it('traces what the fake Os does, and taps no hook for it', async () => {
    await using harness = createHarness({ config: { watchers: { web: { cmd: 'web' } } } });
    await harness.start();
    expect(harness.trace().map(({ kind, name }) => `${kind} ${name}`)).to.deep.equal(['spawn web']);
    expect(harness.supervisor.plugins().map(({ name }) => name)).not.to.include('trace');
  });
});
