import type { SupervisorEvent } from './events.js';

/**
 * Says which events go over the wire.
 *
 * As in Circus, a process that is ended on request while its watcher goes on (decr, kill, reload, set, max_age) is told of by
 * `kill` alone: plugins that count `reap` take each for a death, or for a part of a stop.
 *
 * @param runs whether a watcher of that name is there and neither stops nor is stopped
 */
export function wireFilter(runs: (watcher: string) => boolean): (event: SupervisorEvent) => boolean {
  const asked = new Map<string, Set<number>>();
  return ({ name, body, watcher }) => {
    if (name === 'kill') asked.set(watcher, (asked.get(watcher) ?? new Set()).add(body.process_pid));
    if (name === 'spawn') asked.get(watcher)?.delete(body.process_pid);
    if (name === 'stop' || name === 'remove') asked.delete(watcher);
    if (name !== 'reap') return true;
    return !asked.get(watcher)?.delete(body.process_pid) || !runs(watcher);
  };
}
