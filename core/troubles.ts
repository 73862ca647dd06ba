import type { Clock } from './clock.js';
import type { Logger } from './log.js';

/** What the daemon has to do without at present, though it goes on. */
export interface Trouble {
  /** What it is about: `journal`, `state_dir` or `config`. */
  readonly name: 'journal' | 'state_dir' | 'config';
  /** Seconds since the epoch. */
  readonly since: number;
  /** What is wrong, what that means, and what to do. */
  readonly message: string;
}

/** Troubles of one supervisor: each is logged when it begins and when it is over, and told of in between to whoever asks. */
export class Troubles {
  readonly #clock: Clock;
  readonly #log: Logger;
  readonly #all = new Map<Trouble['name'], Trouble>();

  constructor(clock: Clock, log: Logger) {
    this.#clock = clock;
    this.#log = log;
  }

  /** In the order in which they began. */
  list(): readonly Trouble[] {
    return [...this.#all.values()];
  }

  /** Begins, or goes on with other words, which are not logged. */
  begin(name: Trouble['name'], message: string): void {
    const before = this.#all.get(name);
    if (before === undefined) this.#log.error(message);
    this.#all.set(name, { name, since: before?.since ?? this.#clock.wall() / 1000, message });
  }

  /** @param over logged where there was such trouble */
  end(name: Trouble['name'], over: string): void {
    if (this.#all.delete(name)) this.#log.info(over);
  }
}
