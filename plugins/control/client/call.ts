import type { Reply } from '../command.js';

/** How a call ended. */
export type CallOutcome<R> = { readonly ok: true; readonly reply: R } | { readonly ok: false; readonly error: unknown };

/** One request that was made. */
export interface Call<R = Reply> {
  readonly id: string;
  readonly command: string;
  /** Settles with the reply to this request, or why there is none. */
  readonly done: Promise<R>;
  readonly settled: boolean;
  /** Calls `told` exactly once with the outcome: when there is one, or at once where there is one already. */
  onSettled(told: (outcome: CallOutcome<R>) => void): void;
}

/** A call that can be settled, once; later outcomes are ignored. */
export class PendingCall implements Call {
  readonly id: string;
  readonly command: string;
  readonly done: Promise<Reply>;
  #outcome: CallOutcome<Reply> | undefined;
  #listeners: ((outcome: CallOutcome<Reply>) => void)[] = [];

  constructor(id: string, command: string) {
    this.id = id;
    this.command = command;
    this.done = new Promise((resolve, reject) => {
      this.onSettled((outcome) => (outcome.ok ? resolve(outcome.reply) : reject(outcome.error)));
    });
    // Whoever listens through onSettled has no use for `done`, and an error that is told there is not unhandled.
    this.done.catch(() => {});
  }

  get settled(): boolean {
    return this.#outcome !== undefined;
  }

  onSettled(told: (outcome: CallOutcome<Reply>) => void): void {
    if (this.#outcome === undefined) this.#listeners.push(told);
    else told(this.#outcome);
  }

  settle(outcome: CallOutcome<Reply>): void {
    if (this.#outcome !== undefined) return;
    this.#outcome = outcome;
    const listeners = this.#listeners;
    this.#listeners = [];
    for (const told of listeners) {
      try {
        told(outcome);
      } catch (error) {
        // A listener's own mistake is reported as one, and the others are told all the same.
        queueMicrotask(() => {
          throw error;
        });
      }
    }
  }
}
