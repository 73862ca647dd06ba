import { setTimeout as pause } from 'node:timers/promises';
import { crews, workersOf } from '../crew.js';
import type { Figure } from '../figure.js';
import { PEERS } from '../peers.js';
import { cpuMs, pssMib } from '../processes.js';

const sum = (values: readonly number[]): number => values.reduce((all, value) => all + value, 0);

/** V8 gives back what a start, or so, has left once 16 s have gone by; it is no cost of being idle, and would be in one run and not in the next. */
export const GIVEN_BACK_MS = 20_000;

export const idle: Figure = {
  title: 'idle with 1,000 workers: all processes that supervise',
  contenders: (scale) =>
    crews(PEERS, workersOf(scale), async (crew) => {
      await pause(scale.count(GIVEN_BACK_MS, 100));
      const pids = crew.overhead;
      const before_ms = sum(pids.map(cpuMs));
      const begin_ms = performance.now();
      await pause(scale.count(10_000, 200));
      const used_ms = sum(pids.map(cpuMs)) - before_ms;
      return { cpu_percent: (100 * used_ms) / (performance.now() - begin_ms), pss_mib: sum(pids.map(pssMib)), processes: pids.length };
    }),
  goals: ['ringmaster', 'ringmaster, one each'].flatMap((of) => [
    { of, metric: 'cpu_percent', sense: 'at most', than: { value: 0.1 } },
    { of, metric: 'pss_mib', sense: 'at most', than: { value: 70 } },
  ]),
};
