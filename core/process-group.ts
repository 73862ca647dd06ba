import { constants } from 'node:os';
import type { Clock } from './clock.js';
import type { KeptSpawn } from './durable/keeper.js';
import type { Os, SignalResult } from './os/port.js';

const { SIGKILL, SIGCONT, SIGSTOP } = constants.signals;
/** Those that reach one that has stopped, or are to stop it. */
const UNACCOMPANIED: ReadonlySet<number> = new Set([SIGKILL, SIGCONT, SIGSTOP]);
const FIRST_LOOK_MS = 2;
const SLOWEST_LOOK_MS = 100;
/** How long after SIGKILL a group that is still there is reported: it hangs in the kernel. */
export const PATIENCE_MS = 10_000;

/**
 * Sends a signal that is to end somebody, and SIGCONT after it: one that has stopped would take it only when it goes on. No hook or event tells
 * of SIGCONT, which belongs to the signal before it.
 *
 * @source systemd.kill(5), SIGCONT after KillSignal=
 */
export function sendToEnd(signum: number, send: (signum: number) => SignalResult): void {
  if (send(signum) === 'sent' && !UNACCOMPANIED.has(signum)) send(SIGCONT);
}

/** What comes of looking at a group. */
export interface GroupLooks {
  /** No process of it is alive any more; called once. */
  empty(): void;
  /** Somebody still is. */
  alive(): void;
}

/**
 * Looks until no process of the group is alive. Nothing tells when the last of a group ends whose leader is gone, so this looks, at first
 * every 2 ms and ever more slowly up to 100 ms.
 */
export function whenGroupEmpty(os: Os, clock: Clock, pgid: number, { empty, alive }: GroupLooks): Disposable {
  let delay_ms = FIRST_LOOK_MS;
  let timer: Disposable;
  const look = (): void => {
    if (!os.groupAlive(pgid)) {
      empty();
      return;
    }
    alive();
    delay_ms = Math.min(delay_ms * 2, SLOWEST_LOOK_MS);
    timer = clock.setTimeout(look, delay_ms);
  };
  timer = clock.setTimeout(look, delay_ms);
  return { [Symbol.dispose]: () => timer[Symbol.dispose]() };
}

export interface LeftoversHost {
  readonly os: Os;
  readonly clock: Clock;
  /** One group fewer. */
  changed(): void;
}

/** Groups whose leader died without being asked: what is left in them is ended while the replacement already runs. */
export class Leftovers implements Disposable {
  readonly #os: Os;
  readonly #clock: Clock;
  readonly #groups = new Map<number, Disposable>();
  readonly #host: LeftoversHost;
  readonly #stuck: (pgid: number) => void;

  /** @param stuck told of a group that outlives SIGKILL */
  constructor(host: LeftoversHost, stuck: (pgid: number) => void) {
    this.#os = host.os;
    this.#clock = host.clock;
    this.#host = host;
    this.#stuck = stuck;
  }

  /** Groups that are not empty yet. */
  get size(): number {
    return this.#groups.size;
  }

  /** Signals the group, kills it after `grace_ms`, and forgets it when it is empty or proves deaf to SIGKILL. */
  end(pgid: number, signum: number, grace_ms: number, kept: KeptSpawn | null): void {
    if (!this.#os.groupAlive(pgid)) {
      kept?.gone();
      return;
    }
    kept?.ended();
    sendToEnd(signum, (one) => this.#os.signalGroup(pgid, one));
    let killed = false;
    // Again and again: those that are out of the group are killed one by one, and may start others meanwhile.
    const kill = (): void => {
      killed = true;
      this.#os.signalGroup(pgid, SIGKILL);
    };
    let timer = this.#clock.setTimeout(() => {
      if (this.#os.groupAlive(pgid)) kill();
      timer = this.#clock.setTimeout(() => {
        this.#forget(pgid);
        kept?.gone();
        this.#stuck(pgid);
      }, PATIENCE_MS);
    }, grace_ms);
    const watch = whenGroupEmpty(this.#os, this.#clock, pgid, {
      empty: () => {
        this.#forget(pgid);
        kept?.gone();
      },
      alive: () => {
        if (killed) kill();
      },
    });
    this.#groups.set(pgid, {
      [Symbol.dispose]: () => {
        timer[Symbol.dispose]();
        watch[Symbol.dispose]();
      },
    });
  }

  [Symbol.dispose](): void {
    for (const group of this.#groups.values()) group[Symbol.dispose]();
    this.#groups.clear();
  }

  #forget(pgid: number): void {
    this.#groups.get(pgid)?.[Symbol.dispose]();
    this.#groups.delete(pgid);
    this.#host.changed();
  }
}
