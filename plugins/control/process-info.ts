import { readdirSync, readFileSync } from 'node:fs';
import { totalmem } from 'node:os';
import { basename } from 'node:path';
import type { ProcessView } from '../../core/index.js';

/** What is said of a process that ended while it was looked at, in Circus's words. */
export const GONE = 'No such process (stopped?)';

/** Clock ticks a second in /proc: a constant of Linux's interface whatever the kernel uses itself. @source proc(5), USER_HZ */
const TICKS_PER_S = 100;
const NOT_KNOWN = 'N/A';

type Info = Readonly<Record<string, unknown>>;

/** Circus's process information of a watcher's process and its direct children. */
export function watcherProcessInfo(view: ProcessView): Info | typeof GONE {
  const info = processInfo(view.pid);
  if (info === undefined) return GONE;
  const children = childrenOf(view.pid).flatMap((pid) => processInfo(pid) ?? []);
  return { ...info, age: view.age, started: view.started, wid: view.wid, children };
}

/**
 * Circus's process information: memory as text, `cpu` 0 because one look shows no rate, times in seconds.
 *
 * @returns undefined for a process that is gone; on systems without /proc most values are `N/A`
 * @source proc(5)
 */
export function processInfo(pid: number): Info | undefined {
  if (process.platform !== 'linux') return exists(pid) ? { ...unknownInfo(), pid } : undefined;
  try {
    const read = (name: string): string => readFileSync(`/proc/${pid}/${name}`, 'utf8');
    const stat = parseStat(read('stat'));
    if (stat.state === 'Z' || stat.state === 'X') return undefined;
    const status = parseStatus(read('status'));
    const create_time = bootTime_s() + stat.starttime_ticks / TICKS_PER_S;
    return {
      pid,
      cmdline: commandName(read('cmdline')),
      username: userName(status.Uid?.split(/\s+/)[0] ?? ''),
      nice: stat.nice,
      cpu: 0,
      mem: Math.round((kilobytes(status.VmRSS) / totalmem()) * 100_000) / 1000,
      mem_info1: humanBytes(kilobytes(status.VmRSS)),
      mem_info2: humanBytes(kilobytes(status.VmSize)),
      ctime: cpuTime(stat.cpu_ticks / TICKS_PER_S),
      create_time,
      age: Date.now() / 1000 - create_time,
      children: [],
    };
  } catch (error) {
    if (isGone(error)) return undefined;
    throw error;
  }
}

function isGone(error: unknown): boolean {
  return error instanceof Error && 'code' in error && (error.code === 'ENOENT' || error.code === 'ESRCH');
}

function exists(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    return !isGone(error);
  }
}

function unknownInfo(): Info {
  const names = ['cmdline', 'username', 'nice', 'cpu', 'mem', 'mem_info1', 'mem_info2', 'ctime', 'create_time', 'age'];
  return { ...Object.fromEntries(names.map((name) => [name, NOT_KNOWN])), children: [] };
}

/** Fields of /proc/PID/stat; the name in parentheses may hold anything, spaces and parentheses too. */
export function parseStat(text: string): { state: string; cpu_ticks: number; nice: number; starttime_ticks: number } {
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
  const number = (index: number): number => Number(fields[index]);
  return { state: fields[0] ?? '', cpu_ticks: number(11) + number(12), nice: number(16), starttime_ticks: number(19) };
}

function parseStatus(text: string): Readonly<Record<string, string>> {
  return Object.fromEntries(text.split('\n').map((line) => [line.split(':')[0] ?? '', line.slice(line.indexOf(':') + 1).trim()]));
}

/** A kernel thread has no memory of its own, and so no such line. */
const kilobytes = (field: string | undefined): number => Number.parseInt(field ?? '0', 10) * 1024;

/** The base name of the first word of argv[0]. */
function commandName(cmdline: string): string {
  const first = cmdline.split('\0')[0]?.trim().split(/\s+/)[0];
  return first ? basename(first) : NOT_KNOWN;
}

/** Bytes as text such as `3.20M`, and `512B` below a kilobyte. */
export function humanBytes(bytes: number): string {
  const symbols = ['K', 'M', 'G', 'T', 'P'];
  const power = Math.min(Math.floor(Math.log2(Math.max(1, bytes)) / 10), symbols.length);
  return power === 0 ? `${bytes}B` : `${(bytes / 1024 ** power).toFixed(2)}${symbols[power - 1]}`;
}

/** Processor time as `m:ss.cc`. */
export function cpuTime(time_s: number): string {
  const whole = Math.floor(time_s);
  const hundredths = Math.floor((time_s - whole) * 100 + 1e-6);
  const two = (value: number): string => String(value).padStart(2, '0');
  return `${Math.floor(whole / 60)}:${two(whole % 60)}.${two(hundredths)}`;
}

function bootTime_s(): number {
  return Number(/^btime (\d+)/m.exec(readFileSync('/proc/stat', 'utf8'))?.[1]);
}

function userName(uid: string): string {
  const line = readFileSync('/etc/passwd', 'utf8')
    .split('\n')
    .find((entry) => entry.split(':')[2] === uid);
  return line?.split(':')[0] ?? uid;
}

function childrenOf(pid: number): readonly number[] {
  if (process.platform !== 'linux') return [];
  try {
    return readdirSync(`/proc/${pid}/task`)
      .flatMap((task) => readFileSync(`/proc/${pid}/task/${task}/children`, 'utf8').split(' '))
      .filter((text) => text !== '')
      .map(Number);
  } catch (error) {
    if (isGone(error)) return [];
    throw error;
  }
}
