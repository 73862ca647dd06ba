/** How long a supervisor has to run, once it has started everything, to count as one that works, in milliseconds. */
const WORKS_MS = 1000;
const SHORTEST_MS = 100;
const LONGEST_MS = 30_000;

/** Statuses with which a supervisor ends for good: stopped on request, wrong words, a config with errors. */
const FINAL: readonly number[] = [0, 2, 78];
/** It could not start, or it stopped with errors. */
const FAILED = 1;

export interface Death {
  /** Null where it was a signal. */
  readonly status: number | null;
  /** Of the signal; null where it was a status. */
  readonly signum: number | null;
  /** How long everything had been started; null: it never was. */
  readonly ran_ms: number | null;
}

export interface Past {
  /** Whether any supervisor before had started everything. */
  readonly worked: boolean;
  /** Deaths in a row that came too early. */
  readonly early: number;
  /** Whether the end was asked for, and the supervisor that is dead now has heard of it or could not have been told. */
  readonly asked: boolean;
}

/** To end with a status, or to start another supervisor. */
export type Decision =
  | { readonly action: 'end'; readonly status: number }
  | { readonly action: 'start'; readonly delay_ms: number; readonly early: number };

/**
 * What follows on the death of a supervisor.
 *
 * One that was killed or that failed by its own fault has a successor: at once if it worked, otherwise ever later. One that ended as it
 * should has none, nor has a first one that can't start, for whoever has started it waits for that.
 */
export function afterDeath({ status, signum, ran_ms }: Death, { worked, early, asked }: Past): Decision {
  const has_run = worked || ran_ms !== null;
  const is_final = status !== null && (FINAL.includes(status) || !has_run || (status === FAILED && ran_ms !== null));
  if (asked || is_final) return { action: 'end', status: status ?? 128 + (signum ?? 0) };
  if (ran_ms !== null && ran_ms >= WORKS_MS) return { action: 'start', delay_ms: 0, early: 0 };
  return { action: 'start', delay_ms: Math.min(LONGEST_MS, SHORTEST_MS * 2 ** Math.min(early, 20)), early: early + 1 };
}
