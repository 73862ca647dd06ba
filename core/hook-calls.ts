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

/** Calls kept of each plugin and hook. */
const KEPT = 32;

/** The last calls of one plugin's taps of one hook; a full one takes about 3 kB. */
export class HookCalls {
  readonly #calls: HookCall[] = [];
  #next = 0;

  add(call: HookCall): void {
    this.#calls[this.#next] = call;
    this.#next = (this.#next + 1) % KEPT;
  }

  /** Oldest first. */
  list(): readonly HookCall[] {
    return [...this.#calls.slice(this.#next), ...this.#calls.slice(0, this.#next)];
  }
}

/** What an allowed answer of a tap comes to. */
export function verdictOf(kind: HookKind, given: unknown, answer: unknown): Pick<HookCall, 'verdict' | 'detail'> {
  if (answer === undefined || answer === null || kind === 'step' || kind === 'watch') return { verdict: 'ok', detail: null };
  if (kind === 'gate') return answer === true ? { verdict: 'ok', detail: null } : { verdict: 'refused', detail: textIn(answer, 'veto') };
  return answer === given
    ? { verdict: 'ok', detail: null }
    : { verdict: 'changed', detail: kind === 'decide' ? textIn(answer, 'reason') : null };
}

function textIn(value: unknown, key: string): string | null {
  const text = typeof value === 'object' && value !== null ? Object.entries(value).find(([name]) => name === key)?.[1] : undefined;
  return typeof text === 'string' && text !== '' ? text : null;
}
