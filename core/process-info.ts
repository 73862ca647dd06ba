import type { Stats } from './hooks.js';
import type { ProcessSample } from './os/process-sampler.js';

/** What a process and all that is below it use together. */
export interface ProcessTotals {
  readonly processes: number;
  readonly cpu_percent: number;
  readonly rss_bytes: number;
}

/**
 * A sample in Circus's words: memory as text and as percent of the machine's, times in seconds, children one level deep.
 *
 * @param memory_bytes what the machine has
 */
export function processInfo(sample: ProcessSample, memory_bytes: number): Stats {
  return {
    ...ownInfo(sample, memory_bytes),
    children: sample.children.map((child) => ({ ...ownInfo(child, memory_bytes), children: [] })),
  };
}

function ownInfo(sample: ProcessSample, memory_bytes: number): Stats {
  return {
    mem_info1: humanBytes(sample.rss_bytes),
    mem_info2: humanBytes(sample.vms_bytes),
    cpu: sample.cpu_percent,
    mem: memoryPercent(sample.rss_bytes, memory_bytes),
    ctime: cpuTime(sample.cpu_s),
    pid: sample.pid,
    username: sample.username,
    nice: sample.nice,
    create_time: sample.create_time_s,
    age: sample.age_s,
    cmdline: sample.cmdline,
  };
}

/** With three decimals. */
export function memoryPercent(rss_bytes: number, memory_bytes: number): number {
  return Math.round((rss_bytes / memory_bytes) * 100_000) / 1000;
}

/** Sums over a process and the descendants that were sampled with it. */
export function processTotals(sample: ProcessSample): ProcessTotals {
  let totals: ProcessTotals = { processes: 1, cpu_percent: sample.cpu_percent, rss_bytes: sample.rss_bytes };
  for (const child of sample.children) {
    const below = processTotals(child);
    totals = {
      processes: totals.processes + below.processes,
      cpu_percent: totals.cpu_percent + below.cpu_percent,
      rss_bytes: totals.rss_bytes + below.rss_bytes,
    };
  }
  return totals;
}

const UNITS = ['K', 'M', 'G', 'T', 'P'];

/** Bytes as text such as `3.20M`, and `512B` below a kilobyte. */
export function humanBytes(bytes: number): string {
  const power = Math.min(Math.floor(Math.log2(Math.max(1, bytes)) / 10), UNITS.length);
  return power === 0 ? `${bytes}B` : `${(bytes / 1024 ** power).toFixed(2)}${UNITS[power - 1]}`;
}

/** Processor time as `m:ss.cc`. */
export function cpuTime(time_s: number): string {
  const whole = Math.floor(time_s);
  const hundredths = Math.floor((time_s - whole) * 100 + 1e-6);
  const two = (value: number): string => String(value).padStart(2, '0');
  return `${Math.floor(whole / 60)}:${two(whole % 60)}.${two(hundredths)}`;
}
