import type { Clock } from './clock.js';
import type { EventBodies, EventName } from './events.js';
import type { Logger } from './log.js';

type Tell = <N extends EventName>(watcher: string, event: N, body: EventBodies[N]) => void;

/** What the daemon has to do without at present, though it goes on. */
export interface Trouble {
  /** What it is about: `journal`, `history`, `state_dir` or `config`. */
  readonly name: 'journal' | 'history' | 'state_dir' | 'config';
  /** Seconds since the epoch. */
  readonly since: number;
  /** What is wrong, what that means, and what to do. */
  readonly message: string;
}

/** Troubles of one supervisor: each is logged and told of when it begins and when it is over, and in between to whoever asks. */
export class Troubles {
  readonly #clock: Clock;
  readonly #log: Logger;
  readonly #all = new Map<Trouble['name'], Trouble>();
  #tell: Tell | null = null;

  constructor(clock: Clock, log: Logger) {
    this.#clock = clock;
    this.#log = log;
  }

  /** Somebody is there now to be told by events, of what began before too. */
  announce(tell: Tell): void {
    this.#tell = tell;
    for (const trouble of this.#all.values()) this.#begun(trouble);
  }

  /** In the order in which they began. */
  list(): readonly Trouble[] {
    return [...this.#all.values()];
  }

  /** Begins, or goes on with other words, which nobody is told of. */
  begin(name: Trouble['name'], message: string): void {
    const before = this.#all.get(name);
    const trouble = { name, since: before?.since ?? this.#clock.wall() / 1000, message };
    this.#all.set(name, trouble);
    if (before !== undefined) return;
    this.#log.error(message);
    this.#begun(trouble);
  }

  /** @param over logged where there was such trouble */
  end(name: Trouble['name'], over: string): void {
    if (!this.#all.delete(name)) return;
    this.#log.info(over);
    this.#tell?.(watcherOf(name), 'trouble_over', { time: this.#clock.wall() / 1000 });
  }

  #begun({ name, since, message }: Trouble): void {
    this.#tell?.(watcherOf(name), 'trouble', { time: since, reason: message });
  }
}

const watcherOf = (name: Trouble['name']): string => `daemon:${name}`;
