import type { HookKind, HookName } from './hooks.js';

/**
 * How a call of a tap ended. ok: it had nothing to say. changed: it gave another value. refused: its veto. failed: it threw, gave no
 * answer in time or a wrong one. dropped: it was removed before it answered.
 */
export type HookVerdict = 'ok' | 'changed' | 'refused' | 'failed' | 'dropped';

/** One call of one tap. */
export interface HookCall {
  readonly hook: HookName;
  readonly plugin: string;
  /** The watcher that the hook was called for, if it was for one. */
  readonly watcher: string | null;
  /** When it was called, seconds since the epoch. */
  readonly at: number;
  /** From calling to answering, waiting included. */
  readonly time_ms: number;
  readonly verdict: HookVerdict;
  /** The reason of a refusal or of a decision, the text of an error. */
  readonly detail: string | null;
}

/** What is known of a call when it has ended. */
export type Ending = Pick<HookCall, 'verdict' | 'detail'>;

/** A place for one call, used again and again: each event is a call, so that garbage would add up. */
interface Place {
  watcher: string | null;
  /** The clock's `now()`. */
  started_ms: number;
  time_ms: number;
  ending: Ending;
}

/** Calls kept of each plugin and hook. */
const KEPT = 32;
/** The call of a tap that had nothing to say. */
export const NOTHING_SAID: Ending = { verdict: 'ok', detail: null };
/** It was removed before it answered. */
export const DROPPED_CALL: Ending = { verdict: 'dropped', detail: null };

/** The last calls of one plugin's taps of one hook; a full one takes about 3 kB. */
export class HookCalls {
  readonly #places: Place[] = [];
  #next = 0;

  add(watcher: string | null, started_ms: number, time_ms: number, ending: Ending): void {
    const place = this.#places[this.#next];
    if (place === undefined) this.#places.push({ watcher, started_ms, time_ms, ending });
    else {
      place.watcher = watcher;
      place.started_ms = started_ms;
      place.time_ms = time_ms;
      place.ending = ending;
    }
    this.#next = (this.#next + 1) % KEPT;
  }

  /**
   * Oldest first.
   *
   * @param epoch_ms when the clock's `now()` was 0, milliseconds since the epoch
   */
  list(hook: HookName, plugin: string, epoch_ms: number): readonly HookCall[] {
    const places = [...this.#places.slice(this.#next), ...this.#places.slice(0, this.#next)];
    return places.map(({ watcher, started_ms, time_ms, ending }) => ({
      ...{ hook, plugin, watcher, at: (epoch_ms + started_ms) / 1000, time_ms },
      ...ending,
    }));
  }
}

/** What an allowed answer of a tap comes to. */
export function verdictOf(kind: HookKind, given: unknown, answer: unknown): Ending {
  if (answer === undefined || answer === null || kind === 'step' || kind === 'watch') return NOTHING_SAID;
  if (kind === 'gate') return answer === true ? NOTHING_SAID : { verdict: 'refused', detail: textIn(answer, 'veto') };
  return answer === given ? NOTHING_SAID : { verdict: 'changed', detail: kind === 'decide' ? textIn(answer, 'reason') : null };
}

function textIn(value: unknown, key: string): string | null {
  const text = typeof value === 'object' && value !== null ? Object.entries(value).find(([name]) => name === key)?.[1] : undefined;
  return typeof text === 'string' && text !== '' ? text : null;
}
