import { setTimeout as sleep } from 'node:timers/promises';
import { isRingmasterError } from '../../../../core/index.js';
import { objectOf } from '../../arguments.js';
import type { Client } from '../../client.js';
import { Feed } from './feed.js';
import { DAEMON, processRow, type Snapshot } from './snapshot.js';

/** Where the view gets its figures from. */
export interface Source {
  /** What is known now. */
  look(): Promise<Snapshot>;
  /** Whether there were enough looks for rates. */
  isReady(): boolean;
}

export interface SourceOptions {
  readonly client: Client;
  /** Null where there is a control endpoint to ask for it. */
  readonly stats_endpoint: string | null;
  /** How long a process counts of which nothing more is published. */
  readonly keep_ms: number;
  readonly signal: AbortSignal;
  /** Told when nothing more can come. */
  onFailure(error: unknown): void;
}

const PREFIX = 'stat.';
/** The first figures are no rates yet. */
const ROUNDS = 2;

/**
 * The statistics endpoint where the daemon has one, its command `stats` otherwise.
 *
 * @throws RM_CLIENT_REFUSED where nothing listens
 */
export async function openSource(options: SourceOptions): Promise<Source> {
  const { client, stats_endpoint } = options;
  if (stats_endpoint !== null) return feedSource(options, stats_endpoint, async () => ({}));
  const { options: daemon } = await client.call('globaloptions');
  const published = objectOf(daemon).stats_endpoint;
  if (typeof published === 'string' && published !== '') {
    try {
      return await feedSource(options, published, () => statusesOf(client));
    } catch (error) {
      // It has an address for statistics, and publishes none.
      if (!isRingmasterError(error, 'RM_CLIENT_REFUSED')) throw error;
    }
  }
  return pollSource(client);
}

async function feedSource(
  { client, keep_ms, signal, onFailure }: SourceOptions,
  endpoint: string,
  statuses: () => Promise<Readonly<Record<string, string>>>,
): Promise<Source> {
  const events = client.events([PREFIX], { pubsub_endpoint: endpoint });
  await events.opened;
  const feed = new Feed(keep_ms);
  const read = async (): Promise<void> => {
    for await (const { topic, body } of events) feed.take(topic, body, performance.now());
  };
  signal.addEventListener('abort', () => events.close(), { once: true });
  read().catch((error: unknown) => {
    if (!signal.aborted) onFailure(error);
  });
  return {
    look: async () => feed.snapshot(performance.now(), await statuses()),
    isReady: () => feed.rounds >= ROUNDS,
  };
}

function pollSource(client: Client): Source {
  let rounds = 0;
  return {
    async look() {
      const [{ infos }, { info }, statuses] = await Promise.all([client.call('stats'), client.call('dstats'), statusesOf(client)]);
      rounds++;
      const rows = (found: unknown) =>
        Object.values(objectOf(found))
          .filter((one) => typeof one === 'object')
          .map((one) => processRow(objectOf(one)));
      const watchers = Object.entries(objectOf(infos)).map(([name, found]) => ({
        name,
        status: statuses[name] ?? null,
        processes: rows(found),
      }));
      const daemon = { name: DAEMON, status: null, processes: [processRow(objectOf(info))] };
      return { watchers: [...watchers, daemon], sockets: [] };
    },
    isReady: () => rounds >= ROUNDS,
  };
}

async function statusesOf(client: Client): Promise<Readonly<Record<string, string>>> {
  const { statuses } = await client.call('status');
  return Object.fromEntries(Object.entries(objectOf(statuses)).map(([name, status]) => [name, String(status)]));
}

const ROUND_MS = 1000;
const LONGEST_MS = 5000;

/** The first look that has rates, or the last one when none comes in time. */
export async function firstLook(source: Source, signal: AbortSignal): Promise<Snapshot> {
  const end_ms = performance.now() + LONGEST_MS;
  for (;;) {
    const snapshot = await source.look();
    if (source.isReady() || performance.now() >= end_ms) return snapshot;
    await sleep(ROUND_MS, undefined, { signal });
  }
}
