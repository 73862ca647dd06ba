import type { Exit, RespawnDecision } from './hooks.js';

/** A process that lived this long was well: the next death is the first again. */
export const STABLE_MS = 1000;
/** This many early deaths in a row are answered at once. */
const AT_ONCE = 3;
const ENDED = 'ended';
const FIRST_DELAY_MS = 100;
/** Circus looks every 5 seconds (check_delay); nothing here waits longer than that. */
export const LONGEST_DELAY_MS = 5000;

/**
 * The core's own answer to an ended process, which the `respawn` hook may change: at once, but a command that keeps dying
 * young waits 100 ms, 200 ms, … up to 5 s, so that it never spins where no plugin decides either; `max_retry` failed spawns in a row give up.
 *
 * @param failures early deaths and failed spawns in a row, this one included; 0 after a process that was well
 * @param spawn_failures failed spawns in a row; 0 where a process ran
 * @param max_retry Circus's option; -1: for ever
 * @param errno why it could not be spawned; null where a process ran
 */
export function respawnDecision(failures: number, spawn_failures: number, max_retry: number, errno: string | null = null): RespawnDecision {
  const why = errno === null ? '' : `: ${errno}`;
  if (spawn_failures > 0 && max_retry !== -1 && spawn_failures >= max_retry) {
    return { action: 'give_up', reason: `${spawn_failures} spawns in a row failed (max_retry ${max_retry})${why}` };
  }
  if (failures <= AT_ONCE) return { action: 'respawn', delay_ms: 0, reason: errno === null ? ENDED : `could not be spawned${why}` };
  const delay_ms = Math.min(FIRST_DELAY_MS * 2 ** (failures - AT_ONCE - 1), LONGEST_DELAY_MS);
  return { action: 'respawn', delay_ms, reason: `${errno === null ? 'ended early' : 'failed'} ${failures} times in a row${why}` };
}

/** How a process ended: `ended with status 1`, `was ended by SIGKILL`. */
function endOf({ exit_code, signal, unknown }: Exit): string {
  if (unknown === true) return 'has ended, nobody saw how';
  return signal === null ? `ended with status ${exit_code}` : `was ended by ${signal}`;
}

/** Why something follows, for who asks later: the reason of the decision, and how the process ended where there was one. */
export function toldReason(reason: string, exit: Exit | null): string {
  if (exit === null) return reason;
  return reason === ENDED ? endOf(exit) : `${reason}; ${endOf(exit)}`;
}

/** What follows a death, for the log: `process 12 (wid 1) was ended by SIGKILL; replaced in 100 ms: ended early 4 times in a row`. */
export function deathLine(pid: number, wid: number, exit: Exit, decision: RespawnDecision): string {
  const what = `process ${pid} (wid ${wid}) ${endOf(exit)}`;
  if (decision.action === 'give_up') return `${what}; not replaced: ${decision.reason}`;
  const when = decision.delay_ms > 0 ? ` in ${Math.round(decision.delay_ms)} ms: ${decision.reason}` : '';
  return `${what}; ${decision.action === 'pause' ? 'the watcher pauses and starts again' : 'replaced'}${when}`;
}
