import { expect } from 'chai';
import { type Check, type Checks, definePlugin } from '../../../core/index.js';
import { createHarness, type Harness, noLeaks } from '../../../core/testing.js';
import checks from '../../../plugins/checks/index.js';
import { HEALTHY, onResult, type Verdict } from '../../../plugins/checks/policy.js';

describe('checks policy', () => {
  const cases: readonly [string, string, number, readonly Verdict[]][] = [
    ['acts at once with a threshold of 1, and each time again', '--', 1, ['fail', 'fail_again']],
    ['acts after as many failures in a row as asked for', '--+---', 3, ['none', 'none', 'none', 'none', 'none', 'fail']],
    ['acts again after as many again', '----', 2, ['none', 'fail', 'none', 'fail_again']],
    ['tells of recovery once, and then begins anew', '--++--', 2, ['none', 'fail', 'recover', 'none', 'none', 'fail']],
    ['tells of no recovery where there was nothing to act upon', '-+', 2, ['none', 'none']],
  ];
  for (const [title, results, threshold, expected] of cases) {
    it(title, () => {
      let health = HEALTHY;
      const verdicts = [...results].map((result) => {
        const next = onResult(health, result === '+', threshold);
        health = next.health;
        return next.verdict;
      });
      expect(verdicts).to.deep.equal(expected);
    });
  }
});

/** A harness with one check that is told what to find. */
function checking(options: Partial<Check<string>>): { readonly harness: Harness; readonly results: unknown[]; readonly told: string[] } {
  const results: unknown[] = [];
  const told: string[] = [];
  const user = definePlugin({
    name: 'user',
    summary: 'Has one thing checked.',
    schema: { type: 'object', additionalProperties: false, properties: {} },
    requires: ['checks'],
    setup({ service, scope }) {
      const loop = service<Checks>('checks').start<string>({
        name: 'thing',
        loop_rate_ms: 1000,
        timeout_ms: 200,
        failures: 2,
        action: 'restart',
        watcher: 'web',
        probe: async () => {
          const result = results.shift() ?? 'good';
          if (result === 'hang') return new Promise<string>(() => {});
          if (typeof result === 'string') return result;
          throw result;
        },
        passed: (value) => told.push(value),
        failed: (error) => told.push(String(error)),
        acts: () => told.push('act'),
        ...options,
      });
      scope.add('loop', () => loop[Symbol.asyncDispose]());
    },
  });
  const harness = createHarness({ config: { watchers: { web: { cmd: 'web' } } }, plugins: [checks, user] });
  return { harness, results, told };
}

const bad = new Error('bad');
const stops = (harness: Harness): number => harness.events.names('web').filter((name) => name === 'stop').length;

describe('checks', () => {
  noLeaks();

  it('restarts the watcher after failures in a row', async () => {
    const { harness, results, told } = checking({});
    await using _ = harness;
    await harness.start();
    results.push(bad, 'good', bad, bad);
    await harness.clock.advanceAsync(4500);
    expect(told).to.deep.equal(['Error: bad', 'good', 'Error: bad', 'Error: bad', 'act']);
    expect(stops(harness)).to.equal(1);
    await harness.clock.advanceAsync(1000);
    expect(harness.supervisor.find('web')?.status).to.equal('active');
    expect(harness.lines.map(({ message }) => message)).to.include.members(['thing failed: bad; restart of web', 'thing passes again']);
  });

  it('takes silence for a failure, even of a probe that does not listen, and never has two tries at once', async () => {
    const { harness, results, told } = checking({ timeout_ms: 2500, failures: 1 });
    await using _ = harness;
    await harness.start();
    results.push('hang');
    await harness.clock.advanceAsync(3400);
    expect(told).to.deep.equal([]);
    await harness.clock.advanceAsync(200);
    expect(told).to.deep.equal(['Error: no answer within 2.5 s', 'act', 'good']);
  });

  it('stops the watcher, and what is stopped is left so', async () => {
    const { harness, results } = checking({ action: 'stop', failures: 1 });
    await using _ = harness;
    await harness.start();
    results.push(bad, bad);
    await harness.clock.advanceAsync(2500);
    expect(harness.supervisor.find('web')?.status).to.equal('stopped');
    expect(stops(harness)).to.equal(1);
  });

  it('starts nothing that somebody has stopped', async () => {
    const { harness, results, told } = checking({ failures: 1 });
    await using _ = harness;
    await harness.start();
    await harness.until(harness.supervisor.find('web')?.stop() ?? Promise.reject(bad));
    results.push(bad, bad);
    await harness.clock.advanceAsync(2500);
    expect(harness.supervisor.find('web')?.status).to.equal('stopped');
    expect(told).to.deep.equal(['Error: bad', 'Error: bad']);
    expect(harness.lines.map(({ message }) => message)).to.include('thing failed: bad; web is stopped and left so');
  });

  it('tells an event once, and another when it passes again', async () => {
    const { harness, results } = checking({ action: 'event', failures: 1 });
    await using _ = harness;
    await harness.start();
    results.push(bad, bad, 'good', 'good');
    await harness.clock.advanceAsync(4500);
    const told = harness.events.events.filter(({ name }) => name.startsWith('check_'));
    expect(told.map(({ name, body }) => [name, { ...body, time: 0 }])).to.deep.equal([
      ['check_failed', { name: 'thing', error: 'bad', time: 0 }],
      ['check_recovered', { name: 'thing', time: 0 }],
    ]);
    expect(stops(harness)).to.equal(0);
  });

  it('only logs, once, where there is no watcher to act on', async () => {
    for (const [watcher, expected] of [
      [null, 'thing failed: bad'],
      ['wbe', 'thing failed: bad, and there is no watcher wbe to restart'],
    ] as const) {
      const { harness, results } = checking({ watcher, failures: 1 });
      await using _ = harness;
      await harness.start();
      results.push(bad, bad);
      await harness.clock.advanceAsync(2500);
      expect(harness.lines.filter(({ message }) => message.startsWith('thing')).map(({ message }) => message)).to.deep.equal([expected]);
    }
  });

  it('ends in the middle of a try', async () => {
    const { harness, results, told } = checking({ timeout_ms: 60_000 });
    await harness.start();
    results.push('hang');
    await harness.clock.advanceAsync(1500);
    await harness.stop();
    expect(told).to.deep.equal([]);
    expect(harness.clock.pending).to.deep.equal([]);
  });
});
