import { setTimeout as pause } from 'node:timers/promises';
import { type Crew, crews } from '../crew.js';
import { type Figure, quantile, type Sample } from '../figure.js';
import { PEERS, replacing } from '../peers.js';
import { signal } from '../processes.js';

/** What ends within a second is held back by runit and s6. */
export const SETTLED_MS = 1200;
/** Those that take seconds for each are not asked 200 times. */
const PATIENCE_MS = 6000;

/** Kills each once, one after the other. */
async function kills({ place, workers }: Crew): Promise<Sample> {
  await pause(SETTLED_MS);
  const took_ms: number[] = [];
  const end_ms = performance.now() + PATIENCE_MS;
  let count = workers.length;
  for (const { pid } of workers) {
    const killed_ms = performance.now();
    signal(pid, 'SIGKILL');
    const begun = await place.begun(++count);
    took_ms.push((begun.at(-1)?.at_ms ?? Number.NaN) - killed_ms);
    if (performance.now() > end_ms) break;
  }
  return { median_ms: quantile(took_ms, 0.5), p99_ms: quantile(took_ms, 0.99), worst_ms: Math.max(...took_ms), kills: took_ms.length };
}

export const kill: Figure = {
  title: 'SIGKILL of one of 200 workers to the first instruction of its replacement',
  contenders: (scale) => crews([replacing, ...PEERS], scale.count(200, 2), kills),
  goals: ['ringmaster', 'ringmaster, one each'].flatMap((of) => [
    { of, metric: 'median_ms', sense: 'at most', than: { times: 0.6, of: 'runit' } },
    { of, metric: 'worst_ms', sense: 'at most', than: { times: 1, of: 'runit' } },
  ]),
};
