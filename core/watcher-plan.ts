import type { Slot } from './slot-state.js';
import type { Cohort, PlanSlots } from './slot-table.js';

/** Where a watcher is on its round; Circus's statuses are derived from it. */
export type Phase = 'stopped' | 'before_start' | 'starting' | 'after_start' | 'active' | 'before_stop' | 'stopping' | 'after_stop';

/** What requests have asked for. */
export interface Desired {
  readonly run: boolean;
  /** What runs from an earlier epoch must be gone before anything new starts. */
  readonly epoch: number;
  /** Processes of an earlier generation are replaced without a gap. */
  readonly generation: number;
  readonly sequential: boolean;
  readonly count: number;
  readonly respawn: boolean;
  /** Whether spawns that keep failing are given up some time (max_retry is not -1). */
  readonly gives_up: boolean;
  /** Never more than one process: no replacement before the old one is gone. */
  readonly singleton: boolean;
  readonly warmup_ms: number;
  /** Set while it is not this watcher's turn yet, in a start or stop of many. */
  readonly hold: { readonly up: boolean; readonly down: boolean } | null;
}

/** What there is. Times are milliseconds of the clock's `now()`. */
export interface Actual {
  readonly phase: Phase;
  readonly epoch: number;
  readonly slots: PlanSlots;
  /** Groups that dead processes left behind and that are being ended. */
  readonly leftovers: number;
  /** Processes that have ended whose outputs are not read to the end. */
  readonly draining: number;
  /** Nothing may be spawned: a watcher of the same name is still on its way out, or the config is not in effect yet. */
  readonly blocked: boolean;
  /** No spawn before then (warmup_delay). */
  readonly next_begin_at: number;
  /** When it starts again by itself after a pause. */
  readonly resume_at: number | null;
  /** With `respawn` off: processes that ended since the start. */
  readonly spent: number;
  /** The generation that can't be spawned; its predecessors stay. */
  readonly stalled: number | null;
}

export type Step =
  /** `from`: the slot whose respawn this is, where a smaller worker id is free by now. */
  | { readonly do: 'begin'; readonly wid: number; readonly from?: number }
  | { readonly do: 'end'; readonly wid: number; readonly retire: boolean }
  /** It is ending already; nothing is to take its place. */
  | { readonly do: 'retire'; readonly wid: number }
  | { readonly do: 'deadline'; readonly wid: number }
  | { readonly do: 'forget'; readonly wid: number }
  | { readonly do: 'phase'; readonly to: Phase }
  /** A pause is over. */
  | { readonly do: 'resume' }
  /** With `respawn` off, the last process is gone. */
  | { readonly do: 'finish' };

export interface Plan {
  readonly steps: readonly Step[];
  /** When to look again; null: at the next event. */
  readonly wake_at: number | null;
  /** Every process that is wanted is up, or has been and waits for its respawn. */
  readonly filled: boolean;
  /** Nothing is on its way out. */
  readonly clean: boolean;
  /** No process of an earlier generation is left that could be replaced. */
  readonly renewed: boolean;
  /** Whether there may be more to do at once when the steps are done; not after a mere `begin`, of which its process is the news. */
  readonly again: boolean;
}

const NONE: readonly never[] = [];

/** What to do next to get from what there is to what is wanted. Looks at no slot that is as it should be. */
export function plan(desired: Desired, actual: Actual, now: number): Plan {
  const { slots } = actual;
  const overdue = slots.deadlines.due(now);
  const clean = slots.ending.size === 0 && actual.leftovers === 0 && actual.draining === 0;
  const result = (more: readonly Step[], { filled, renewed, wake_at }: Omit<Filling, 'steps'> = NOT_FILLED): Plan => {
    const steps = overdue.length === 0 ? more : [...overdue.map((slot): Step => ({ do: 'deadline', wid: slot.wid })), ...more];
    const again = steps.length > 0 && (desired.warmup_ms > 0 || !steps.every(isBegin));
    return { steps, wake_at: earlier(slots.deadlines.after(now), wake_at), filled, clean, renewed, again };
  };

  const down = !desired.hold?.down && (!desired.run || desired.epoch !== actual.epoch);
  switch (actual.phase) {
    case 'stopped': {
      if (!desired.run && actual.resume_at !== null) {
        return actual.resume_at <= now ? result([{ do: 'resume' }]) : result(NONE, { ...NOT_FILLED, wake_at: actual.resume_at });
      }
      return result(desired.run && !desired.hold?.up && !actual.blocked ? [{ do: 'phase', to: 'before_start' }] : []);
    }
    case 'before_start':
      return result(down ? [{ do: 'phase', to: 'stopped' }] : []);
    case 'before_stop':
    case 'after_stop':
      return result([]);
    case 'stopping': {
      const running = slots.cohorts.flatMap(({ unborn, born }) => [...unborn, ...born]).sort((a, b) => a.wid - b.wid);
      const ends = running.map((slot): Step => ({ do: 'end', wid: slot.wid, retire: true }));
      const gone = ends.length === 0 && clean;
      return result(gone ? [{ do: 'phase', to: 'after_stop' }] : ends);
    }
    case 'starting':
    case 'after_start':
    case 'active': {
      if (down) return result([{ do: 'phase', to: 'before_stop' }]);
      const filling = fill(desired, actual, now);
      const isStarted = actual.phase === 'starting' && filling.filled;
      return result(isStarted ? [...filling.steps, { do: 'phase', to: 'after_start' }] : filling.steps, filling);
    }
  }
}

/** Not more than this many are on their way to a process at once, so that no number, however big, holds everybody else up. */
const BEGINNING_AT_MOST = 256;

interface Filling {
  readonly steps: readonly Step[];
  readonly wake_at: number | null;
  readonly filled: boolean;
  readonly renewed: boolean;
}

const NOT_FILLED: Omit<Filling, 'steps'> = { wake_at: null, filled: false, renewed: false };
const isBegin = (step: Step): boolean => step.do === 'begin';
const earlier = (a: number | null, b: number | null): number | null => (a === null || (b !== null && b < a) ? b : a);

/** Brings the processes to the number and the generation that are wanted. */
function fill(desired: Desired, actual: Actual, now: number): Filling {
  const { slots, next_begin_at } = actual;
  const { replaced } = slots;
  const waiting = slots.waiting.size;
  const stalled = actual.stalled === desired.generation;
  const isFresh = ({ generation }: Pick<Slot, 'generation'>): boolean => stalled || generation === desired.generation;
  const fresh: Cohort[] = [];
  const old: Cohort[] = [];
  let freshCount = 0;
  let oldCount = 0;
  let up = 0;
  for (const cohort of slots.cohorts) {
    const running = cohort.unborn.size + cohort.born.size;
    if (isFresh(cohort)) {
      fresh.push(cohort);
      freshCount += running;
      up += cohort.up;
    } else {
      old.push(cohort);
      oldCount += running;
    }
  }
  const wanted = desired.respawn ? desired.count : Math.max(0, desired.count - actual.spent);
  const inTurn = desired.sequential || desired.singleton;
  const inPlace = inTurn ? [...fresh, ...old] : fresh;
  const missing = wanted - freshCount - (inTurn ? oldCount : 0) - waiting - replaced;
  const roomy = next_begin_at <= now;

  const shrink = missing < 0 ? surplus(-missing, slots, inPlace) : NONE;
  const free = roomy && !actual.blocked;
  const room = free && !(desired.singleton && actual.leftovers > 0);
  const grow = room ? begins(missing > 0 ? Math.min(missing, BEGINNING_AT_MOST - unbornOf(inPlace)) : missing, slots, desired, now) : NONE;
  const settled = up === freshCount && replaced === 0 && missing <= 0 && waiting === 0 && free;
  const renew =
    old.length === 0
      ? NONE
      : inTurn
        ? oldest(old, settled ? 1 : 0).map((slot): Step => ({ do: 'end', wid: slot.wid, retire: false }))
        : oldest(old, up >= wanted ? oldCount : oldCount - wanted).map((slot): Step => ({ do: 'end', wid: slot.wid, retire: true }));
  const steps: Step[] = [...shrink, ...grow, ...renew];
  const expired = slots.expiries.due(now).filter(isFresh);
  if (expired.length > 0) {
    const touched = new Set(steps.map((one) => ('wid' in one ? one.wid : 0)));
    for (const slot of expired) if (!touched.has(slot.wid)) steps.push({ do: 'end', wid: slot.wid, retire: false });
  }

  const current = desired.run && desired.epoch === actual.epoch;
  const done = current && !desired.respawn && actual.spent > 0 && wanted === 0 && freshCount + oldCount + waiting + replaced === 0;
  if (done) steps.push({ do: 'finish' });

  const retrying = desired.gives_up && slots.failing > 0;
  const filled = !actual.blocked && missing <= 0 && steps.length === 0 && up === freshCount && !retrying;
  const respawn_at = roomy || waiting === 0 ? slots.respawns.after(now) : Math.max(slots.respawns.first_at ?? 0, next_begin_at);
  const begin_at = !roomy && (missing > 0 || oldCount > 0) ? next_begin_at : null;
  const wake_at = earlier(earlier(begin_at, respawn_at), slots.expiries.after(now));
  return { steps, wake_at, filled, renewed: oldCount === 0 || waiting > 0 };
}

/** Fills free places with the smallest free worker ids, respawns that are due first; one only where there is a warmup_delay. */
function begins(missing: number, slots: PlanSlots, { warmup_ms }: Desired, now: number): readonly Step[] {
  const most = warmup_ms > 0 ? 1 : Number.POSITIVE_INFINITY;
  const due = slots.respawns.due(now, most);
  if (due.length === 0 && missing <= 0) return NONE;
  const taken = new Set<number>();
  let next = slots.lowestFree;
  const smallestFree = (): number => {
    while (taken.has(next) || slots.has(next)) next++;
    return next;
  };
  const steps: Step[] = [];
  for (const { wid: from } of due) {
    const wid = Math.min(from, smallestFree());
    taken.add(wid);
    steps.push(wid === from ? { do: 'begin', wid } : { do: 'begin', wid, from });
  }
  for (let left = Math.min(missing, most - steps.length); left > 0; left--) {
    const wid = smallestFree();
    taken.add(wid);
    steps.push({ do: 'begin', wid });
  }
  return steps;
}

/** What goes when there are too many: first what has no process to lose, then the oldest, as Circus does. */
function surplus(count: number, { ending, waiting }: PlanSlots, inPlace: readonly Cohort[]): Step[] {
  const replaced = [...ending].filter((slot) => !slot.retired);
  const unborn = inPlace.flatMap((cohort) => [...cohort.unborn]).reverse();
  const steps: Step[] = [
    ...replaced.map((slot): Step => ({ do: 'retire', wid: slot.wid })),
    ...[...waiting].map((slot): Step => ({ do: 'forget', wid: slot.wid })),
    ...unborn.map((slot): Step => ({ do: 'end', wid: slot.wid, retire: true })),
    ...oldestOf(inPlace, ({ born }) => born, count).map((slot): Step => ({ do: 'end', wid: slot.wid, retire: true })),
  ];
  return steps.slice(0, count);
}

function unbornOf(cohorts: readonly Cohort[]): number {
  let total = 0;
  for (const { unborn } of cohorts) total += unborn.size;
  return total;
}

/** What has no process counts as older than all that have one. */
function oldest(cohorts: readonly Cohort[], count: number): readonly Slot[] {
  const unborn = oldestOf(cohorts, (cohort) => cohort.unborn, count);
  return [...unborn, ...oldestOf(cohorts, ({ born }) => born, count - unborn.length)];
}

/** The first of each cohort are its oldest; so no more than that is looked at. */
function oldestOf(cohorts: readonly Cohort[], of: (cohort: Cohort) => ReadonlySet<Slot>, count: number): readonly Slot[] {
  if (count <= 0) return [];
  const first = cohorts.flatMap((cohort) => firstOf(of(cohort), count));
  if (cohorts.length > 1) first.sort((a, b) => a.started_ms - b.started_ms || a.attempt - b.attempt);
  return first.slice(0, count);
}

function firstOf<T>(all: ReadonlySet<T>, count: number): readonly T[] {
  const first: T[] = [];
  for (const one of all) {
    if (first.length >= count) break;
    first.push(one);
  }
  return first;
}
