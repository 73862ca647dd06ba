import { type Verb, visible, visibleJson } from '../../../core/index.js';
import type { Client } from '../client.js';
import { SHARED_OPTIONS, talking } from './control-verb.js';
import { withClient } from './talk.js';

export interface ListenOptions {
  /** Prefixes of topics, none for all. */
  readonly topics: readonly string[];
  /** Address of the events, where the daemon is not to be asked for it. */
  readonly pubsub_endpoint?: string;
  /** Ends it, as SIGINT does. */
  readonly signal?: AbortSignal;
  print(topic: string, body: unknown): void;
}

/** Prints events until SIGINT, SIGTERM or the end of `signal`. */
export async function listen(client: Client, { topics, pubsub_endpoint, signal, print }: ListenOptions): Promise<void> {
  let ended = false;
  const end = (): void => {
    ended = true;
    client.close();
  };
  process.once('SIGINT', end).once('SIGTERM', end);
  signal?.addEventListener('abort', end);
  try {
    const events = client.events(topics.length === 0 ? [''] : topics, pubsub_endpoint === undefined ? {} : { pubsub_endpoint });
    for await (const { topic, body } of events) print(topic, body);
  } catch (error) {
    if (!ended) throw error;
  } finally {
    process.removeListener('SIGINT', end).removeListener('SIGTERM', end);
    signal?.removeEventListener('abort', end);
  }
}

export const listenVerb: Verb = {
  name: 'listen',
  summary: 'Show events as they happen',
  group: 'Watch:',
  usage: '[<topic>…]',
  description:
    'Prints each event until Ctrl-C. A topic is the start of what to listen to, `watcher.web.` say; without one it is everything.',
  options: SHARED_OPTIONS,
  examples: ['ringmaster listen watcher.web.', 'ringmaster listen --json | jq -c .'],
  run: (topics, values, io) =>
    talking('listen', '[<topic>…]', values, io, (target) =>
      withClient(target, (client) =>
        listen(client, {
          topics,
          print: (topic, body) => {
            io.stdout.write(`${values.json === true ? visibleJson({ topic, body }) : visible(eventLine(topic, body))}\n`);
          },
        }),
      ),
    ),
};

/** `12:30:01 watcher.web.reap process_pid=12 exit_code=-9`, the time in UTC from the event where that tells one. */
export function eventLine(topic: string, body: unknown): string {
  const { time, ...fields } = typeof body === 'object' && body !== null ? (body as Readonly<Record<string, unknown>>) : {};
  const at = new Date(typeof time === 'number' ? time * 1000 : Number.NaN);
  const clock = Number.isNaN(at.getTime()) ? [] : [at.toISOString().slice(11, 19)];
  const shown = Object.entries(fields).map(([key, value]) => `${key}=${typeof value === 'string' ? value : JSON.stringify(value)}`);
  return [...clock, topic, ...shown].join(' ');
}
