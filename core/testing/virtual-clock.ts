import type { Clock } from '../clock.js';

/** A timer that has not fired. */
export interface PendingTimer {
  readonly kind: 'timeout' | 'immediate';
  /** Milliseconds from now. */
  readonly due_in_ms: number;
}

interface Entry {
  readonly kind: PendingTimer['kind'];
  readonly due_ms: number;
  readonly fn: () => void;
}

/** 2023-11-14T22:13:20Z, where the wall clock starts. */
const EPOCH_MS = 1_700_000_000_000;
/** More than this in one advance is a timer that sets itself again without delay. */
const ENDLESS = 100_000;

/** A clock that stands still until it is told to go on. Timers fire in the order in which they are due, then were set. */
export class VirtualClock implements Clock {
  readonly #entries = new Set<Entry>();
  #now_ms = 0;
  #jumped_ms = 0;

  now(): number {
    return this.#now_ms;
  }

  wall(): number {
    return EPOCH_MS + this.#jumped_ms + this.#now_ms;
  }

  /** Sets the wall clock forward or, by less than 0, back, as ntpd, an administrator or a suspend does; timers and `now()` take no notice. */
  jumpWall(by_ms: number): void {
    this.#jumped_ms += by_ms;
  }

  /** Stands still for so long, as a process does after SIGSTOP: timers that were due meanwhile fire late, when it is told to go on. */
  stall(ms: number): void {
    this.#now_ms += ms;
  }

  setTimeout(fn: () => void, delay_ms: number): Disposable {
    return this.#add({ kind: 'timeout', due_ms: this.#now_ms + Math.max(0, delay_ms), fn });
  }

  setImmediate(fn: () => void): Disposable {
    return this.#add({ kind: 'immediate', due_ms: this.#now_ms, fn });
  }

  /** Timers that wait, in the order in which they will fire. */
  get pending(): readonly PendingTimer[] {
    return this.#ordered().map(({ kind, due_ms }) => ({ kind, due_in_ms: due_ms - this.#now_ms }));
  }

  /** Lets `ms` pass at once, and fires what is due; promises settle only afterwards. */
  advance(ms: number): void {
    const until_ms = this.#now_ms + ms;
    let fired = 0;
    while (this.#fireNext(until_ms)) if (++fired > ENDLESS) throw endless(fired);
    this.#now_ms = until_ms;
  }

  /**
   * Lets `ms` pass; before and after each timer, promises settle and real I/O is served.
   *
   * @param settle waited for before and after each timer instead, for a test that does something in between
   */
  async advanceAsync(ms: number, settle: () => Promise<void> = turn): Promise<void> {
    const until_ms = this.#now_ms + ms;
    let fired = 0;
    await settle();
    while (this.#fireNext(until_ms)) {
      if (++fired > ENDLESS) throw endless(fired);
      await settle();
    }
    this.#now_ms = until_ms;
  }

  #add(entry: Entry): Disposable {
    this.#entries.add(entry);
    return { [Symbol.dispose]: () => this.#entries.delete(entry) };
  }

  #ordered(): readonly Entry[] {
    return [...this.#entries].sort((a, b) => a.due_ms - b.due_ms);
  }

  #fireNext(until_ms: number): boolean {
    let next: Entry | undefined;
    for (const entry of this.#entries) if (next === undefined || entry.due_ms < next.due_ms) next = entry;
    if (next === undefined || next.due_ms > until_ms) return false;
    this.#entries.delete(next);
    this.#now_ms = Math.max(this.#now_ms, next.due_ms);
    next.fn();
    return true;
  }
}

/** A whole turn of the real event loop: every promise that can settle has settled after it. */
function turn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

function endless(fired: number): Error {
  return new Error(`cannot advance the virtual clock: ${fired} timers fired and there is no end; does one set itself again with no delay?`);
}
