import type { SupervisorEvent } from '../../core/index.js';

/**
 * Says which events go over the wire.
 *
 * As in Circus, a process that is ended on request while its watcher goes on (decr, kill, reload, set, max_age) is told of by
 * `kill` alone: plugins that count `reap` take each for a death, or for a part of a stop.
 *
 * @param runs whether a watcher of that name is there and neither stops nor is stopped
 */
export function wireFilter(runs: (watcher: string) => boolean): (event: SupervisorEvent) => boolean {
  const asked = new Set<number>();
  return ({ name, body, watcher }) => {
    if (name === 'kill') asked.add(body.process_pid);
    if (name !== 'reap') return true;
    return !asked.delete(body.process_pid) || !runs(watcher);
  };
}
