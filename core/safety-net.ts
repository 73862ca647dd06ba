import type { Clock } from './clock.js';

/** Has everybody look, again and again, for what they should have been told. */
export class SafetyNet implements Disposable {
  readonly #clock: Clock;
  readonly #everybody: () => Iterable<{ verify(): void }>;
  #timer: Disposable | null = null;

  constructor(clock: Clock, everybody: () => Iterable<{ verify(): void }>) {
    this.#clock = clock;
    this.#everybody = everybody;
  }

  /** From now on looks every `period_ms`, the first time after one period; 0 or less: never. */
  every(period_ms: number): void {
    this[Symbol.dispose]();
    if (period_ms <= 0) return;
    this.#timer = this.#clock.setTimeout(() => {
      for (const one of this.#everybody()) one.verify();
      this.every(period_ms);
    }, period_ms);
  }

  [Symbol.dispose](): void {
    this.#timer?.[Symbol.dispose]();
    this.#timer = null;
  }
}
