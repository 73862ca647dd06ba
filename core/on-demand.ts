import type { Clock } from './clock.js';
import { namedSockets } from './config/diff.js';
import type { SocketTable } from './sockets.js';
import type { Watcher } from './watcher.js';

/** A worker that ends without taking the connection must not be started again and again without a pause. */
const PAUSE_MS = 1000;
/** So many starts within the pause are let pass: a worker may serve one connection and end. */
const AT_ONCE = 3;

/** Starts watchers with `on_demand` when a connection waits at a managed socket of theirs; nothing is polled. */
export class OnDemand implements Disposable {
  readonly #sockets: SocketTable;
  readonly #clock: Clock;
  readonly #watchers: () => readonly Watcher[];
  #waiting: Disposable | null = null;
  #woken_at = Number.NEGATIVE_INFINITY;
  #quick = 0;

  constructor(sockets: SocketTable, clock: Clock, watchers: () => readonly Watcher[]) {
    this.#sockets = sockets;
    this.#clock = clock;
    this.#watchers = watchers;
  }

  /** Waits for the sockets of all watchers that wait for a connection. */
  arm(): void {
    this[Symbol.dispose]();
    const pause_ms = this.#quick < AT_ONCE ? 0 : this.#woken_at + PAUSE_MS - this.#clock.now();
    if (pause_ms > 0) this.#waiting = this.#clock.setTimeout(() => this.#wait(), pause_ms);
    else this.#wait();
  }

  [Symbol.dispose](): void {
    this.#waiting?.[Symbol.dispose]();
    this.#waiting = null;
  }

  #wait(): void {
    this.#waiting = null;
    const armed = this.#watchers().filter((watcher) => watcher.waitsForDemand);
    const names = new Set(armed.flatMap((watcher) => this.#socketsOf(watcher)));
    if (names.size === 0) return;
    this.#waiting = this.#sockets.onReady(names, (name) => {
      this.#quick = this.#clock.now() - this.#woken_at < PAUSE_MS ? this.#quick + 1 : 0;
      this.#woken_at = this.#clock.now();
      for (const watcher of armed) if (this.#socketsOf(watcher).includes(name)) watcher.wake();
      this.arm();
    });
  }

  /** Those that its command names, or all. */
  #socketsOf(watcher: Watcher): readonly string[] {
    const all = this.#sockets.list().map(({ name }) => name);
    const named = namedSockets(watcher.spec);
    return named.length === 0 ? all : all.filter((name) => named.includes(name.toLowerCase()));
  }
}
