import type { KeptSpawn } from './durable/keeper.js';
import type { Exit } from './hooks.js';

/** What a slot, the place of one worker id, is doing. */
export type SlotState = 'idle' | 'admitting' | 'spawning' | 'starting' | 'up' | 'stopping' | 'killing' | 'stuck';

/** What can happen to a slot. */
export type SlotEvent =
  /** The plan wants a process here. */
  | 'begin'
  /** The gate before_spawn let it pass. */
  | 'admitted'
  /** A gate refused: before_spawn, or after_spawn where there is a process already. */
  | 'refused'
  | 'spawned'
  | 'spawn_failed'
  /** A process of an earlier supervisor was taken over. */
  | 'adopted'
  /** The gate after_spawn let it pass. */
  | 'accepted'
  /** The process has ended; others of its group may live. */
  | 'exited'
  /** The plan or a request wants the process to end. */
  | 'end'
  /** graceful_timeout, or the patience after SIGKILL, is over. */
  | 'deadline'
  /** The process and its whole group are gone. */
  | 'group_empty';

/** What is to be done about it, by the watcher. */
export type SlotEffect =
  | 'ask_before_spawn'
  | 'spawn'
  | 'announce'
  | 'tell_adopted'
  | 'ask_after_spawn'
  /** A gate said no: the watcher is stopped. */
  | 'abandon_start'
  /** Send the stop signal and set the deadline. */
  | 'ask_to_end'
  /** It was asked to end once more: the earlier deadline holds, another signal is sent. */
  | 'hurry'
  /** SIGKILL to the whole group. */
  | 'kill_group'
  | 'report_stuck'
  /** Tell about the exit and forget the pid. */
  | 'reap'
  /** End what the dead process left in its group, and wait for that here. */
  | 'drain_group'
  /** End what the dead process left in its group, while the slot goes on. */
  | 'leave_group'
  /** Decide whether and when a process that nobody asked to end is replaced. */
  | 'decide_respawn';

interface Transition {
  readonly to: SlotState;
  readonly effects: readonly SlotEffect[];
}
const go = (to: SlotState, ...effects: SlotEffect[]): Transition => ({ to, effects });

/**
 * The whole machine. What is not in the table changes nothing: such an event comes too late to matter.
 *
 * An `end` before there is a process cancels at once; a process that the operating system delivers after all belongs to an
 * attempt that is over, and the watcher ends it.
 */
export const SLOT_TABLE: Readonly<Record<SlotState, Readonly<Partial<Record<SlotEvent, Transition>>>>> = {
  idle: {
    begin: go('admitting', 'ask_before_spawn'),
    adopted: go('up', 'tell_adopted'),
  },
  admitting: {
    admitted: go('spawning', 'spawn'),
    refused: go('idle', 'abandon_start'),
    end: go('idle'),
  },
  spawning: {
    spawned: go('starting', 'announce', 'ask_after_spawn'),
    spawn_failed: go('idle', 'decide_respawn'),
    end: go('idle'),
  },
  starting: {
    accepted: go('up'),
    refused: go('stopping', 'ask_to_end', 'abandon_start'),
    exited: go('idle', 'reap', 'leave_group', 'decide_respawn'),
    end: go('stopping', 'ask_to_end'),
  },
  up: {
    exited: go('idle', 'reap', 'leave_group', 'decide_respawn'),
    end: go('stopping', 'ask_to_end'),
  },
  stopping: {
    end: go('stopping', 'hurry'),
    exited: go('stopping', 'reap', 'drain_group'),
    group_empty: go('idle'),
    deadline: go('killing', 'kill_group'),
  },
  killing: {
    exited: go('killing', 'reap', 'drain_group'),
    group_empty: go('idle'),
    deadline: go('stuck', 'report_stuck'),
  },
  stuck: {
    exited: go('stuck', 'reap', 'drain_group'),
    group_empty: go('idle'),
  },
};

/** One worker id of a watcher. Times are milliseconds of the clock's `now()`. */
export interface Slot {
  readonly wid: number;
  state: SlotState;
  /** Counts spawns of the watcher; what comes back late carries the number that it belongs to. */
  attempt: number;
  /** The generation of options that the process of this attempt runs with. */
  generation: number;
  /** The process, while it lives. */
  pid: number | null;
  /** The process of this attempt, alive or not. */
  last_pid: number | null;
  /** The process group, until it is seen to be empty. */
  pgid: number | null;
  exit: Exit | null;
  /** What is on record of it for a later supervisor; null where the watcher is not durable. */
  kept: KeptSpawn | null;
  /** When it was spawned: on the monotonic clock, and in seconds since the epoch. */
  started_ms: number;
  started: number;
  /** When `deadline` is due. */
  deadline_at: number | null;
  /** When a replacement is due; null: none is, or the plan may fill the slot at once. */
  respawn_at: number | null;
  /** When the process is too old (max_age). */
  expires_at: number | null;
  /** Early ends and failed spawns in a row. */
  failures: number;
  spawn_failures: number;
  /** It replaces a process that ended, and so goes before first starts. */
  urgent: boolean;
  /** Nothing takes the place of the process that is ending here. */
  retired: boolean;
}

export function newSlot(wid: number): Slot {
  return {
    wid,
    state: 'idle',
    attempt: 0,
    generation: 0,
    pid: null,
    last_pid: null,
    pgid: null,
    exit: null,
    kept: null,
    started_ms: 0,
    started: 0,
    deadline_at: null,
    respawn_at: null,
    expires_at: null,
    failures: 0,
    spawn_failures: 0,
    urgent: false,
    retired: false,
  };
}

/** Where an event leads from a state, and what is to be done; null where it changes nothing. */
export function step(state: SlotState, event: SlotEvent): Transition | null {
  return SLOT_TABLE[state][event] ?? null;
}

/** Whether the slot is on its way to a process, or has one that nobody has asked to end. */
export function isRunning(slot: Slot): boolean {
  return slot.state === 'admitting' || slot.state === 'spawning' || slot.state === 'starting' || slot.state === 'up';
}

/** Whether the slot is on its way to a process, but has none. */
export function isUnborn(slot: Slot): boolean {
  return slot.state === 'admitting' || slot.state === 'spawning';
}

/** Whether the slot has a process, or what is left of its group, that was asked to end. */
export function isEnding(slot: Slot): boolean {
  return slot.state === 'stopping' || slot.state === 'killing';
}
