import type { WatcherApi } from '../api.js';
import type { Problem } from '../config/index.js';
import { isRingmasterError, messageOf, RingmasterError } from '../errors.js';

type Seen = Pick<WatcherApi, 'name' | 'status' | 'processes'>;

/** So many are named in one line, and the rest counted. */
const NAMED = 20;

/** `ready: 2 watchers, 5 processes; not active: tick (stopped)`. */
export function readyLine(watchers: readonly Seen[]): string {
  const processes = watchers.reduce((sum, watcher) => sum + watcher.processes().length, 0);
  const others = watchers.filter((watcher) => watcher.status !== 'active').map(({ name, status }) => `${name} (${status})`);
  const all = `ready: ${counted(watchers.length, 'watcher')}, ${processes} ${processes === 1 ? 'process' : 'processes'}`;
  return others.length === 0 ? all : `${all}; not active: ${named(others)}`;
}

/** What a stop still waits for: `web (pids 12, 13), tick (pid 14)`; the end of the plugins when no process is left. */
export function waitsFor(watchers: readonly Seen[]): string {
  const left = watchers.flatMap((watcher) => {
    const pids = watcher.processes().map((process) => process.pid);
    if (pids.length === 0) return [];
    return [`${watcher.name} (pid${pids.length > 1 ? 's' : ''} ${named(pids)})`];
  });
  return left.length === 0 ? 'the plugins to close' : named(left);
}

function named(all: readonly (string | number)[]): string {
  const first = all.slice(0, NAMED).join(', ');
  return all.length > NAMED ? `${first} and ${all.length - NAMED} more` : first;
}

/** `3 errors, 1 warning`; `no problems`. */
export function problemCounts(problems: readonly Problem[]): string {
  const counts = (['error', 'warning'] as const).flatMap((severity) => {
    const count = problems.filter((problem) => problem.severity === severity).length;
    return count === 0 ? [] : [counted(count, severity)];
  });
  return counts.length === 0 ? 'no problems' : counts.join(', ');
}

/** `1 watcher`, `2 watchers`. */
export function counted(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`;
}

/** One line for whoever started the program: what went wrong, why, and, where it is known, what to do. */
export function failureLine(program: string, error: unknown): string {
  const fix = error instanceof RingmasterError ? `; ${error.fix}` : '';
  // That a plugin failed says nothing of why; its cause does, and knows what to do.
  if (isRingmasterError(error, 'RM_PLUGIN_FAILED') && error.cause !== undefined) {
    return failureLine(`${program}: ${error.message}`, error.cause);
  }
  return `${program}: ${messageOf(error)}${fix}\n`;
}
