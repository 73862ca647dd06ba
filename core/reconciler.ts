import type { Clock } from './clock.js';

/**
 * Runs passes, one at a time. `now` runs one at once; `soon` after the events that are already there, so that a hundred exits
 * in one turn of the loop cost one pass. Either of them during a pass means exactly one more pass after it.
 */
export class Reconciler implements Disposable {
  readonly #clock: Clock;
  readonly #pass: () => number | null;
  #running = false;
  #again = false;
  #soon: Disposable | null = null;
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
    this.#soon?.[Symbol.dispose]();
    this.#soon = null;
    this.#running = true;
    let wake_at: number | null;
    try {
      do {
        this.#again = false;
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
    if (this.#closed || this.#soon) return;
    if (this.#running || this.#held) this.#again = true;
    else this.#soon = this.#clock.setImmediate(() => this.now());
  }

  [Symbol.dispose](): void {
    this.#closed = true;
    this.#soon?.[Symbol.dispose]();
    this.#wake?.timer[Symbol.dispose]();
    this.#soon = this.#wake = null;
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
