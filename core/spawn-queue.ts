import type { Clock } from './clock.js';

/** Spawning blocks the event loop; after this long everybody else has a turn. */
const SLICE_MS = 8;

interface Job {
  run(): void;
  readonly dropped: (() => void) | undefined;
}

/** Spawns of the whole supervisor, first come first served, in slices that leave the event loop room for signals and requests. */
export class SpawnQueue implements Disposable {
  readonly #clock: Clock;
  readonly #urgent = new Queue<Job>();
  readonly #jobs = new Queue<Job>();
  #closed = false;
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
   * Calls `run` in a later turn of the event loop. A job that is no longer wanted is to find that out itself.
   *
   * @param urgent replacements go before first starts
   * @param dropped called where there are no turns any more
   */
  push(run: () => void, urgent: boolean, dropped?: () => void): void {
    if (this.#closed) {
      dropped?.();
      return;
    }
    (urgent ? this.#urgent : this.#jobs).push({ run, dropped });
    this.#turn ??= this.#clock.setImmediate(() => this.#run());
  }

  [Symbol.dispose](): void {
    this.#turn?.[Symbol.dispose]();
    this.#turn = null;
    this.#closed = true;
    for (const queue of [this.#urgent, this.#jobs]) for (let job = queue.shift(); job !== undefined; job = queue.shift()) job.dropped?.();
  }

  #run(): void {
    this.#round++;
    const until = this.#clock.now() + SLICE_MS;
    do {
      const job = this.#urgent.shift() ?? this.#jobs.shift();
      if (job === undefined) break;
      job.run();
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
