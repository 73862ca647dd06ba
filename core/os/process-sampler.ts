import { readFileSync } from 'node:fs';
import { type Clock, systemClock } from '../clock.js';
import { ProcReader } from './proc-reader.js';
import { emptyReading, type ProcessReader, type Reading } from './process-reader.js';
import { PsReader } from './ps-reader.js';

/** What a process uses, as last looked at. */
export interface ProcessSample {
  readonly pid: number;
  readonly ppid: number;
  /** Base name of the first word of argv[0]. */
  readonly cmdline: string;
  readonly username: string;
  readonly nice: number;
  /** Percent of one processor since the look before, with one decimal; 0 the first time. */
  readonly cpu_percent: number;
  /** Processor time, user and system, seconds. */
  readonly cpu_s: number;
  readonly rss_bytes: number;
  readonly vms_bytes: number;
  /** Seconds since the epoch. */
  readonly create_time_s: number;
  readonly age_s: number;
  /** Where they were asked for. */
  readonly children: readonly ProcessSample[];
}

export interface SampleOptions {
  /** Children as well: `direct`, or all descendants below each other; none where it is not given. */
  readonly children?: 'direct' | 'all';
}

export interface SamplerOptions {
  readonly clock?: Clock;
  /** For somebody who looks at the same processes again and again: keeps their files open. */
  readonly keep_open?: boolean;
  readonly reader?: ProcessReader;
}

/** A rate over less than this says little, for the kernel counts processor time in hundredths of a second. */
const WINDOW_MS = 500;
/** A process may change its name and user for so long after its start. */
const YOUNG_S = 2;
/** A process that nobody asked for meanwhile is forgotten. */
const FORGET_MS = 60_000;
const NO_CHILDREN: readonly ProcessSample[] = [];

/** A process as it was last looked at, and what the next look needs. */
interface Entry extends Reading {
  readonly pid: number;
  cmdline: string;
  username: string;
  cpu_percent: number;
  age_s: number;
  children: readonly ProcessSample[];
  /** The rate is taken from the older one of two looks in the past, so that it always spans a while. */
  older_ms: number;
  older_cpu_s: number;
  newer_ms: number;
  newer_cpu_s: number;
  round: number;
  seen_ms: number;
}

/** Looks at processes, only at those asked for, and knows what it saw the last time. */
export class ProcessSampler implements Disposable {
  readonly #clock: Clock;
  readonly #reader: ProcessReader;
  readonly #entries = new Map<number, Entry>();
  readonly #reading = emptyReading();
  /** When it was booted by the wall clock as it was when this was made, which times of starting go by: a clock that is put makes nobody older. */
  readonly #boot_ms: number;
  readonly #uptime: () => number;
  #now_s = 0;
  #round = 0;

  constructor({ clock = systemClock, keep_open = false, reader }: SamplerOptions = {}) {
    this.#clock = clock;
    const uptime = (): number => clock.uptime?.() ?? clock.now();
    this.#uptime = uptime;
    this.#boot_ms = clock.wall() - uptime();
    this.#reader = reader ?? systemReader(() => this.#boot_ms + uptime(), keep_open);
  }

  /**
   * Looks at all of these now, once.
   *
   * @returns by pid; a process that is gone is left out. The samples are those of the next round too: they change with it.
   */
  sample(pids: readonly number[], { children }: SampleOptions = {}): ReadonlyMap<number, ProcessSample> {
    const now_ms = this.#clock.now();
    this.#now_s = (this.#boot_ms + this.#uptime()) / 1000;
    this.#round++;
    this.#reader.begin(pids, children !== undefined);
    const found = new Map<number, ProcessSample>();
    for (const pid of pids) {
      const entry = this.#look(pid, now_ms);
      if (entry === undefined) continue;
      found.set(pid, entry);
      entry.children = children === undefined ? NO_CHILDREN : this.#family(pid, children === 'all', now_ms);
    }
    for (const entry of this.#entries.values()) if (now_ms - entry.seen_ms > FORGET_MS) this.#forget(entry.pid);
    return found;
  }

  /** Keeps no files open any longer, and no memory of what it saw. */
  clear(): void {
    for (const pid of this.#entries.keys()) this.#forget(pid);
  }

  [Symbol.dispose](): void {
    this.clear();
  }

  #family(parent: number, deep: boolean, now_ms: number): readonly ProcessSample[] {
    const found: ProcessSample[] = [];
    for (const pid of this.#reader.children(parent)) {
      const entry = this.#look(pid, now_ms);
      if (entry === undefined) continue;
      found.push(entry);
      entry.children = deep ? this.#family(pid, true, now_ms) : NO_CHILDREN;
    }
    return found;
  }

  #look(pid: number, now_ms: number): Entry | undefined {
    let entry = this.#entries.get(pid);
    // Asked for twice in one round, by a watcher and as the child of another.
    if (entry?.round === this.#round) return { ...entry };
    const reading = this.#reading;
    if (!this.#reader.read(pid, reading) || reading.zombie) {
      this.#forget(pid);
      return undefined;
    }
    const age_s = this.#now_s - reading.create_time_s;
    const known = entry !== undefined && entry.create_time_s === reading.create_time_s;
    if (!known || entry?.name_hash !== reading.name_hash || age_s < YOUNG_S) {
      const identity = this.#reader.identify(pid);
      if (identity === undefined) {
        this.#forget(pid);
        return undefined;
      }
      if (entry === undefined || !known) entry = newEntry(pid, reading, now_ms);
      entry.cmdline = identity.cmdline;
      entry.username = identity.username;
      this.#entries.set(pid, entry);
    }
    if (entry === undefined) return undefined;
    update(entry, reading, now_ms);
    entry.age_s = age_s;
    entry.round = this.#round;
    return entry;
  }

  #forget(pid: number): void {
    this.#entries.delete(pid);
    this.#reader.forget(pid);
  }
}

function newEntry(pid: number, reading: Reading, now_ms: number): Entry {
  return {
    ...reading,
    pid,
    cmdline: '',
    username: '',
    cpu_percent: 0,
    age_s: 0,
    children: NO_CHILDREN,
    older_ms: now_ms,
    older_cpu_s: reading.cpu_s,
    newer_ms: now_ms,
    newer_cpu_s: reading.cpu_s,
    round: 0,
    seen_ms: now_ms,
  };
}

function update(entry: Entry, reading: Reading, now_ms: number): void {
  entry.ppid = reading.ppid;
  entry.zombie = reading.zombie;
  entry.nice = reading.nice;
  entry.cpu_s = reading.cpu_s;
  entry.rss_bytes = reading.rss_bytes;
  entry.vms_bytes = reading.vms_bytes;
  entry.name_hash = reading.name_hash;
  entry.seen_ms = now_ms;
  if (now_ms - entry.newer_ms >= WINDOW_MS) {
    entry.older_ms = entry.newer_ms;
    entry.older_cpu_s = entry.newer_cpu_s;
    entry.newer_ms = now_ms;
    entry.newer_cpu_s = reading.cpu_s;
  }
  const span_ms = now_ms - entry.older_ms;
  if (span_ms > 0) entry.cpu_percent = Math.round(((reading.cpu_s - entry.older_cpu_s) / span_ms) * 1_000_000) / 10;
}

/** Half of the descriptors that this process may have, two for each process, are left to others. */
function openFilesFor(): number {
  const limit = /^Max open files\s+(\d+)/m.exec(readFileSync('/proc/self/limits', 'latin1'))?.[1];
  return Math.floor(Number(limit ?? 1024) / 4);
}

function systemReader(wall: () => number, keep_open: boolean): ProcessReader {
  if (process.platform !== 'linux') return new PsReader(wall);
  return new ProcReader({ keep_open: keep_open ? openFilesFor() : 0 });
}
