import { closeSync, existsSync, openSync, readdirSync, readFileSync, readSync } from 'node:fs';
import { parseStat, residentPages } from './proc-stat.js';
import { commandName, emptyReading, type Identity, type ProcessReader, type Reading } from './process-reader.js';
import { UserNames } from './users.js';

interface Kept {
  readonly stat: number;
  readonly statm: number;
}

export interface ProcReaderOptions {
  /** Where the files are; /proc where none is given. */
  readonly root?: string;
  /** Keeps the files of this many processes open, which makes the next look twice as fast; 0 where none is given. */
  readonly keep_open?: number;
}

/** From this many processes on, one look at all of the machine is cheaper than asking each for its children. */
const SCAN_FROM = 16;
const NONE: readonly number[] = [];

/** Reads /proc into one buffer. A file kept open never comes to mean another process that was given the same pid. */
export class ProcReader implements ProcessReader {
  readonly #root: string;
  readonly #keep_open: number;
  readonly #kept = new Map<number, Kept>();
  readonly #users = new UserNames();
  readonly #buffer = new Uint8Array(4096);
  readonly #boot_s: number;
  #page_bytes = 0;
  /** Children by parent, where this round looked at all of the machine. */
  #tree: Map<number, number[]> | null = null;

  constructor({ root = '/proc', keep_open = 0 }: ProcReaderOptions = {}) {
    this.#root = root;
    this.#keep_open = keep_open;
    this.#boot_s = Number(/^btime (\d+)/m.exec(readFileSync(`${root}/stat`, 'latin1'))?.[1]);
  }

  begin(pids: readonly number[], children: boolean): void {
    this.#tree = children && pids.length >= SCAN_FROM ? this.#scan() : null;
  }

  read(pid: number, into: Reading): boolean {
    const kept = this.#kept.get(pid);
    if (kept === undefined) return this.#readAnew(pid, into);
    try {
      return this.#readFrom(kept, into);
    } catch (error) {
      if (!isGone(error)) throw error;
      this.forget(pid);
      return this.#readAnew(pid, into);
    }
  }

  identify(pid: number): Identity | undefined {
    return unlessGone(() => {
      const uid = /^Uid:\s+(\d+)/m.exec(readFileSync(`${this.#root}/${pid}/status`, 'latin1'))?.[1];
      const [argv0 = ''] = readFileSync(`${this.#root}/${pid}/cmdline`, 'utf8').split('\0', 1);
      return { cmdline: commandName(argv0), username: this.#users.of(Number(uid)) };
    });
  }

  children(pid: number): readonly number[] {
    if (this.#tree === null) {
      const found = this.#ask(pid);
      if (found !== null) return found;
      // A kernel built without the files that tell a thread's children.
      this.#tree = this.#scan();
    }
    return this.#tree.get(pid) ?? NONE;
  }

  forget(pid: number): void {
    const kept = this.#kept.get(pid);
    if (kept === undefined) return;
    this.#kept.delete(pid);
    closeSync(kept.stat);
    closeSync(kept.statm);
  }

  #readAnew(pid: number, into: Reading): boolean {
    const kept = this.#open(pid);
    if (kept === undefined) return false;
    this.#kept.set(pid, kept);
    const found = unlessGone(() => this.#readFrom(kept, into)) ?? false;
    if (!found || this.#kept.size > this.#keep_open) this.forget(pid);
    return found;
  }

  #open(pid: number): Kept | undefined {
    return unlessGone(() => {
      const stat = openSync(`${this.#root}/${pid}/stat`, 'r');
      try {
        return { stat, statm: openSync(`${this.#root}/${pid}/statm`, 'r') };
      } catch (error) {
        closeSync(stat);
        throw error;
      }
    });
  }

  #readFrom({ stat, statm }: Kept, into: Reading): boolean {
    const buffer = this.#buffer;
    if (!parseStat(buffer, readSync(stat, buffer, 0, buffer.length, 0), into)) return false;
    into.create_time_s += this.#boot_s;
    const length = readSync(statm, buffer, 0, buffer.length, 0);
    this.#page_bytes ||= pageBytes(into.vms_bytes, buffer, length);
    into.rss_bytes = residentPages(buffer, length) * this.#page_bytes;
    return true;
  }

  /** What each thread of a process says of its children; null where it does not say. */
  #ask(pid: number): readonly number[] | null {
    const found: number[] = [];
    for (const thread of unlessGone(() => readdirSync(`${this.#root}/${pid}/task`)) ?? []) {
      const text = unlessGone(() => readFileSync(`${this.#root}/${pid}/task/${thread}/children`, 'latin1'));
      if (text === undefined && Number(thread) === pid && existsSync(`${this.#root}/${pid}/stat`)) return null;
      for (const child of text?.split(' ') ?? []) if (child !== '') found.push(Number(child));
    }
    return found.sort((a, b) => a - b);
  }

  #scan(): Map<number, number[]> {
    const tree = new Map<number, number[]>();
    const reading = emptyReading();
    for (const name of readdirSync(this.#root)) {
      const pid = Number(name);
      if (!Number.isInteger(pid) || !this.#glance(pid, reading) || reading.zombie) continue;
      const siblings = tree.get(reading.ppid);
      if (siblings === undefined) tree.set(reading.ppid, [pid]);
      else siblings.push(pid);
    }
    return tree;
  }

  #glance(pid: number, into: Reading): boolean {
    const found = unlessGone(() => {
      const fd = openSync(`${this.#root}/${pid}/stat`, 'r');
      try {
        return parseStat(this.#buffer, readSync(fd, this.#buffer, 0, this.#buffer.length, 0), into);
      } finally {
        closeSync(fd);
      }
    });
    return found ?? false;
  }
}

/** The same size in bytes and in pages gives the size of a page, a power of two. Zero for a process without memory. */
function pageBytes(vms_bytes: number, statm: Uint8Array, length: number): number {
  const pages = Number.parseInt(Buffer.from(statm.buffer, 0, length).toString('latin1'), 10);
  return pages > 0 ? 2 ** Math.round(Math.log2(vms_bytes / pages)) : 0;
}

function unlessGone<T>(look: () => T): T | undefined {
  try {
    return look();
  } catch (error) {
    if (isGone(error)) return undefined;
    throw error;
  }
}

function isGone(error: unknown): boolean {
  return error instanceof Error && 'code' in error && (error.code === 'ENOENT' || error.code === 'ESRCH');
}
