import type { RespawnDecision } from '../../core/index.js';
import type { Options } from './schema.js';

/** A death, and until when whatever took the place of that process was held back, milliseconds. */
export interface Death {
  readonly at_ms: number;
  readonly held_until_ms: number;
}

/** What is remembered of one watcher. */
export interface History {
  /** Its last deaths, oldest first. */
  readonly deaths: readonly Death[];
  /** How often in a row it was paused. */
  readonly tries: number;
}
export const NO_HISTORY: History = { deaths: [], tries: 0 };

/**
 * What another death means: go on as decided, pause the watcher, or leave it stopped. Time in which a process of the watcher is held back
 * does not count, so that one which keeps dying is found as soon as Circus finds it, which knows no back-off.
 *
 * @param now milliseconds on the same clock as those in `history`
 * @param wait_ms how long the process that comes next is held back
 * @source Circus's flapping plugin; deaths are noticed at once here, so that no check_delay needs to be allowed for
 */
export function onDeath(
  history: History,
  now: number,
  options: Options,
  wait_ms = 0,
): { readonly history: History; readonly decision: RespawnDecision | null } {
  const { attempts, window, retry_in, max_retry } = options;
  const deaths = [...history.deaths, { at_ms: now, held_until_ms: now + wait_ms }].slice(-attempts);
  if (deaths.length < attempts) return { history: { ...history, deaths }, decision: null };
  if (apart(deaths) > window * 1000) return { history: { deaths, tries: 0 }, decision: null };
  const reason = `flapping: ${attempts} deaths within ${window} s`;
  if (max_retry !== -1 && history.tries >= max_retry) {
    return { history: NO_HISTORY, decision: { action: 'give_up', reason: `${reason}, after ${max_retry} retries` } };
  }
  const tries = history.tries + 1;
  return {
    history: { deaths: [], tries },
    decision: { action: 'pause', delay_ms: retry_in * 1000, reason: `${reason}, retry ${tries} in ${retry_in} s` },
  };
}

/** Time from the first to the last in which nothing of the watcher was held back. */
function apart(deaths: readonly Death[]): number {
  let apart_ms = 0;
  let free_from_ms = deaths[0]?.at_ms ?? 0;
  for (const { at_ms, held_until_ms } of deaths) {
    apart_ms += Math.max(0, at_ms - free_from_ms);
    free_from_ms = Math.max(free_from_ms, at_ms, held_until_ms);
  }
  return apart_ms;
}
