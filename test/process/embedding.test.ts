import { readdirSync } from 'node:fs';
import { expect } from 'chai';
import { isRingmasterError, Supervisor } from '../../core/index.js';
import { eventually, noLeaks } from '../../core/testing.js';
import { isAlive } from '../fixtures/real.js';

const SIGNALS = ['SIGTERM', 'SIGINT', 'SIGHUP', 'SIGQUIT', 'SIGCHLD'] as const;

/** What a host could lose to a supervisor that does not clean up. */
function footprint(): Record<string, number> {
  const counts: Record<string, number> = { fds: readdirSync('/proc/self/fd').length };
  for (const type of process.getActiveResourcesInfo()) counts[type] = (counts[type] ?? 0) + 1;
  for (const signal of SIGNALS) counts[signal] = process.listenerCount(signal);
  for (const event of ['exit', 'beforeExit', 'uncaughtException', 'unhandledRejection'] as const)
    counts[event] = process.listenerCount(event);
  return counts;
}

describe('embedding', () => {
  noLeaks();

  it('takes no signal handlers and no exit of its host, and leaves nothing behind in two hundred runs', async () => {
    const run = async (): Promise<void> => {
      await using supervisor = new Supervisor({ watchers: { web: { cmd: 'sleep 60', numprocesses: 2 } } });
      await supervisor.start();
      expect(supervisor.find('web')?.processes()).to.have.length(2);
    };
    await run();
    await eventually(() => !process.getActiveResourcesInfo().includes('ProcessWrap'));
    const before = footprint();
    for (let round = 0; round < 200; round++) await run();
    // The handle of the last child closes a turn of the loop after its exit.
    await eventually(() => expect(footprint()).to.deep.equal(before));
  });

  it('two supervisors do not know of each other', async () => {
    await using one = new Supervisor({ watchers: { web: { cmd: 'sleep 60' } } });
    await using other = new Supervisor({ watchers: { web: { cmd: 'sleep 61' } } });
    await Promise.all([one.start(), other.start()]);
    const [pid = 0] =
      other
        .find('web')
        ?.processes()
        .map((process) => process.pid) ?? [];
    await one.stop();
    expect(isAlive(pid)).to.equal(true);
  });

  it('is stopped at any moment of its start, and nothing stays', async () => {
    for (let turns = 0; turns < 12; turns++) {
      const supervisor = new Supervisor({ watchers: { web: { cmd: 'sleep 60', numprocesses: 20 } } });
      const started = supervisor.start().then(
        () => 'started',
        (error: unknown) => (isRingmasterError(error, 'RM_CLOSED') ? 'told so' : error),
      );
      for (let turn = 0; turn < turns; turn++) await new Promise((resolve) => setImmediate(resolve));
      await supervisor.stop();
      // The last rounds may stop what has started already.
      expect(await started).to.be.oneOf(['started', 'told so']);
      expect(supervisor.state).to.equal('stopped');
    }
  });
});
