import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';

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
  /** Those with a process that lives. */
  readonly living: ReadonlySet<number>;
  /** Pids of the zombies of each. */
  readonly dead: ReadonlyMap<number, string>;
}

/** One look at all processes serves every question within this time; no longer, for a group may have come into being since. */
const FRESH_MS = 2;

/** All processes of the machine, looked at only when somebody asks. */
export class ProcessTable {
  #look: Look | null = null;
  #second: Look | null = null;
  #fresh_until = Number.NEGATIVE_INFINITY;

  /**
   * Whether a group, or session, that the kernel says is there has anything but zombies, which PID 1 of a container may leave for ever. A
   * look takes time, and misses those of whom each starts the next and ends: only where two find the same zombies is there nobody else.
   */
  hasLiving(leader: number): boolean {
    const first = this.#now();
    const zombies = first.dead.get(leader);
    if (zombies === undefined || first.living.has(leader)) return true;
    this.#second ??= lookAround();
    return this.#second.living.has(leader) || this.#second.dead.get(leader) !== zombies;
  }

  /** Sends to each process of the session that is not in its leader's group, as soon as it is found. */
  signalJobs(sid: number, send: (pid: number) => void): void {
    for (const row of everybody()) if (row.sid === sid && row.pgid !== sid && !row.zombie) send(row.pid);
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
    if (this.#look === null || performance.now() > this.#fresh_until) {
      this.#look = lookAround();
      this.#second = null;
      this.#fresh_until = performance.now() + FRESH_MS;
    }
    return this.#look;
  }
}

function lookAround(): Look {
  const living = new Set<number>();
  const dead = new Map<number, string>();
  for (const { pid, pgid, sid, zombie } of everybody()) {
    for (const leader of pgid === sid ? [pgid] : [pgid, sid]) {
      if (zombie) dead.set(leader, `${dead.get(leader) ?? ''} ${pid}`);
      else living.add(leader);
    }
  }
  return { living, dead };
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

function* everybody(): Iterable<Row> {
  if (process.platform !== 'linux') {
    yield* readPs();
    return;
  }
  for (const name of readdirSync('/proc')) {
    const row = /^\d+$/.test(name) ? readRow(Number(name)) : null;
    if (row) yield row;
  }
}

/** @source proc(5): /proc/PID/stat; the name in parentheses may hold anything, so fields count from the last one */
function readRow(pid: number): Row | null {
  if (process.platform !== 'linux') return readPs().find((row) => row.pid === pid) ?? null;
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
    const [state, ppid, pgid, sid] = stat.slice(stat.lastIndexOf(')') + 2).split(' ', 4);
    return { pid, ppid: Number(ppid), pgid: Number(pgid), sid: Number(sid), zombie: state === 'Z' || state === 'X' };
  } catch {
    return null;
  }
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
