import type { Clock } from './clock.js';
import type { DurableState } from './durable/state.js';
import { stopInOrder } from './supervisor-order.js';
import type { UpgradeNote } from './upgrade.js';
import type { WatcherTable } from './watcher-table.js';

const WHY = 'another version takes over';

/** What there is to leave. */
export interface Leaving {
  readonly clock: Clock;
  readonly watchers: WatcherTable;
  readonly state: DurableState;
}

/** What is known of an upgrade before processes are left. */
export type UpgradeStart = Pick<UpgradeNote, 'token' | 'from' | 'begun_ms'>;

/**
 * Lets go of all durable processes as a crash would, in one step, and leaves word of it; those of other watchers are ended before, while
 * everything else goes on.
 */
export async function leaveProcesses({ clock, watchers, state }: Leaving, start: UpgradeStart): Promise<void> {
  const restarted = new Set<string>();
  for (;;) {
    const others = watchers.everybody.filter((watcher) => !state.isDurable(watcher.spec) && watcher.status !== 'stopped');
    if (others.length === 0) break;
    for (const watcher of others) {
      restarted.add(watcher.name);
      watcher.close(WHY);
    }
    await stopInOrder(others, clock);
  }
  const pids = watchers.everybody.flatMap((watcher) => watcher.pids());
  for (const watcher of watchers.everybody) watcher.release((pid) => state.os.leave(pid));
  watchers.dispose(WHY);
  state.leaveNote({ ...start, pids, restarted: [...restarted] });
}
