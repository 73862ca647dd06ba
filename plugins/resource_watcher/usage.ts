import { readdirSync, readFileSync } from 'node:fs';
import { totalmem } from 'node:os';
import { type Clock, memoryPercent, type ProcessSample, ProcessSampler } from '../../core/index.js';
import type { ProcessFigures } from './policy.js';
import type { Options } from './schema.js';

/** Where figures come from; tests have one of their own. */
export interface UsageSource {
  /** By pid; one that is gone is left out. Only what the options ask for is looked up. */
  look(
    pids: readonly number[],
    options: Pick<Options, 'process_children' | 'max_pss' | 'max_fds' | 'max_threads'>,
  ): readonly ProcessFigures[];
  close(): void;
}

/** Looks at the processes of this machine. */
export function systemUsage(clock: Clock): UsageSource {
  const sampler = new ProcessSampler({ clock });
  const memory_bytes = totalmem();
  return {
    look(pids, options) {
      const figures = (sample: ProcessSample): ProcessFigures => ({
        pid: sample.pid,
        cpu_percent: sample.cpu_percent,
        mem_percent: memoryPercent(sample.rss_bytes, memory_bytes),
        rss_bytes: sample.rss_bytes,
        pss_bytes: options.max_pss === null ? null : pssOf(sample.pid),
        fds: options.max_fds === null ? null : fdsOf(sample.pid),
        threads: options.max_threads === null ? null : threadsOf(sample.pid),
        children: sample.children.map(figures),
      });
      return [...sampler.sample(pids, options.process_children ? { children: 'direct' } : {}).values()].map(figures);
    },
    close: () => sampler.clear(),
  };
}

/** Bytes. @source proc(5), /proc/PID/smaps_rollup */
function pssOf(pid: number): number | null {
  const kilobytes = /^Pss:\s+(\d+) kB$/m.exec(read(pid, 'smaps_rollup'))?.[1];
  return kilobytes === undefined ? null : Number(kilobytes) * 1024;
}

/** @source proc(5), /proc/PID/status */
function threadsOf(pid: number): number | null {
  const threads = /^Threads:\s+(\d+)$/m.exec(read(pid, 'status'))?.[1];
  return threads === undefined ? null : Number(threads);
}

/** @source proc(5), /proc/PID/fd */
function fdsOf(pid: number): number | null {
  return orElse(() => readdirSync(`/proc/${pid}/fd`).length, null);
}

function read(pid: number, name: string): string {
  return orElse(() => readFileSync(`/proc/${pid}/${name}`, 'latin1'), '');
}

/** A process may be gone or somebody else's, and not every system has /proc: then nothing is known. */
function orElse<T>(look: () => T, otherwise: T): T {
  try {
    return look();
  } catch (error) {
    if (error instanceof Error && 'code' in error && ['ENOENT', 'ESRCH', 'EACCES', 'EPERM'].includes(String(error.code))) return otherwise;
    throw error;
  }
}
