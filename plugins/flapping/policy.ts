import type { RespawnDecision } from '../../core/index.js';
import type { Options } from './schema.js';

/** What is remembered of one watcher. */
export interface History {
  /** When its last processes died, milliseconds, oldest first. */
  readonly deaths: readonly number[];
  /** How often in a row it was paused. */
  readonly tries: number;
}
export const NO_HISTORY: History = { deaths: [], tries: 0 };

/**
 * What another death means: go on as decided, pause the watcher, or leave it stopped.
 *
 * @param now milliseconds on the same clock as those in `history`
 * @source Circus's flapping plugin; deaths are noticed at once here, so that no check_delay needs to be allowed for
 */
export function onDeath(
  history: History,
  now: number,
  options: Options,
): { readonly history: History; readonly decision: RespawnDecision | null } {
  const { attempts, window, retry_in, max_retry } = options;
  const deaths = [...history.deaths, now].slice(-attempts);
  const [first = now] = deaths;
  if (deaths.length < attempts) return { history: { ...history, deaths }, decision: null };
  if (now - first > window * 1000) return { history: { deaths, tries: 0 }, decision: null };
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
