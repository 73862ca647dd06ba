import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';

interface Row {
  readonly pid: number;
  readonly ppid: number;
  readonly pgid: number;
  readonly zombie: boolean;
}

/** One look at all processes serves every question within this time; no longer, for a group may have come into being since. */
const FRESH_MS = 2;

/** All processes of the machine, looked at only when somebody asks. */
export class ProcessTable {
  #groups: ReadonlySet<number> = new Set();
  #fresh_until = Number.NEGATIVE_INFINITY;

  /** Whether the group has a process that is not a zombie; PID 1 of a container may leave zombies for ever. */
  groupAlive(pgid: number): boolean {
    return this.#living().has(pgid);
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
    for (const row of readAll()) {
      if (row.zombie) continue;
      const siblings = byParent.get(row.ppid);
      if (siblings) siblings.push(row.pid);
      else byParent.set(row.ppid, [row.pid]);
    }
    const found = [...(byParent.get(pid) ?? [])];
    if (recursive) for (const child of found) found.push(...(byParent.get(child) ?? []));
    return found;
  }

  /** Groups with a process that lives. */
  #living(): ReadonlySet<number> {
    if (performance.now() > this.#fresh_until) {
      this.#groups = new Set(readAll().flatMap((row) => (row.zombie ? [] : [row.pgid])));
      this.#fresh_until = performance.now() + FRESH_MS;
    }
    return this.#groups;
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

function readAll(): readonly Row[] {
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
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
    const [state, ppid, pgid] = stat.slice(stat.lastIndexOf(')') + 2).split(' ', 3);
    return { pid, ppid: Number(ppid), pgid: Number(pgid), zombie: state === 'Z' || state === 'X' };
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
      return { pid: Number(pid), ppid: Number(ppid), pgid: Number(pgid), zombie: state?.startsWith('Z') ?? false };
    });
}
