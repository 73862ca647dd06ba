import type { Os } from './os/port.js';
import type { Slot } from './slot-state.js';

/** Finds processes of one watcher that are gone though nobody told. */
export class MissedExits {
  readonly #os: Pick<Os, 'signal'>;
  readonly #gone: (slot: Slot) => void;
  readonly #missed = new WeakSet<Slot>();

  constructor(os: Pick<Os, 'signal'>, gone: (slot: Slot) => void) {
    this.#os = os;
    this.#gone = gone;
  }

  /** Looks at one slot with each step. */
  *look(slots: readonly Slot[]): Generator<void> {
    for (const slot of slots) {
      if (slot.pid === null) continue;
      // Twice in a row: a process can be gone a moment before its exit is told.
      if (this.#os.signal(slot.pid, 0) !== 'gone') this.#missed.delete(slot);
      else if (this.#missed.has(slot)) this.#gone(slot);
      else this.#missed.add(slot);
      yield;
    }
  }
}
