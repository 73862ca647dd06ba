import type { Os } from './os/port.js';
import type { Slot } from './slot-state.js';

/** Slots whose process was gone at the last look, though nobody told. */
const missed = new WeakSet<Slot>();

/** Finds processes that are gone though nobody told; looks at one slot with each step. */
export function* findMissedExits(os: Pick<Os, 'signal'>, slots: readonly Slot[], gone: (slot: Slot) => void): Generator<void> {
  for (const slot of slots) {
    if (slot.pid === null) continue;
    // Twice in a row: a process can be gone a moment before its exit is told.
    if (os.signal(slot.pid, 0) !== 'gone') missed.delete(slot);
    else if (missed.has(slot)) gone(slot);
    else missed.add(slot);
    yield;
  }
}
