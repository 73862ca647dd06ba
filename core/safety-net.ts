import type { Clock } from './clock.js';

/** Looks at no more processes than this each time, in turn, so that a look costs the same however many there are. */
const LOOKS = 500;

/** Has everybody look, again and again, for what they should have been told. */
export class SafetyNet implements Disposable {
  readonly #clock: Clock;
  readonly #everybody: () => Iterable<{ verify(): Iterable<void> }>;
  #timer: Disposable | null = null;
  #round: Iterator<void> | null = null;

  /** @param everybody each looks a bit further with each step of its `verify` */
  constructor(clock: Clock, everybody: () => Iterable<{ verify(): Iterable<void> }>) {
    this.#clock = clock;
    this.#everybody = everybody;
  }

  /** From now on looks every `period_ms`, the first time after one period; 0 or less: never. */
  every(period_ms: number): void {
    this[Symbol.dispose]();
    if (period_ms <= 0) return;
    const next = (): void => {
      this.#timer = this.#clock.setTimeout(() => {
        this.#look();
        next();
      }, period_ms);
    };
    next();
  }

  [Symbol.dispose](): void {
    this.#timer?.[Symbol.dispose]();
    this.#timer = this.#round = null;
  }

  #look(): void {
    this.#round ??= this.#all();
    for (let looks = 0; looks < LOOKS; looks++) {
      if (this.#round?.next().done !== true) continue;
      this.#round = null;
      return;
    }
  }

  *#all(): Generator<void> {
    for (const one of this.#everybody()) yield* one.verify();
  }
}
