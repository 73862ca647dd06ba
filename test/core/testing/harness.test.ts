import { expect } from 'chai';
import { definePlugin } from '../../../core/index.js';
import { createHarness, noLeaks } from '../../../core/testing.js';

const web = { watchers: { web: { cmd: 'web', numprocesses: 2, graceful_timeout: 7 } } };

describe('harness', () => {
  noLeaks();

  it('starts and stops a supervisor in virtual time, and leaves no timer behind', async () => {
    await using harness = createHarness({ config: web });
    await harness.start();
    expect(harness.os.alive).to.deep.equal([1000, 1001]);
    expect(harness.supervisor.find('web')?.status).to.equal('active');
    await harness.stop();
    expect(harness.os.alive).to.deep.equal([]);
    expect(harness.clock.pending).to.deep.equal([]);
    expect(harness.events.names('web')).to.include.ordered.members(['spawn', 'spawn', 'start']);
  });

  it('has a process that dies replaced', async () => {
    await using harness = createHarness({ config: web });
    await harness.start();
    harness.os.exit(1000, { exit_code: 1, signal: null });
    await harness.clock.advanceAsync(2000);
    expect(harness.os.alive).to.deep.equal([1001, 1002]);
  });

  it('lets the time pass that a deaf process costs', async () => {
    await using harness = createHarness({ config: web });
    harness.os.behave({ deaf_to: [15] });
    await harness.start();
    const began_ms = harness.clock.now();
    await harness.stop();
    const killed = harness.os.of('signal').filter((action) => action.signum === 9);
    expect(killed.map((action) => action.at_ms - began_ms)).to.deep.equal([7000, 7000]);
  });

  it('gives the supervisor the plugins of the test', async () => {
    const spawned: number[] = [];
    const plugin = definePlugin({
      name: 'mine',
      summary: 'Notes pids.',
      schema: { type: 'object', properties: {} },
      hooks: ['after_spawn'],
      setup({ hooks }) {
        hooks.after_spawn.tap(({ pid }) => void spawned.push(pid));
      },
    });
    await using harness = createHarness({ config: web, plugins: [plugin] });
    await harness.start();
    expect(spawned).to.deep.equal([1000, 1001]);
  });

  it('says what is pending where a promise is never settled', async () => {
    await using harness = createHarness();
    harness.clock.setTimeout(() => {}, 50);
    const failure = await harness.until(new Promise<never>(() => {}), 10).catch((error: Error) => error);
    expect(failure.message).to.equal('not settled within 10 ms of virtual time; pending: timeout in 50 ms');
  });
});
