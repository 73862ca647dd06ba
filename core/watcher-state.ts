import type { WatcherStatus } from './api.js';
import { MOST_PROCESSES, type WatcherOptions } from './config/schema/watcher.js';
import type { WishRecord } from './durable/records.js';
import type { Survivor } from './durable/survivor.js';
import { RingmasterError } from './errors.js';
import type { Slots } from './slots.js';
import type { Progress } from './waiters.js';
import type { Actual, Desired, Phase, Plan } from './watcher-plan.js';

/** It is not this watcher's turn yet, in a start or stop of many; whoever made it gives way, unless a later request took its place. */
export interface Hold {
  up: boolean;
  down: boolean;
}

/** What has been asked of a watcher and where it is, apart from its slots. */
export interface WatcherState {
  phase: Phase;
  /** Counts changes of the phase, so that an answer to a hook of an earlier visit is known to be late. */
  visit: number;
  run: boolean;
  /** What was asked to be gone last, and what was seen to be gone. */
  epoch: number;
  takenEpoch: number;
  generation: number;
  sequential: boolean;
  stalled: number | null;
  hold: Hold | null;
  /** How many there are whose end has to be seen before anything is spawned. */
  blocks: number;
  nextBegin_at: number;
  /** When it starts again by itself after a pause. */
  resume_at: number | null;
  /** Why it stopped, or stays as it is, though asked for something else. */
  instead: string | undefined;
}

export function newWatcherState(): WatcherState {
  return {
    phase: 'stopped',
    visit: 0,
    run: false,
    epoch: 0,
    takenEpoch: 0,
    generation: 1,
    sequential: false,
    stalled: null,
    hold: null,
    blocks: 0,
    nextBegin_at: 0,
    resume_at: null,
    instead: undefined,
  };
}

/** What a later supervisor has to know of it. @param armed it waits for a connection to start */
export function wishOf(state: WatcherState, spent: number, armed: boolean): WishRecord {
  const { run, instead, epoch, takenEpoch, phase, generation, sequential, resume_at } = state;
  const active = phase === 'active';
  const runs = run || armed || resume_at !== null;
  return { run: runs, ...(instead !== undefined && { instead }), down: epoch !== takenEpoch, active, generation, sequential, spent };
}

/**
 * Puts it where an earlier supervisor was: on its way up, or up, where there is anything that it has to do with; its start may not have
 * come to an end.
 */
export function resume(
  state: WatcherState,
  wish: WishRecord | undefined,
  survivors: readonly Pick<Survivor, 'generation' | 'ended' | 'released'>[],
): { readonly from: Phase; readonly to: Phase } {
  const from = state.phase;
  // What has ended may be of another of its name, that was reloaded more often.
  const generations = survivors.flatMap(({ ended, generation }) => (ended ? [] : [generation]));
  state.generation = Math.max(state.generation, wish?.generation ?? 0, ...generations);
  state.sequential = wish?.sequential ?? false;
  if (!(wish?.run ?? true)) state.instead = wish?.instead;
  if (survivors.every(({ released }) => released)) return { from, to: from };
  // What is only to be ended is no reason to start.
  state.run = wish?.run ?? generations.length > 0;
  if (wish?.down) state.epoch = state.takenEpoch + 1;
  state.phase = wish?.active ? 'active' : 'starting';
  state.visit++;
  return { from, to: state.phase };
}

/** Circus's statuses, from the phases. */
export const STATUS: Readonly<Record<Phase, WatcherStatus>> = {
  stopped: 'stopped',
  before_start: 'starting',
  starting: 'starting',
  after_start: 'starting',
  active: 'active',
  before_stop: 'stopping',
  stopping: 'stopping',
  after_stop: 'stopped',
};

/** Whether a process that ends is replaced; what was started on demand is started again by the next demand. */
export function isReplaced({ respawn, on_demand }: WatcherOptions): boolean {
  return respawn && !on_demand;
}

/**
 * How many processes a watcher is to have, where it is asked for `count`.
 *
 * @throws RM_OPTION_INVALID for what is no whole number, or too many
 */
export function countWanted(count: number, singleton: boolean): number {
  if (!Number.isSafeInteger(count)) throw new RingmasterError('RM_OPTION_INVALID', [`'numprocesses' must be a whole number, got ${count}`]);
  if (count > MOST_PROCESSES)
    throw new RingmasterError('RM_OPTION_INVALID', [`'numprocesses' must be at most ${MOST_PROCESSES}, got ${count}`]);
  return Math.max(0, singleton ? Math.min(1, count) : count);
}

/** What the plan is to know of what is wanted. */
export function desiredOf({ run, epoch, generation, sequential, hold }: WatcherState, spec: WatcherOptions): Desired {
  const { numprocesses, singleton, max_retry, warmup_delay } = spec;
  const respawn = isReplaced(spec);
  const gives_up = max_retry !== -1;
  return { run, epoch, generation, sequential, hold, count: numprocesses, respawn, gives_up, singleton, warmup_ms: warmup_delay * 1000 };
}

/** What the plan is to know of what there is. */
export function actualOf(state: WatcherState, slots: Pick<Slots, 'table' | 'leftovers' | 'draining' | 'spent'>): Actual {
  const { phase, takenEpoch, blocks, nextBegin_at, resume_at, stalled } = state;
  const blocked = blocks > 0;
  const { table, leftovers, draining, spent } = slots;
  return { phase, epoch: takenEpoch, blocked, next_begin_at: nextBegin_at, resume_at, stalled, slots: table, leftovers, draining, spent };
}

/**
 * Whether what is wanted is there.
 *
 * @param also `clean`: and nothing is on its way out; `renewed`: and only the newest generation is left as well
 */
export function settled(state: WatcherState, { filled, clean, renewed }: Plan, also?: 'clean' | 'renewed'): Progress {
  if (state.phase === 'stopped' && !state.run) return { instead: state.instead ?? 'it is stopped' };
  if (state.phase !== 'active' || state.takenEpoch !== state.epoch || !filled) return false;
  if (also === undefined) return true;
  if (!clean) return false;
  if (also === 'clean') return true;
  if (!renewed) return false;
  return state.stalled === state.generation ? { instead: state.instead ?? 'new processes can not be started' } : true;
}
