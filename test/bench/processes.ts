import { readdirSync } from 'node:fs';
import { textOf } from '../fixtures/text-of.js';

/** Processor time that a process has used, over all threads, in ms. @source sched-stats.rst */
export function cpuMs(pid: number): number {
  const tasks = tasksOf(pid).map((task) => Number(textOf(`/proc/${pid}/task/${task}/schedstat`).split(' ')[0]) / 1e6);
  return tasks.reduce((sum, ms) => sum + ms, 0);
}

/** Memory of a process with its share of what it shares, in MiB. @source proc_pid_smaps(5) */
export function pssMib(pid: number): number {
  return Number(/^Pss:\s+(\d+) kB/m.exec(textOf(`/proc/${pid}/smaps_rollup`))?.[1] ?? 0) / 1024;
}

function tasksOf(pid: number): readonly string[] {
  try {
    return readdirSync(`/proc/${pid}/task`);
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return [];
    throw error;
  }
}

/** A process and all below it that are not of these. */
export function familyWithout(pid: number, others: ReadonlySet<number>): readonly number[] {
  if (others.has(pid)) return [];
  const children = tasksOf(pid).flatMap((task) => textOf(`/proc/${pid}/task/${task}/children`).match(/\d+/g) ?? []);
  return [pid, ...children.flatMap((child) => familyWithout(Number(child), others))];
}

/** Sends a signal where there is a process; 0 asks whether there is one. Tells whether there was. */
export function signal(pid: number, name: NodeJS.Signals | 0): boolean {
  try {
    return process.kill(pid, name);
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ESRCH') return false;
    throw error;
  }
}
