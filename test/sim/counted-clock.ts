import type { Clock } from '../../core/index.js';

/** A clock that knows how many of its timers still wait. */
export class CountedClock implements Clock {
  readonly #clock: Clock;
  readonly #waiting = new Set<string>();
  #count = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** What waits, one text for each timer. */
  get waiting(): readonly string[] {
    return [...this.#waiting];
  }

  now(): number {
    return this.#clock.now();
  }

  wall(): number {
    return this.#clock.wall();
  }

  setTimeout(fn: () => void, delay_ms: number): Disposable {
    return this.#counted(`timeout of ${delay_ms} ms`, fn, (run) => this.#clock.setTimeout(run, delay_ms));
  }

  setImmediate(fn: () => void): Disposable {
    return this.#counted('immediate', fn, (run) => this.#clock.setImmediate(run));
  }

  #counted(name: string, fn: () => void, arm: (run: () => void) => Disposable): Disposable {
    const key = `${name}, the ${++this.#count}th, set at ${this.#clock.now()}`;
    this.#waiting.add(key);
    const timer = arm(() => {
      this.#waiting.delete(key);
      fn();
    });
    return {
      [Symbol.dispose]: () => {
        this.#waiting.delete(key);
        timer[Symbol.dispose]();
      },
    };
  }
}
