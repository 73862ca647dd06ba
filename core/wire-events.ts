import type { WatcherApi } from './api.js';
import type { SupervisorEvent } from './events.js';

/**
 * Says which events go over the wire.
 *
 * As in Circus, a process that is ended on request while its watcher goes on (decr, kill, reload, set, max_age) is told of by
 * `kill` alone: plugins that count `reap` take each for a death, or for a part of a stop. A sequential reload tells of both.
 *
 * @param find the watcher of that name
 */
export function wireFilter(
  find: (watcher: string) => Pick<WatcherApi, 'status' | 'reloadsInTurn'> | undefined,
): (event: SupervisorEvent) => boolean {
  const asked = new Map<string, Set<number>>();
  const runs = (watcher: string): boolean => ['active', 'starting'].includes(find(watcher)?.status ?? 'stopped');
  return ({ name, body, watcher }) => {
    if (name === 'kill' && find(watcher)?.reloadsInTurn !== true) {
      asked.set(watcher, (asked.get(watcher) ?? new Set()).add(body.process_pid));
    }
    if (name === 'spawn') asked.get(watcher)?.delete(body.process_pid);
    if (name === 'stop' || name === 'remove') asked.delete(watcher);
    if (name !== 'reap') return true;
    return !asked.get(watcher)?.delete(body.process_pid) || !runs(watcher);
  };
}
