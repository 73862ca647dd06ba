import type { Clock } from './clock.js';
import { messageOf } from './errors.js';
import { HookRegistry } from './hook-registry.js';
import type { Logger } from './log.js';
import type { PluginDeps } from './plugin-instance.js';

/** The hooks of a supervisor; a failure of one that is about a watcher is told as an event of that watcher. */
export function supervisorHooks(clock: Clock, log: Logger, emit: PluginDeps['emit']): HookRegistry {
  return new HookRegistry({
    clock,
    log,
    onFailure: ({ hook, watcher, error }) => {
      if (watcher !== null)
        emit(watcher, 'hook_failure', { name: hook, time: clock.wall() / 1000, error: messageOf(error.cause ?? error) });
    },
  });
}
