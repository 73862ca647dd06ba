import { setTimeout as pause } from 'node:timers/promises';
import { crews, workersOf } from '../crew.js';
import type { Figure } from '../figure.js';
import { limit, PEERS } from '../peers.js';
import { SETTLED_MS } from './kill.js';

export const stop: Figure = {
  title: 'stop 1,000 workers: from the signal to the supervisor to when no worker is left',
  contenders: (scale) =>
    crews([limit, ...PEERS], workersOf(scale), async (crew) => {
      await pause(SETTLED_MS);
      return { gone_ms: await crew.stop() };
    }),
  goals: ['ringmaster', 'ringmaster, one each'].map((of) => ({ of, metric: 'gone_ms', sense: 'at most', than: { times: 1, of: 's6' } })),
};
