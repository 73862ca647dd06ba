import type { WatcherApi } from './api.js';
import type { SupervisorEvent } from './events.js';

/** Which events go over the wire, for each is to be shown to it. */
export interface WireFilter {
  passes(event: SupervisorEvent): boolean;
  /** Whether it waits for the end of a process that it was told of: until then it has to see all that happens to processes. */
  readonly waits: boolean;
}

/**
 * Says which events go over the wire.
 *
 * As in Circus, a process that is ended on request while its watcher goes on (decr, kill, reload, set, max_age) is told of by
 * `kill` alone: plugins that count `reap` take each for a death, or for a part of a stop. A sequential reload tells of both.
 *
 * @param find the watcher of that name
 */
export function wireFilter(find: (watcher: string) => Pick<WatcherApi, 'status' | 'reloadsInTurn'> | undefined): WireFilter {
  const asked = new Map<string, Set<number>>();
  const runs = (watcher: string): boolean => ['active', 'starting'].includes(find(watcher)?.status ?? 'stopped');
  /** Whether it was asked to end. */
  const forget = (watcher: string, pid: number): boolean => {
    const pids = asked.get(watcher);
    const isAsked = pids?.delete(pid) ?? false;
    if (pids?.size === 0) asked.delete(watcher);
    return isAsked;
  };
  const passes: WireFilter['passes'] = ({ name, body, watcher }) => {
    if (name === 'kill' && find(watcher)?.reloadsInTurn !== true) {
      asked.set(watcher, (asked.get(watcher) ?? new Set()).add(body.process_pid));
    }
    if (name === 'spawn') forget(watcher, body.process_pid);
    if (name === 'stop' || name === 'remove') asked.delete(watcher);
    if (name !== 'reap') return true;
    return !forget(watcher, body.process_pid) || !runs(watcher);
  };
  return {
    passes,
    get waits() {
      return asked.size > 0;
    },
  };
}
