const WINDOW_MS = 1000;

/** Hands out times to respawn at: never more in one second of the clock than are allowed. */
export class Governor {
  readonly #per_second: number;
  /** How many respawns each second has, by its number on the clock. */
  readonly #taken = new Map<number, number>();

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
  reserve(due_ms: number, now_ms: number): number {
    const now = Math.floor(now_ms / WINDOW_MS);
    for (const second of this.#taken.keys()) if (second < now) this.#taken.delete(second);
    const wanted = Math.floor(due_ms / WINDOW_MS);
    let second = wanted;
    while ((this.#taken.get(second) ?? 0) >= this.#per_second) second++;
    const taken = this.#taken.get(second) ?? 0;
    this.#taken.set(second, taken + 1);
    return second === wanted ? due_ms : second * WINDOW_MS + (taken * WINDOW_MS) / this.#per_second;
  }
}
