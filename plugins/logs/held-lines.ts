import type { Clock } from '../../core/index.js';

/** Something that holds back a line without an end. */
export interface Holder {
  /** Whether it still holds something back since before the last call, and nothing was added meanwhile. */
  aged(): boolean;
  /** Whether it holds anything back. */
  readonly holds: boolean;
  release(): void;
}

/** Lets go of lines that get no end: one timer for all, and none where nothing is held back. */
export class HeldLines implements Disposable {
  readonly delay_ms: number;
  readonly #clock: Clock;
  readonly #half_ms: number;
  readonly #holders = new Set<Holder>();
  #timer: Disposable | null = null;

  /** @param delay_ms how long a line is held back at most; at least half of it */
  constructor(clock: Clock, delay_ms: number) {
    this.#clock = clock;
    this.delay_ms = delay_ms;
    this.#half_ms = delay_ms / 2;
  }

  add(holder: Holder): void {
    this.#holders.add(holder);
    this.#timer ??= this.#clock.setTimeout(() => this.#look(), this.#half_ms);
  }

  delete(holder: Holder): void {
    this.#holders.delete(holder);
  }

  [Symbol.dispose](): void {
    this.#timer?.[Symbol.dispose]();
    this.#timer = null;
    this.#holders.clear();
  }

  #look(): void {
    this.#timer = null;
    for (const holder of [...this.#holders]) {
      if (holder.aged()) holder.release();
      if (!holder.holds) this.#holders.delete(holder);
    }
    if (this.#holders.size > 0) this.#timer = this.#clock.setTimeout(() => this.#look(), this.#half_ms);
  }
}
