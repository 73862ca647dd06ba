import { expect } from 'chai';
import { definePlugin } from '../../core/index.js';
import { SpawnQueue } from '../../core/spawn-queue.js';
import { createHarness, VirtualClock } from '../../core/testing.js';

describe('the queue of spawns', () => {
  let clock: VirtualClock;
  let queue: SpawnQueue;
  let ran: string[];
  const job =
    (name: string, ms = 0) =>
    (): void => {
      ran.push(name);
      clock.advance(ms);
    };
  beforeEach(() => {
    clock = new VirtualClock();
    queue = new SpawnQueue(clock);
    ran = [];
  });

  it('runs replacements first, and leaves the event loop a turn when some time has gone by', () => {
    queue.push(job('first start', 5), false);
    queue.push(job('replacement', 5), true);
    queue.push(job('another start', 5), false);
    expect(ran).to.deep.equal([]);
    const rounds = [queue.round];
    clock.advance(0);
    rounds.push(queue.round);
    expect(ran).to.deep.equal(['replacement', 'first start']);
    clock.advance(20);
    rounds.push(queue.round);
    expect(ran).to.deep.equal(['replacement', 'first start', 'another start']);
    expect(new Set(rounds).size).to.equal(3);
  });

  it('tells what is left, and what comes later, that there are no turns any more', () => {
    queue.push(job('never'), false, job('dropped'));
    queue.push(job('never'), true);
    queue[Symbol.dispose]();
    queue.push(job('never'), false, job('too late'));
    clock.advance(100);
    expect(ran).to.deep.equal(['dropped', 'too late']);
    expect(clock.pending).to.deep.equal([]);
  });

  it('has a turn again for what waited for a plugin, so that many that waited for the same do not block the loop together', async () => {
    const open: (() => void)[] = [];
    const gate = definePlugin({
      name: 'gate',
      summary: 'Answers when it is told to.',
      schema: { type: 'object', additionalProperties: false, properties: {} },
      hooks: ['spawn_options'],
      setup({ hooks }) {
        hooks.spawn_options.tap((options) => new Promise((resolve) => open.push(() => resolve(options))));
      },
    });
    const config = { watchers: { web: { cmd: 'run', numprocesses: 2 } }, plugins: { control: false, gate: {} } };
    await using harness = createHarness({ config, plugins: [gate] });
    const started = harness.supervisor.start();
    const spawned = (): number => harness.os.alive.length;
    while (open.length < 2) await harness.clock.advanceAsync(0);
    expect(spawned()).to.equal(0);
    for (const answer of open) answer();
    await new Promise((resolve) => setImmediate(resolve));
    expect(spawned()).to.equal(0);
    harness.clock.advance(0);
    expect(spawned()).to.equal(2);
    await harness.until(started);
  });
});
