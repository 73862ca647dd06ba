import type { ProcessView, WatcherApi } from './api.js';
import { isRingmasterError } from './errors.js';
import type { HookRegistry } from './hook-registry.js';
import type { Stats } from './hooks.js';

/** Process information with what plugins add; as it was given where a plugin fails, which the registry tells of. */
export async function extendStats(hooks: HookRegistry, watcher: WatcherApi, process: ProcessView, stats: Stats): Promise<Stats> {
  try {
    return await hooks.shape('stats', stats, { watcher, process });
  } catch (error) {
    if (isRingmasterError(error)) return stats;
    throw error;
  }
}
