import { type Harness, isWaiting } from '../harness.js';

/** Real time for a plugin that waits for the world outside, before virtual time goes on; far more where only its deadline is left. */
const OUTSIDE_MS = 250;
const LAST_MS = 3000;
/** The shortest deadline that a plugin has: that of a hook. */
const DEADLINE_MS = 5000;
/** As many turns at least, for a machine that is busy stands still for as long now and then. */
const OUTSIDE_TURNS = 200;
/** Real time for what no virtual timer stands for. */
const PATIENCE_MS = 5000;
/** Turns of the event loop without a plugin that is waited for, after which the clock may jump. */
const QUIET_TURNS = 5;

/**
 * Lets virtual time pass until `promise` is settled; while a plugin is waited for, real time comes first.
 *
 * @throws Error where nothing is left that it could wait for
 */
export async function pass<T>(harness: Harness, promise: PromiseLike<T>): Promise<T> {
  const { clock, supervisor } = harness;
  let settled = false;
  const settle = (): void => {
    settled = true;
  };
  promise.then(settle, settle);
  let since_ms = performance.now();
  for (let quiet = 0; ; quiet++) {
    await clock.advanceAsync(0);
    if (settled) return promise;
    const real_ms = performance.now() - since_ms;
    const next = clock.pending[0];
    const outside_ms = next !== undefined && next.due_in_ms < DEADLINE_MS ? OUTSIDE_MS : LAST_MS;
    const ready = isWaiting(supervisor) ? real_ms > outside_ms && quiet >= OUTSIDE_TURNS : quiet >= QUIET_TURNS;
    if (next !== undefined && ready) {
      await clock.advanceAsync(next.due_in_ms);
      since_ms = performance.now();
      quiet = 0;
    } else if (real_ms > PATIENCE_MS) throw new Error('it never came to an end');
  }
}
