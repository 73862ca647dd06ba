import type { ProcessView, WatcherApi, WatcherStatus } from './api.js';
import type { WatcherOptions } from './config/schema/watcher.js';
import { isRunning, type Slot } from './slot-state.js';

/** What hooks, plugins and clients get of a watcher: its public side and nothing else. */
class WatcherView implements WatcherApi {
  readonly #watcher: WatcherApi;

  constructor(watcher: WatcherApi) {
    this.#watcher = watcher;
  }

  get name(): string {
    return this.#watcher.name;
  }

  get status(): WatcherStatus {
    return this.#watcher.status;
  }

  get numprocesses(): number {
    return this.#watcher.numprocesses;
  }

  get reloadsInTurn(): boolean {
    return this.#watcher.reloadsInTurn;
  }

  get spec(): Readonly<WatcherOptions> {
    return this.#watcher.spec;
  }

  // Functions that can be taken off it, as plugins do (`const { processes } = watcher`), and that nothing holds before.
  get processes(): WatcherApi['processes'] {
    return () => this.#watcher.processes();
  }

  get start(): WatcherApi['start'] {
    return () => this.#watcher.start();
  }

  get stop(): WatcherApi['stop'] {
    return () => this.#watcher.stop();
  }

  get restart(): WatcherApi['restart'] {
    return () => this.#watcher.restart();
  }

  get reload(): WatcherApi['reload'] {
    return (options) => this.#watcher.reload(options);
  }

  get setNumprocesses(): WatcherApi['setNumprocesses'] {
    return (count) => this.#watcher.setNumprocesses(count);
  }

  get incr(): WatcherApi['incr'] {
    return (by) => this.#watcher.incr(by);
  }

  get decr(): WatcherApi['decr'] {
    return (by) => this.#watcher.decr(by);
  }

  get kill(): WatcherApi['kill'] {
    return (options) => this.#watcher.kill(options);
  }

  get signal(): WatcherApi['signal'] {
    return (signum, options) => this.#watcher.signal(signum, options);
  }

  get set(): WatcherApi['set'] {
    return (options, warn) => this.#watcher.set(options, warn);
  }

  get decisions(): WatcherApi['decisions'] {
    return () => this.#watcher.decisions();
  }
}
// One for all watchers: who could change it could change what others get.
Object.freeze(WatcherView.prototype);

export function watcherView(watcher: WatcherApi): WatcherApi {
  return Object.freeze(new WatcherView(watcher));
}

/** What they get of a process. @param now_ms the clock's time */
export function processView(slot: Slot & { readonly pid: number }, now_ms: number): ProcessView {
  const { pid, wid, started, generation } = slot;
  return { pid, wid, started, age: (now_ms - slot.started_ms) / 1000, generation, stopping: !isRunning(slot) };
}
