import { setTimeout as pause } from 'node:timers/promises';
import { Crew } from '../crew.js';
import { type Figure, quantile, type Sample } from '../figure.js';
import { ringmaster } from '../peers.js';
import { cpuMs, signal } from '../processes.js';
import { GIVEN_BACK_MS } from './idle.js';
import { SETTLED_MS } from './kill.js';

const KILLS = 200;
const IDLE_MS = 10_000;

interface Work {
  readonly workers: number;
  readonly kills: number;
  /** Until it is idle. */
  readonly wait_ms: number;
  readonly idle_ms: number;
}

/** Kills some of a crew, from all ages, one after the other, and lets the rest lie. */
async function grown({ workers, kills, wait_ms, idle_ms }: Work): Promise<Sample> {
  await using crew = await Crew.start(ringmaster, { workers, shape: 'one' });
  await pause(SETTLED_MS);
  const all = crew.workers;
  const [took_ms, used_ms]: [number[], number[]] = [[], []];
  let count = workers;
  for (let round = 0; round < kills; round++) {
    // Each once where there are enough: what has just begun may be held back.
    const victim = all[Math.floor(((round % workers) * all.length) / Math.min(kills, workers))];
    if (victim === undefined || !signal(victim.pid, 0)) continue;
    const before_ms = cpuMs(crew.pid);
    const killed_ms = performance.now();
    signal(victim.pid, 'SIGKILL');
    const begun = await crew.place.begun(++count);
    took_ms.push((begun.at(-1)?.at_ms ?? Number.NaN) - killed_ms);
    used_ms.push(cpuMs(crew.pid) - before_ms);
  }
  await pause(wait_ms);
  const [before_ms, begin_ms] = [cpuMs(crew.pid), performance.now()];
  await pause(idle_ms);
  const idle_percent = (100 * (cpuMs(crew.pid) - before_ms)) / (performance.now() - begin_ms);
  return { respawn_ms: quantile(took_ms, 0.5), respawn_cpu_ms: quantile(used_ms, 0.5), idle_cpu_percent: idle_percent };
}

const [FEW, MANY] = ['100 workers', '10,000 workers'];

export const growth: Figure = {
  title: 'SIGKILL of one of 100 and of 10,000 workers to the first instruction of its replacement, and idle',
  full: true,
  contenders: (scale) =>
    [
      { name: FEW, workers: scale.count(100, 2) },
      { name: MANY, workers: scale.count(10_000, 20) },
    ].map(({ name, workers }) => ({
      name,
      measure: () =>
        grown({ workers, kills: scale.count(KILLS, 2), wait_ms: scale.count(GIVEN_BACK_MS, 100), idle_ms: scale.count(IDLE_MS, 200) }),
    })),
  goals: [
    { of: MANY, metric: 'respawn_ms', sense: 'at most', than: { times: 1.3, of: FEW } },
    { of: MANY, metric: 'respawn_cpu_ms', sense: 'at most', than: { times: 1.3, of: FEW } },
    { of: MANY, metric: 'idle_cpu_percent', sense: 'at most', than: { value: 0.3 } },
  ],
};
