import { messageOf } from './errors.js';
import type { HookRegistry } from './hook-registry.js';
import type { Left } from './hooks.js';
import type { LifeHost } from './life-host.js';
import type { Logger } from './log.js';
import type { DurableOs } from './os/durable.js';
import type { SupervisorDurable } from './supervisor-durable.js';
import { stopInOrder } from './supervisor-order.js';
import type { UpgradeNote } from './upgrade.js';
import type { WatcherTable } from './watcher-table.js';

const WHY = 'another version takes over';
/** What one plugin may leave, characters of JSON. */
const LONGEST = 1024 * 1024;

/** What there is to leave. */
export interface Leaving {
  readonly hooks: Pick<HookRegistry, 'decide'>;
  readonly watchers: WatcherTable;
  readonly durable: SupervisorDurable;
}

/** What is known of an upgrade before processes are left. */
export type UpgradeStart = Pick<UpgradeNote, 'token' | 'from' | 'begun_ms'>;

/**
 * Lets go of all durable processes as a crash would, in one step, and leaves word of it; those of other watchers are ended before, while
 * everything else goes on.
 *
 * @returns what a program can be executed by
 */
export async function leaveProcesses(
  { hooks, watchers, durable }: Leaving,
  { clock, log }: Pick<LifeHost, 'clock' | 'log'>,
  start: UpgradeStart,
): Promise<DurableOs> {
  const state = durable.leaving();
  const restarted = new Set<string>();
  for (;;) {
    const others = watchers.everybody.filter((watcher) => !state.isDurable(watcher.spec) && watcher.status !== 'stopped');
    if (others.length === 0) break;
    for (const watcher of others) {
      restarted.add(watcher.name);
      watcher.close(WHY);
    }
    await stopInOrder(others, clock, { by: 'core', reason: WHY });
  }
  const { value } = await hooks.decide('leaving', {}, {});
  const left = kept(value, log);
  const pids = watchers.everybody.flatMap((watcher) => watcher.pids());
  for (const watcher of watchers.everybody) watcher.release((pid) => state.os.leave(pid));
  for (const watcher of watchers.all) state.keeper(watcher.name).leave(watcher.decisions());
  watchers.dispose(WHY);
  state.leaveNote({ ...start, pids, restarted: [...restarted] }, left);
  // Before the plugins close that take it.
  await durable.closeOutputs();
  return state.os;
}

/** Whatever plugins have left, as far as the next version can read it. */
function kept(left: Left, log: Logger): Left {
  return Object.fromEntries(
    Object.entries(left).filter(([plugin, value]) => {
      const why = unfit(value);
      if (why !== null) log.warn(`what plugin "${plugin}" leaves to the next version is dropped: ${why}`);
      return why === null;
    }),
  );
}

function unfit(value: unknown): string | null {
  try {
    const text = JSON.stringify(value);
    if (text === undefined) return 'it is no JSON';
    return text.length <= LONGEST ? null : `it has ${text.length} characters, allowed are ${LONGEST}`;
  } catch (error) {
    return messageOf(error);
  }
}
