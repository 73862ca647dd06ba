import { setTimeout as pause } from 'node:timers/promises';
import { crews } from '../crew.js';
import type { Figure } from '../figure.js';
import { limit, PEERS, replacing } from '../peers.js';
import { signal } from '../processes.js';
import { SETTLED_MS } from './kill.js';

export const burst: Figure = {
  title: '500 workers killed at once: from the first SIGKILL to the first instruction of the last replacement',
  contenders: (scale) => [
    // As many spawned at once are what replacing them takes at least.
    ...crews([limit], scale.count(500, 5), async ({ started_ms, workers, cpu_ms }) => ({
      last_ms: Math.max(...workers.map(({ at_ms }) => at_ms)) - started_ms,
      cpu_ms,
    })),
    ...crews([replacing, ...PEERS], scale.count(500, 5), async (crew) => {
      const { place, workers } = crew;
      await pause(SETTLED_MS);
      const before_ms = crew.cpu_ms;
      const killed_ms = performance.now();
      for (const { pid } of workers) signal(pid, 'SIGKILL');
      const begun = await place.begun(workers.length * 2);
      return { last_ms: Math.max(...begun.map(({ at_ms }) => at_ms)) - killed_ms, cpu_ms: crew.cpu_ms - before_ms };
    }),
  ],
  goals: ['ringmaster', 'ringmaster, one each'].map((of) => ({
    of,
    metric: 'last_ms',
    sense: 'at most',
    than: { times: 1.1, of: limit.name },
  })),
};
