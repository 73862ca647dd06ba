import type { BoundEndpoints } from '../../core/index.js';

/** What a daemon tells of itself; of one of Circus only the endpoint is known. */
export interface Answer {
  readonly endpoint: string;
  readonly pubsub_endpoint: string | null;
  readonly stats_endpoint: string | null;
  readonly host: string | null;
  readonly pid: number | null;
}

/** Circus's clients send an empty JSON text; a daemon answers anything. */
export const QUESTION = '""';

/** The answer as it goes over the wire: Circus's key first, in one datagram. */
export function encodeAnswer({ endpoint, pubsub_endpoint, stats_endpoint }: BoundEndpoints, host: string, pid: number): string {
  return JSON.stringify({ endpoint, pubsub_endpoint, stats_endpoint, host, pid });
}

/** Reads a datagram as the answer of a daemon; null for what is none. */
export function readAnswer(datagram: Uint8Array): Answer | null {
  let value: unknown;
  try {
    value = JSON.parse(new TextDecoder().decode(datagram));
  } catch {
    return null;
  }
  if (typeof value !== 'object' || value === null || !('endpoint' in value) || typeof value.endpoint !== 'string') return null;
  const fields: Readonly<Record<string, unknown>> = { ...value };
  const text = (key: string): string | null => (typeof fields[key] === 'string' ? fields[key] : null);
  const pid = fields.pid;
  return {
    endpoint: value.endpoint,
    pubsub_endpoint: text('pubsub_endpoint'),
    stats_endpoint: text('stats_endpoint'),
    host: text('host'),
    pid: typeof pid === 'number' && Number.isSafeInteger(pid) ? pid : null,
  };
}

/** Whether to answer: two daemons that took each other's answers for questions would never stop. */
export function isQuestion(datagram: Uint8Array): boolean {
  return readAnswer(datagram) === null;
}

/** An endpoint that is bound to every address of its machine, as others reach it. */
export function reachable(endpoint: string | null, address: string): string | null {
  return endpoint?.replace(/^tcp:\/\/(?:0\.0\.0\.0|\*)(?=:)/, `tcp://${address}`) ?? null;
}
