import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { statLine } from './stat-line.js';

interface Row {
  readonly pid: number;
  readonly ppid: number;
  readonly pgid: number;
  /** The group where that is all that is told. */
  readonly sid: number;
  readonly zombie: boolean;
}

/** Groups and sessions, by the number of their leader, at one look. */
interface Look {
  /** Pids of the processes that live, of each that has some. */
  readonly living: ReadonlyMap<number, readonly number[]>;
  /** Pids of the zombies of each. */
  readonly dead: ReadonlyMap<number, string>;
}

/** One look at all processes serves every question within this time, */
const FRESH_MS = 2;
/** and within so many times as long as it took: a machine with thousands of processes is not looked at all the time. */
const REST = 4;

/** All processes of the machine, looked at only when somebody asks. */
export class ProcessTable {
  #look: Look = { living: new Map(), dead: new Map() };
  #second: Look | null = null;
  #fresh_until_ms = Number.NEGATIVE_INFINITY;

  /**
   * Whether a group, or session, that the kernel says is there may have anything but zombies, which PID 1 of a container may leave for ever.
   * A look takes time, and misses those of whom each starts the next and ends: only where two find the same zombies is there nobody else.
   */
  hasLiving(leader: number): boolean {
    if (this.#members(leader).length > 0) return true;
    const { living, dead } = this.#now();
    const zombies = dead.get(leader);
    if (zombies === undefined || living.has(leader)) return true;
    this.#second ??= this.#lookAround();
    return this.#second.living.has(leader) || this.#second.dead.get(leader) !== zombies;
  }

  /** Processes of a session that are not in its leader's group. */
  jobs(sid: number): readonly number[] {
    this.#now();
    return this.#members(sid).flatMap(({ pid, pgid }) => (pgid === sid ? [] : [pid]));
  }

  /** Those of the last look that live and have not left. */
  #members(leader: number): readonly Row[] {
    return (this.#look.living.get(leader) ?? []).flatMap((pid) => {
      const row = readRow(pid);
      return row !== null && !row.zombie && (row.pgid === leader || row.sid === leader) ? [row] : [];
    });
  }

  isZombie(pid: number): boolean {
    return readRow(pid)?.zombie ?? false;
  }

  children(pid: number, recursive: boolean): readonly number[] {
    const direct = askChildren(pid);
    if (direct === null) return this.#searchChildren(pid, recursive);
    const living = direct.filter((child) => !this.isZombie(child));
    return recursive ? [...living, ...living.flatMap((child) => this.children(child, true))] : living;
  }

  #searchChildren(pid: number, recursive: boolean): readonly number[] {
    const byParent = new Map<number, number[]>();
    for (const row of everybody()) {
      if (row.zombie) continue;
      const siblings = byParent.get(row.ppid);
      if (siblings) siblings.push(row.pid);
      else byParent.set(row.ppid, [row.pid]);
    }
    const found = [...(byParent.get(pid) ?? [])];
    if (recursive) for (const child of found) found.push(...(byParent.get(child) ?? []));
    return found;
  }

  #now(): Look {
    if (performance.now() > this.#fresh_until_ms) {
      this.#second = null;
      this.#look = this.#lookAround();
    }
    return this.#look;
  }

  #lookAround(): Look {
    const begun_ms = performance.now();
    const living = new Map<number, number[]>();
    const dead = new Map<number, string>();
    for (const { pid, pgid, sid, zombie } of everybody()) {
      for (const leader of pgid === sid ? [pgid] : [pgid, sid]) {
        const members = living.get(leader);
        if (zombie) dead.set(leader, `${dead.get(leader) ?? ''} ${pid}`);
        else if (members) members.push(pid);
        else living.set(leader, [pid]);
      }
    }
    const now_ms = performance.now();
    this.#fresh_until_ms = now_ms + Math.max(FRESH_MS, (now_ms - begun_ms) * REST);
    return { living, dead };
  }
}

/**
 * What the threads of a process say of their children, so that nobody else is looked at; null where they don't say.
 *
 * @source proc(5): /proc/PID/task/TID/children
 */
function askChildren(pid: number): readonly number[] | null {
  if (process.platform !== 'linux') return null;
  try {
    const texts = readdirSync(`/proc/${pid}/task`).map((thread) => readFileSync(`/proc/${pid}/task/${thread}/children`, 'latin1'));
    return texts.flatMap((text) => text.match(/\d+/g) ?? []).map(Number);
  } catch {
    // It is gone, or the kernel is built without these files.
    return null;
  }
}

function everybody(): readonly Row[] {
  if (process.platform !== 'linux') return readPs();
  const rows: Row[] = [];
  for (const name of readdirSync('/proc')) {
    const row = /^\d+$/.test(name) ? readRow(Number(name)) : null;
    if (row) rows.push(row);
  }
  return rows;
}

/** @source proc(5): /proc/PID/stat; the name in parentheses may hold anything, so fields count from the last one */
function readRow(pid: number): Row | null {
  if (process.platform !== 'linux') return readPs().find((row) => row.pid === pid) ?? null;
  const stat = statLine(pid);
  if (stat === null) return null;
  const [state, ppid, pgid, sid] = stat.slice(stat.lastIndexOf(')') + 2).split(' ', 4);
  return { pid, ppid: Number(ppid), pgid: Number(pgid), sid: Number(sid), zombie: state === 'Z' || state === 'X' };
}

function readPs(): readonly Row[] {
  const text = execFileSync('ps', ['-A', '-o', 'pid=,ppid=,pgid=,stat='], { encoding: 'latin1' });
  return text
    .trim()
    .split('\n')
    .map((line) => {
      const [pid, ppid, pgid, state] = line.trim().split(/\s+/);
      return { pid: Number(pid), ppid: Number(ppid), pgid: Number(pgid), sid: Number(pgid), zombie: state?.startsWith('Z') ?? false };
    });
}
