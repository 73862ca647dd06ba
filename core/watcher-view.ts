import type { KillOptions, Outcome, ProcessView, ReloadOptions, SignalOptions, Warn, WatcherApi, WatcherStatus } from './api.js';
import type { WatcherOptions } from './config/schema/watcher.js';
import type { Decision } from './decisions.js';
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

  processes(): readonly ProcessView[] {
    return this.#watcher.processes();
  }

  start(): Promise<Outcome> {
    return this.#watcher.start();
  }

  stop(): Promise<Outcome> {
    return this.#watcher.stop();
  }

  restart(): Promise<Outcome> {
    return this.#watcher.restart();
  }

  reload(options?: ReloadOptions): Promise<Outcome> {
    return this.#watcher.reload(options);
  }

  setNumprocesses(count: number): Promise<number> {
    return this.#watcher.setNumprocesses(count);
  }

  incr(by?: number): Promise<number> {
    return this.#watcher.incr(by);
  }

  decr(by?: number): Promise<number> {
    return this.#watcher.decr(by);
  }

  kill(options?: KillOptions): Promise<void> {
    return this.#watcher.kill(options);
  }

  signal(signum: number, options?: SignalOptions): void {
    this.#watcher.signal(signum, options);
  }

  set(options: Readonly<Record<string, unknown>>, warn?: Warn): Promise<Outcome> {
    return this.#watcher.set(options, warn);
  }

  decisions(): readonly Decision[] {
    return this.#watcher.decisions();
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
