import { DueHeap } from './due-heap.js';
import { isEnding, type Slot } from './slot-state.js';

/** The slots of one generation, each set in the order in which it was filled. */
export interface Cohort {
  readonly generation: number;
  /** With those that were asked to end. */
  readonly members: number;
  /** On their way to a process. */
  readonly unborn: ReadonlySet<Slot>;
  /** With a process that nobody has asked to end, the oldest first. */
  readonly born: ReadonlySet<Slot>;
  /** How many of those are up. */
  readonly up: number;
}

/** What the plan asks of the slots of a watcher. */
export interface PlanSlots {
  readonly cohorts: readonly Cohort[];
  /** Asked to end, but not gone. */
  readonly ending: ReadonlySet<Slot>;
  /** Without a process until their respawn. */
  readonly waiting: ReadonlySet<Slot>;
  /** How many of those that end are replaced, and how many of those that wait could not be spawned. */
  readonly replaced: number;
  readonly failing: number;
  /** By their `deadline_at`, `respawn_at` and `expires_at`. */
  readonly deadlines: DueHeap<Slot>;
  readonly respawns: DueHeap<Slot>;
  readonly expiries: DueHeap<Slot>;
  /** The smallest worker id that is free. */
  readonly lowestFree: number;
  has(wid: number): boolean;
}

/** What a slot counts as. */
interface Place {
  readonly set: 'unborn' | 'born' | 'ending' | 'waiting' | null;
  readonly up: boolean;
  readonly replaced: boolean;
  readonly failing: boolean;
}

const NOWHERE: Place = { set: null, up: false, replaced: false, failing: false };
const UNBORN: Place = { ...NOWHERE, set: 'unborn' };
const STARTING: Place = { ...NOWHERE, set: 'born' };
const UP: Place = { ...NOWHERE, set: 'born', up: true };
const REPLACED: Place = { ...NOWHERE, set: 'ending', replaced: true };
const RETIRED: Place = { ...NOWHERE, set: 'ending' };
const WAITING: Place = { ...NOWHERE, set: 'waiting' };
const FAILING: Place = { ...NOWHERE, set: 'waiting', failing: true };

const NO_SLOTS: ReadonlySet<Slot> = new Set();

interface MutableCohort extends Cohort {
  members: number;
  readonly unborn: Set<Slot>;
  readonly born: Set<Slot>;
  up: number;
}

/** Where a slot is filed. */
interface Filed {
  place: Place;
  cohort: MutableCohort | null;
}

/**
 * The slots of a watcher by worker id, and counted and sorted as the plan needs them, so that a change of one costs the same however
 * many there are. Whoever changes a slot files it again.
 */
export class SlotTable implements PlanSlots {
  readonly deadlines = new DueHeap<Slot>();
  readonly respawns = new DueHeap<Slot>();
  readonly expiries = new DueHeap<Slot>();
  replaced = 0;
  failing = 0;
  readonly #slots = new Map<number, Slot>();
  readonly #filed = new Map<Slot, Filed>();
  // Most watchers have a single process and need none of these most of the time.
  #ending: Set<Slot> | null = null;
  #waiting: Set<Slot> | null = null;
  /** Another list whenever one more is there or one less: in most watchers it is the same for ever. */
  #cohorts: readonly MutableCohort[] = [];
  #lowestFree = 1;

  get cohorts(): readonly Cohort[] {
    return this.#cohorts;
  }

  get ending(): ReadonlySet<Slot> {
    return this.#ending ?? NO_SLOTS;
  }

  get waiting(): ReadonlySet<Slot> {
    return this.#waiting ?? NO_SLOTS;
  }

  /** Whether a process of another generation lives. */
  hasOlder(generation: number): boolean {
    return this.#cohorts.some((cohort) => cohort.generation !== generation && cohort.members > cohort.unborn.size);
  }

  get lowestFree(): number {
    while (this.#slots.has(this.#lowestFree)) this.#lowestFree++;
    return this.#lowestFree;
  }

  has(wid: number): boolean {
    return this.#slots.has(wid);
  }

  get(wid: number): Slot | undefined {
    return this.#slots.get(wid);
  }

  values(): IterableIterator<Slot> {
    return this.#slots.values();
  }

  /** Puts a slot in its place, by what it is now; another one of its worker id goes. */
  file(slot: Slot): void {
    const other = this.#slots.get(slot.wid);
    if (other !== slot) {
      if (other !== undefined) this.#unfile(other);
      this.#slots.set(slot.wid, slot);
    }
    this.#move(slot, placeOf(slot), slot.state === 'idle' ? null : this.#cohort(slot.generation));
    this.deadlines.set(slot, isEnding(slot) ? slot.deadline_at : null);
    this.respawns.set(slot, slot.state === 'idle' ? slot.respawn_at : null);
    this.expiries.set(slot, slot.state === 'up' ? slot.expires_at : null);
  }

  /** Files a slot of its own again after a change; one without a process or a respawn is given back. */
  settle(slot: Slot): void {
    if (this.#slots.get(slot.wid) !== slot) return;
    if (slot.state === 'idle' && slot.respawn_at === null) this.delete(slot.wid);
    else this.file(slot);
  }

  /** Gives a worker id back. */
  delete(wid: number): void {
    const slot = this.#slots.get(wid);
    if (slot === undefined) return;
    this.#unfile(slot);
    this.#slots.delete(wid);
    this.#lowestFree = Math.min(this.#lowestFree, wid);
  }

  clear(): void {
    for (const wid of [...this.#slots.keys()]) this.delete(wid);
  }

  #unfile(slot: Slot): void {
    this.#move(slot, NOWHERE, null);
    this.#filed.delete(slot);
    this.deadlines.set(slot, null);
    this.respawns.set(slot, null);
    this.expiries.set(slot, null);
  }

  #move(slot: Slot, place: Place, cohort: MutableCohort | null): void {
    let filed = this.#filed.get(slot);
    if (filed === undefined) {
      filed = { place: NOWHERE, cohort: null };
      this.#filed.set(slot, filed);
    }
    if (filed.place === place && filed.cohort === cohort) return;
    // A set keeps its order: what stays in it is not touched.
    const [from, to] = [this.#setOf(filed.place, filed.cohort), this.#setOf(place, cohort)];
    if (from !== to) {
      from?.delete(slot);
      to?.add(slot);
    }
    this.#count(place, cohort, 1);
    this.#count(filed.place, filed.cohort, -1);
    filed.place = place;
    filed.cohort = cohort;
  }

  #setOf({ set }: Place, cohort: MutableCohort | null): Set<Slot> | null {
    if (set === 'ending') {
      this.#ending ??= new Set();
      return this.#ending;
    }
    if (set === 'waiting') {
      this.#waiting ??= new Set();
      return this.#waiting;
    }
    return set === null || cohort === null ? null : cohort[set];
  }

  #count(place: Place, cohort: MutableCohort | null, by: 1 | -1): void {
    this.replaced += place.replaced ? by : 0;
    this.failing += place.failing ? by : 0;
    if (cohort === null) return;
    cohort.up += place.up ? by : 0;
    cohort.members += by;
    if (cohort.members === 0) this.#cohorts = this.#cohorts.filter((other) => other !== cohort);
  }

  #cohort(generation: number): MutableCohort {
    let cohort = this.#cohorts.find((one) => one.generation === generation);
    if (cohort === undefined) {
      cohort = { generation, members: 0, unborn: new Set(), born: new Set(), up: 0 };
      this.#cohorts = this.#cohorts.concat(cohort);
    }
    return cohort;
  }
}

function placeOf(slot: Slot): Place {
  if (slot.state === 'idle') {
    if (slot.respawn_at === null) return NOWHERE;
    return slot.spawn_failures > 0 ? FAILING : WAITING;
  }
  if (isEnding(slot)) return slot.retired ? RETIRED : REPLACED;
  if (slot.state === 'stuck') return NOWHERE;
  if (slot.state === 'starting') return STARTING;
  return slot.state === 'up' ? UP : UNBORN;
}
