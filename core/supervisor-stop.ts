import type { Clock } from './clock.js';
import type { HookRegistry } from './hook-registry.js';
import type { SupervisorDurable } from './supervisor-durable.js';
import { stopInOrder } from './supervisor-order.js';
import type { WatcherTable } from './watcher-table.js';

/** What there is to stop. */
export interface Stopping {
  readonly hooks: Pick<HookRegistry, 'step'>;
  readonly watchers: WatcherTable;
  readonly durable: SupervisorDurable;
}

export interface StopRequest {
  readonly clock: Clock;
  /** The start, where it may still be under way. */
  readonly starting: Promise<void> | null;
  /** Ends the pauses between watchers, which nobody is to wait for. */
  endPauses(): void;
}

/** Ends all processes, so that the next start is an ordinary one. */
export async function stopProcesses({ hooks, watchers, durable }: Stopping, { clock, starting, endPauses }: StopRequest): Promise<void> {
  await hooks.step('before_shutdown', {});
  const down = stopInOrder(watchers.everybody, clock);
  // Not sooner: whoever waits in one would start.
  endPauses();
  await down;
  await starting?.catch(() => undefined);
  // Those that were adopted meanwhile.
  await stopInOrder(watchers.everybody, clock);
  watchers.release();
  await durable.retire();
  await hooks.step('shutdown', {});
}
