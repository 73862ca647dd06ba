import type { Clock } from './clock.js';

/** Spawning blocks the event loop; after this long everybody else has a turn. */
const SLICE_MS = 8;

/** Spawns of the whole supervisor, first come first served, in slices that leave the event loop room for signals and requests. */
export class SpawnQueue implements Disposable {
  readonly #clock: Clock;
  #urgent = new Queue<() => void>();
  #jobs = new Queue<() => void>();
  #turn: Disposable | null = null;
  #round = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Changes each time that it is the queue's turn. */
  get round(): number {
    return this.#round;
  }

  /**
   * Runs `job` in a later turn of the event loop. A job that is no longer wanted is to find that out itself.
   *
   * @param urgent replacements go before first starts
   */
  push(job: () => void, urgent: boolean): void {
    (urgent ? this.#urgent : this.#jobs).push(job);
    this.#turn ??= this.#clock.setImmediate(() => this.#run());
  }

  [Symbol.dispose](): void {
    this.#turn?.[Symbol.dispose]();
    this.#turn = null;
    this.#urgent = new Queue();
    this.#jobs = new Queue();
  }

  #run(): void {
    this.#round++;
    const until = this.#clock.now() + SLICE_MS;
    do {
      const job = this.#urgent.shift() ?? this.#jobs.shift();
      if (job === undefined) break;
      job();
    } while (this.#clock.now() < until);
    this.#turn = this.#urgent.isEmpty && this.#jobs.isEmpty ? null : this.#clock.setImmediate(() => this.#run());
  }
}

/** First in, first out, at the same price however many wait. */
class Queue<T> {
  #items: (T | undefined)[] = [];
  #first = 0;

  get isEmpty(): boolean {
    return this.#first === this.#items.length;
  }

  push(item: T): void {
    this.#items.push(item);
  }

  shift(): T | undefined {
    const item = this.#items[this.#first];
    if (!this.isEmpty) this.#items[this.#first++] = undefined;
    if (this.isEmpty) {
      this.#items = [];
      this.#first = 0;
    }
    return item;
  }
}
