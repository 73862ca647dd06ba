import type { ProcessSample, SupervisorApi, SupervisorEvent, WatcherApi } from '../../core/index.js';

/** An event as the page shows it. */
export interface ShownEvent {
  /** Seconds since the epoch. */
  readonly time: number;
  readonly watcher: string;
  readonly name: string;
  /** What else it tells: `process_pid=12 exit_code=0`. */
  readonly text: string;
}

/** What a page shows of an event; lists and objects are left out. */
export function shownEvent({ watcher, name, body }: SupervisorEvent): ShownEvent {
  const { time, ...rest } = body;
  const texts = Object.entries(rest).filter(([, value]) => typeof value !== 'object');
  return { time, watcher, name, text: texts.map(([key, value]) => `${key}=${value}`).join(' ') };
}

/** Everything that the page shows at one moment, as JSON. */
export function snapshot(
  supervisor: SupervisorApi,
  samples: ReadonlyMap<number, ProcessSample>,
  events: readonly ShownEvent[],
  host: string,
): object {
  return {
    host,
    state: supervisor.state,
    watchers: supervisor.watchers().map((watcher) => watcherOf(watcher, samples)),
    sockets: supervisor.sockets().map(({ name, host: at, port, path }) => ({ name, address: path ?? `${at}:${port}` })),
    plugins: supervisor.plugins().map(({ name, state, errors, taps }) => ({
      name,
      state,
      errors: errors.length + taps.reduce((sum, tap) => sum + tap.errors, 0),
    })),
    events: [...events].reverse(),
  };
}

function watcherOf(watcher: WatcherApi, samples: ReadonlyMap<number, ProcessSample>): object {
  const { name, status, numprocesses } = watcher;
  const last = status === 'active' ? undefined : watcher.decisions().at(-1);
  return {
    name,
    status,
    numprocesses,
    processes: watcher.processes().map(({ pid, wid, age }) => {
      const sample = samples.get(pid);
      return { pid, wid, age_s: age, cpu_percent: sample?.cpu_percent ?? null, rss_bytes: sample?.rss_bytes ?? null };
    }),
    why: last === undefined ? null : `${last.what} by ${last.by}: ${last.reason}`,
  };
}
