import type { Clock } from './clock.js';

/** Looks, again and again, for what should have been told. */
export class SafetyNet implements Disposable {
  readonly #clock: Clock;
  readonly #look: () => void;
  #timer: Disposable | null = null;

  constructor(clock: Clock, look: () => void) {
    this.#clock = clock;
    this.#look = look;
  }

  /** From now on looks every `period_ms`, the first time after one period; 0 or less: never. */
  every(period_ms: number): void {
    this[Symbol.dispose]();
    if (period_ms <= 0) return;
    this.#timer = this.#clock.setTimeout(() => {
      this.#look();
      this.every(period_ms);
    }, period_ms);
  }

  [Symbol.dispose](): void {
    this.#timer?.[Symbol.dispose]();
    this.#timer = null;
  }
}
