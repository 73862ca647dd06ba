const WINDOW_MS = 1000;
/** No watcher has more than this of what the others leave of a second, so that there is room for the next one. */
const LARGEST_SHARE = 0.75;

/** The respawns of one second. */
interface Second {
  total: number;
  readonly byWatcher: Map<string, number>;
}

/** Hands out times to respawn at: never more in one second of the clock than are allowed, and never all of them to one watcher. */
export class Governor {
  readonly #per_second: number;
  /** By its number on the clock. */
  readonly #seconds = new Map<number, Second>();

  constructor(per_second: number) {
    this.#per_second = per_second;
  }

  /**
   * The first time from `due_ms` on that has room, which it takes.
   *
   * Those that have to wait are spread over the second that takes them.
   *
   * @param now_ms what was taken before is forgotten
   */
  reserve(watcher: string, due_ms: number, now_ms: number): number {
    const now = Math.floor(now_ms / WINDOW_MS);
    for (const past of this.#seconds.keys()) if (past < now) this.#seconds.delete(past);
    const wanted = Math.floor(due_ms / WINDOW_MS);
    let at = wanted;
    while (!this.#hasRoom(at, watcher)) at++;
    const before = this.#take(watcher, at);
    return at === wanted ? due_ms : at * WINDOW_MS + (before * WINDOW_MS) / this.#per_second;
  }

  /** Counts a respawn that waits for nothing. */
  count(watcher: string, now_ms: number): void {
    this.#take(watcher, Math.floor(now_ms / WINDOW_MS));
  }

  /** Returns how many that second had before. */
  #take(watcher: string, at: number): number {
    const second = this.#seconds.get(at) ?? { total: 0, byWatcher: new Map() };
    const before = second.total;
    second.total += 1;
    second.byWatcher.set(watcher, (second.byWatcher.get(watcher) ?? 0) + 1);
    this.#seconds.set(at, second);
    return before;
  }

  #hasRoom(at: number, watcher: string): boolean {
    const second = this.#seconds.get(at);
    if (second === undefined) return true;
    const own = second.byWatcher.get(watcher) ?? 0;
    const left = this.#per_second - (second.total - own);
    return second.total < this.#per_second && own < Math.ceil(left * LARGEST_SHARE);
  }
}
