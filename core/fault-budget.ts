/** How many times as many failures are allowed in a minute as in a row. */
const PER_MINUTE = 6;
const MINUTE_MS = 60_000;

/** Where a plugin stands. */
export interface FaultStatus {
  /** Failures in a row of one hook, or of timers, after which it is detached; 0: never. */
  readonly allowed: number;
  /** Of the hook that fails worst at present. */
  readonly in_a_row: number;
  readonly last_minute: number;
}

/**
 * Counts failures of a plugin: it has spent its budget when one hook, or its timers, failed `allowed` times in a row, or all of it
 * PER_MINUTE times as often within a minute.
 */
export class FaultBudget {
  readonly #streaks = new Map<string, number>();
  /** The clock's `now()` at each failure, oldest first; no more than count. */
  readonly #recent: number[] = [];

  /** Whether nothing of it has failed without having succeeded since. */
  get isSound(): boolean {
    return this.#streaks.size === 0;
  }

  /** @param where name of the hook, or what else was called */
  succeeded(where: string): void {
    this.#streaks.delete(where);
  }

  /**
   * @param allowed 0: never spent
   * @returns why the budget is spent, or null
   */
  failed(where: string, now_ms: number, allowed: number): string | null {
    const streak = (this.#streaks.get(where) ?? 0) + 1;
    this.#streaks.set(where, streak);
    this.#recent.push(now_ms);
    const most = Math.max(allowed, 1) * PER_MINUTE;
    if (this.#recent.length > most) this.#recent.shift();
    if (allowed === 0) return null;
    if (streak >= allowed) return `${streak} failures in a row in ${where}`;
    const minute = this.#lastMinute(now_ms);
    return minute >= most ? `${minute} failures within a minute` : null;
  }

  status(allowed: number, now_ms: number): FaultStatus {
    return { allowed, in_a_row: Math.max(0, ...this.#streaks.values()), last_minute: this.#lastMinute(now_ms) };
  }

  #lastMinute(now_ms: number): number {
    return this.#recent.filter((at_ms) => at_ms > now_ms - MINUTE_MS).length;
  }
}
