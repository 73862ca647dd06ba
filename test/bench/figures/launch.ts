import { crews, workersOf } from '../crew.js';
import type { Figure } from '../figure.js';
import { limit, PEERS } from '../peers.js';

export const launch: Figure = {
  title: 'start 1,000 workers: from the launch of the supervisor to the first instruction of the last worker',
  contenders: (scale) =>
    crews([limit, ...PEERS], workersOf(scale), async ({ started_ms, workers, cpu_ms }) => ({
      last_ms: Math.max(...workers.map(({ at_ms }) => at_ms)) - started_ms,
      cpu_ms,
    })),
  goals: ['ringmaster', 'ringmaster, one each'].map((of) => ({
    of,
    metric: 'last_ms',
    sense: 'at most',
    than: { times: 1.5, of: limit.name },
  })),
};
