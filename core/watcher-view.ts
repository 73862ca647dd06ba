import type { ProcessView, WatcherApi } from './api.js';
import { isRunning, type Slot } from './slot-state.js';

/** What hooks, plugins and clients get of a watcher: its public side and nothing else. */
export function watcherView(watcher: WatcherApi): WatcherApi {
  return Object.freeze<WatcherApi>({
    get name() {
      return watcher.name;
    },
    get status() {
      return watcher.status;
    },
    get numprocesses() {
      return watcher.numprocesses;
    },
    get reloadsInTurn() {
      return watcher.reloadsInTurn;
    },
    get spec() {
      return watcher.spec;
    },
    processes: () => watcher.processes(),
    start: () => watcher.start(),
    stop: () => watcher.stop(),
    restart: () => watcher.restart(),
    reload: (options) => watcher.reload(options),
    setNumprocesses: (count) => watcher.setNumprocesses(count),
    incr: (by) => watcher.incr(by),
    decr: (by) => watcher.decr(by),
    kill: (options) => watcher.kill(options),
    signal: (signum, options) => watcher.signal(signum, options),
    set: (options, warn) => watcher.set(options, warn),
    decisions: () => watcher.decisions(),
  });
}

/** What they get of a process. @param now_ms the clock's time */
export function processView(slot: Slot & { readonly pid: number }, now_ms: number): ProcessView {
  const { pid, wid, started, generation } = slot;
  return { pid, wid, started, age: (now_ms - slot.started_ms) / 1000, generation, stopping: !isRunning(slot) };
}
