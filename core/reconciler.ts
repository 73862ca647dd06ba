import type { Clock } from './clock.js';

/**
 * Runs passes, one at a time. `now` runs one at once, and during a pass means exactly one more after it. `soon` is for news: the first in a
 * turn of the event loop has its pass as soon as it is told, all others of that turn have one together, so that a hundred exits cost two.
 */
export class Reconciler implements Disposable {
  readonly #clock: Clock;
  readonly #pass: () => number | null;
  #running = false;
  #again = false;
  /** Until the turn of the event loop is over, once there was news in it; and whether there was more since the last pass. */
  #turn: Disposable | null = null;
  #late = false;
  #wake: { readonly at: number; readonly timer: Disposable } | null = null;
  #closed = false;
  #held = false;

  /** @param pass does what is to be done and returns when to look again, on the clock's `now()`; null: at the next kick */
  constructor(clock: Clock, pass: () => number | null) {
    this.#clock = clock;
    this.#pass = pass;
  }

  now(): void {
    if (this.#closed) return;
    if (this.#running || this.#held) {
      this.#again = true;
      return;
    }
    this.#running = true;
    let wake_at: number | null;
    try {
      do {
        this.#again = this.#late = false;
        wake_at = this.#pass();
      } while (this.#again && !this.#closed);
    } finally {
      this.#running = false;
    }
    this.#sleepUntil(wake_at);
  }

  /** Runs `fn`, and whatever kicks it makes only afterwards: nobody sees a half-made change. */
  after<T>(fn: () => T): T {
    if (this.#running) return fn();
    this.#running = true;
    try {
      return fn();
    } finally {
      this.#running = false;
      if (this.#again) this.now();
    }
  }

  /** No pass until what is returned is disposed of; then one, if there was a kick. */
  hold(): Disposable {
    this.#held = true;
    return {
      [Symbol.dispose]: () => {
        this.#held = false;
        if (this.#again) this.now();
      },
    };
  }

  soon(): void {
    if (this.#closed) return;
    if (this.#running && this.#turn === null) this.#again = true;
    else this.#late = true;
    this.#turn ??= this.#clock.setImmediate(() => {
      this.#turn = null;
      if (this.#late) this.now();
    });
  }

  [Symbol.dispose](): void {
    this.#closed = true;
    this.#turn?.[Symbol.dispose]();
    this.#wake?.timer[Symbol.dispose]();
    this.#turn = this.#wake = null;
  }

  #sleepUntil(wake_at: number | null): void {
    if (this.#wake?.at === wake_at) return;
    this.#wake?.timer[Symbol.dispose]();
    this.#wake = null;
    if (wake_at === null || this.#closed) return;
    const wake = (): void => {
      this.#wake = null;
      this.now();
    };
    this.#wake = { at: wake_at, timer: this.#clock.setTimeout(wake, wake_at - this.#clock.now()) };
  }
}
