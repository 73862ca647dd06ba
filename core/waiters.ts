import type { Outcome } from './api.js';
import type { Slot } from './slot-state.js';

/** Whether what a request waits for has come about: not yet, yes, or something else instead, and what. */
export type Progress = false | true | { readonly instead: string };

interface Waiter {
  readonly before: ReadonlySet<number>;
  readonly progress: () => Progress;
  readonly resolve: (outcome: Outcome) => void;
}

/** What of the slots tells which processes live. */
interface LiveSlots {
  pids(): readonly number[];
}

const NOBODY: readonly Waiter[] = [];

/** Requests that wait for a watcher to get somewhere; each is answered exactly once. */
export class Waiters {
  readonly #slots: LiveSlots;
  #waiting: readonly Waiter[] = NOBODY;
  #closed: string | undefined;

  /** @param slots the processes that live, for what each request did */
  constructor(slots: LiveSlots) {
    this.#slots = slots;
  }

  /** Resolves at the first look at which `progress` is made; `before` are the processes that lived when it was asked for. */
  add(before: ReadonlySet<number>, progress: () => Progress): Promise<Outcome> {
    if (this.#closed !== undefined) return Promise.resolve(outcome(before, this.#slots.pids(), this.#closed));
    return new Promise((resolve) => {
      this.#waiting = this.#waiting.concat({ before, progress, resolve });
    });
  }

  look(): void {
    if (this.#waiting.length === 0) return;
    const left = this.#waiting.filter((waiter) => {
      const progress = waiter.progress();
      if (progress !== false) this.#answer(waiter, progress === true ? undefined : progress.instead);
      return progress === false;
    });
    this.#waiting = left.length === 0 ? NOBODY : left;
  }

  /** Answers everybody who still waits, and whoever comes later. */
  close(instead: string): void {
    this.#closed = instead;
    for (const waiter of this.#waiting) this.#answer(waiter, instead);
    this.#waiting = NOBODY;
  }

  #answer(waiter: Waiter, instead: string | undefined): void {
    waiter.resolve(outcome(waiter.before, this.#slots.pids(), instead));
  }
}

/** What happened between two looks at the processes of a watcher. */
export function outcome(before: ReadonlySet<number>, now: readonly number[], instead?: string): Outcome {
  const after = new Set(now);
  const ascending = (pids: Iterable<number>): number[] => [...pids].sort((a, b) => a - b);
  return {
    started: ascending(now.filter((pid) => !before.has(pid))),
    stopped: ascending([...before].filter((pid) => !after.has(pid))),
    kept: ascending(now.filter((pid) => before.has(pid))),
    ...(instead === undefined ? {} : { instead }),
  };
}

/** Whether the processes that are in these slots now are gone, or deaf to SIGKILL; each is asked about no more once it is. */
export function untilGone(slots: readonly Slot[]): () => Progress {
  const waits = slots.map((slot) => ({ slot, attempt: slot.attempt }));
  const isGone = ({ slot, attempt }: (typeof waits)[number]): boolean =>
    slot.attempt !== attempt || slot.state === 'idle' || slot.state === 'stuck';
  return () => {
    for (let last = waits.at(-1); last !== undefined && isGone(last); last = waits.at(-1)) waits.pop();
    return waits.length === 0;
  };
}
