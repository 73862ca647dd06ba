import { isEnding, isRunning, type Slot } from './slot-state.js';

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
  readonly slots: ReadonlyMap<number, Slot>;
  /** Groups that dead processes left behind and that are being ended. */
  readonly leftovers: number;
  /** Processes that have ended whose outputs are not read to the end. */
  readonly draining: number;
  /** A watcher of the same name is still on its way out. */
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
}

/** What to do next to get from what there is to what is wanted. */
export function plan(desired: Desired, actual: Actual, now: number): Plan {
  const slots = [...actual.slots.values()];
  const ending = slots.filter(isEnding);
  const due = ending.filter((slot) => slot.deadline_at !== null && slot.deadline_at <= now);
  const steps: Step[] = due.map((slot) => ({ do: 'deadline', wid: slot.wid }));
  const wakes = ending.map((slot) => slot.deadline_at).filter((at) => at !== null && at > now);
  const clean = ending.length === 0 && actual.leftovers === 0 && actual.draining === 0;
  const result = (more: readonly Step[], filled = false, renewed = false, wake: readonly (number | null)[] = []): Plan => {
    const times = [...wakes, ...wake].filter((at) => at !== null);
    return { steps: [...steps, ...more], wake_at: times.length > 0 ? Math.min(...times) : null, filled, clean, renewed };
  };

  const down = !desired.hold?.down && (!desired.run || desired.epoch !== actual.epoch);
  switch (actual.phase) {
    case 'stopped': {
      if (!desired.run && actual.resume_at !== null) {
        return actual.resume_at <= now ? result([{ do: 'resume' }]) : result([], false, false, [actual.resume_at]);
      }
      return result(desired.run && !desired.hold?.up && !actual.blocked ? [{ do: 'phase', to: 'before_start' }] : []);
    }
    case 'before_start':
      return result(down ? [{ do: 'phase', to: 'stopped' }] : []);
    case 'before_stop':
    case 'after_stop':
      return result([]);
    case 'stopping': {
      const ends = slots.filter(isRunning).map((slot): Step => ({ do: 'end', wid: slot.wid, retire: true }));
      const gone = ends.length === 0 && clean;
      return result(gone ? [{ do: 'phase', to: 'after_stop' }] : ends);
    }
    case 'starting':
    case 'after_start':
    case 'active': {
      if (down) return result([{ do: 'phase', to: 'before_stop' }]);
      const filling = fill(desired, actual, slots, now);
      if (actual.phase === 'starting' && filling.filled) filling.steps.push({ do: 'phase', to: 'after_start' });
      return result(filling.steps, filling.filled, filling.renewed, filling.wakes);
    }
  }
}

/** Not more than this many are on their way to a process at once, so that no number, however big, holds everybody else up. */
const BEGINNING_AT_MOST = 256;

interface Filling {
  readonly steps: Step[];
  readonly wakes: (number | null)[];
  readonly filled: boolean;
  readonly renewed: boolean;
}

/** Brings the processes to the number and the generation that are wanted. */
function fill(desired: Desired, actual: Actual, slots: readonly Slot[], now: number): Filling {
  const running = slots.filter(isRunning);
  const stalled = actual.stalled === desired.generation;
  const fresh = stalled ? running : running.filter((slot) => slot.generation === desired.generation);
  const old = stalled ? [] : running.filter((slot) => slot.generation !== desired.generation);
  const waiting = slots.filter((slot) => slot.state === 'idle' && slot.respawn_at !== null);
  const replaced = slots.filter((slot) => isEnding(slot) && !slot.retired);
  const wanted = desired.respawn ? desired.count : Math.max(0, desired.count - actual.spent);
  const inTurn = desired.sequential || desired.singleton;
  const inPlace = inTurn ? [...fresh, ...old] : fresh;
  const missing = wanted - inPlace.length - waiting.length - replaced.length;
  const up = fresh.filter((slot) => slot.state === 'up');

  const shrink = missing < 0 ? surplus(-missing, replaced, waiting, inPlace) : [];
  const room = actual.next_begin_at <= now && !(desired.singleton && actual.leftovers > 0);
  const beginning = inPlace.filter(isUnborn).length;
  const grow = room ? begins(Math.min(missing, BEGINNING_AT_MOST - beginning), waiting, actual, desired, now) : [];
  const renew = inTurn
    ? nextInTurn(
        old,
        up.length === fresh.length && replaced.length === 0 && missing <= 0 && waiting.length === 0 && actual.next_begin_at <= now,
      )
    : oldest(old, up.length >= wanted ? old.length : old.length - wanted).map((slot): Step => ({ do: 'end', wid: slot.wid, retire: true }));
  const expired = up.filter((slot) => slot.expires_at !== null && slot.expires_at <= now);
  const steps: Step[] = [...shrink, ...grow, ...renew];
  const touched = new Set(steps.map((one) => ('wid' in one ? one.wid : 0)));
  for (const slot of expired) if (!touched.has(slot.wid)) steps.push({ do: 'end', wid: slot.wid, retire: false });

  const current = desired.run && desired.epoch === actual.epoch;
  const done = current && !desired.respawn && actual.spent > 0 && wanted === 0 && running.length + waiting.length + replaced.length === 0;
  if (done) steps.push({ do: 'finish' });

  const retrying = desired.gives_up && waiting.some((slot) => slot.spawn_failures > 0);
  const filled = missing <= 0 && steps.length === 0 && up.length === fresh.length && !retrying;
  const later = missing > 0 || old.length > 0 ? [actual.next_begin_at].filter((at) => at > now) : [];
  const wakes = [
    ...later,
    ...waiting.map((slot) => Math.max(slot.respawn_at ?? 0, actual.next_begin_at)),
    ...up.map((slot) => slot.expires_at),
  ].filter((at) => at === null || at > now);
  return { steps, wakes, filled, renewed: old.length === 0 || waiting.length > 0 };
}

/** Fills free places with the smallest free worker ids, respawns that are due first; one only where there is a warmup_delay. */
function begins(missing: number, waiting: readonly Slot[], actual: Actual, desired: Desired, now: number): Step[] {
  const due = waiting.filter((slot) => (slot.respawn_at ?? 0) <= now).map((slot) => slot.wid);
  const taken = new Set(
    [...actual.slots.values()].filter((slot) => slot.state !== 'idle' || slot.respawn_at !== null).map((slot) => slot.wid),
  );
  let next = 1;
  const smallestFree = (): number => {
    while (taken.has(next)) next++;
    return next;
  };
  const steps: Step[] = [];
  for (const from of due) {
    const wid = Math.min(from, smallestFree());
    taken.add(wid);
    steps.push(wid === from ? { do: 'begin', wid } : { do: 'begin', wid, from });
  }
  for (let left = missing; left > 0; left--) {
    const wid = smallestFree();
    taken.add(wid);
    steps.push({ do: 'begin', wid });
  }
  return desired.warmup_ms > 0 ? steps.slice(0, 1) : steps;
}

/** What goes when there are too many: first what has no process to lose, then the oldest, as Circus does. */
function surplus(count: number, replaced: readonly Slot[], waiting: readonly Slot[], inPlace: readonly Slot[]): Step[] {
  const unborn = inPlace.filter(isUnborn).reverse();
  const born = inPlace.filter((slot) => slot.state === 'starting' || slot.state === 'up');
  const steps: Step[] = [
    ...replaced.map((slot): Step => ({ do: 'retire', wid: slot.wid })),
    ...waiting.map((slot): Step => ({ do: 'forget', wid: slot.wid })),
    ...unborn.map((slot): Step => ({ do: 'end', wid: slot.wid, retire: true })),
    ...oldest(born, born.length).map((slot): Step => ({ do: 'end', wid: slot.wid, retire: true })),
  ];
  return steps.slice(0, count);
}

/** In a sequential reload: one old process ends when everything else is in place. */
function nextInTurn(old: readonly Slot[], settled: boolean): Step[] {
  const [first] = oldest(old, settled ? 1 : 0);
  return first ? [{ do: 'end', wid: first.wid, retire: false }] : [];
}

function isUnborn(slot: Slot): boolean {
  return slot.state === 'admitting' || slot.state === 'spawning';
}

function oldest(slots: readonly Slot[], count: number): readonly Slot[] {
  return [...slots].sort((a, b) => a.started_ms - b.started_ms || a.attempt - b.attempt).slice(0, Math.max(0, count));
}
