import { readdirSync, readFileSync } from 'node:fs';
import { type MarkedProcess, SPAWN_VARIABLE } from '../durable.js';
import { statLine } from '../stat-line.js';

/** Clock ticks a second in /proc. @source proc(5), USER_HZ */
export const TICKS_PER_S = 100;
/** Fields of /proc/PID/stat as proc(5) counts them, less the two before the state. */
const FIELD = { state: 0, ppid: 1, pgrp: 2, session: 3, starttime: 19, exit_code: 49 } as const;

/** What /proc/PID/stat says of a process. */
export interface ProcStat {
  readonly pid: number;
  readonly ppid: number;
  readonly pgid: number;
  readonly sid: number;
  readonly start_ticks: number;
  readonly zombie: boolean;
  /** Of a zombie, as of waitpid(2), where one may know it: 0 stands for not, too. */
  readonly status: number;
}

/** Null where there is no such process. @source proc(5); the name in parentheses may hold anything */
export function procStat(pid: number): ProcStat | null {
  const text = statLine(pid);
  if (text === null) return null;
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
  const number = (field: keyof typeof FIELD): number => Number(fields[FIELD[field]]);
  const state = fields[FIELD.state];
  return {
    pid,
    ppid: number('ppid'),
    pgid: number('pgrp'),
    sid: number('session'),
    start_ticks: number('starttime'),
    zombie: state === 'Z' || state === 'X',
    status: number('exit_code'),
  };
}

/** Milliseconds since a process was started that began so many ticks after boot. @source proc(5): /proc/uptime goes by CLOCK_BOOTTIME, as they do */
export function sinceStart(start_ticks: number): number {
  const [uptime_s] = readFileSync('/proc/uptime', 'latin1').split(' ');
  return Math.max(0, Number(uptime_s) * 1000 - (start_ticks * 1000) / TICKS_PER_S);
}

/** Looks at every process of the machine for a token in its environment, as it was when it was executed. */
export function findMarked(isMeant: (token: string) => boolean): ReadonlyMap<string, readonly MarkedProcess[]> {
  const found = new Map<string, MarkedProcess[]>();
  const boot_s = Number(/^btime (\d+)/m.exec(readFileSync('/proc/stat', 'latin1'))?.[1]);
  for (const name of readdirSync('/proc')) {
    const token = /^\d+$/.test(name) ? tokenOf(name) : undefined;
    if (token === undefined || !isMeant(token)) continue;
    const stat = procStat(Number(name));
    if (stat === null || stat.zombie) continue;
    const { pid, pgid, sid, start_ticks } = stat;
    const all = found.get(token) ?? [];
    all.push({ pid, pgid, sid, start_ticks, started: boot_s + start_ticks / TICKS_PER_S });
    found.set(token, all);
  }
  return found;
}

function tokenOf(pid: string): string | undefined {
  const environment = contents(`/proc/${pid}/environ`) ?? '';
  const prefix = `${SPAWN_VARIABLE}=`;
  return environment
    .split('\0')
    .find((entry) => entry.startsWith(prefix))
    ?.slice(prefix.length);
}

/** Processes end, and belong to others, while we look: what can't be read is not there. */
function contents(path: string): string | null {
  try {
    return readFileSync(path, 'latin1');
  } catch {
    return null;
  }
}
