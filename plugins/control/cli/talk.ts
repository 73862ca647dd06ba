import { EXIT_STATUS, isRingmasterError } from '../../../core/index.js';
import { Client, type ClientKeys } from '../client.js';
import { ArgumentError, type Reply } from '../command.js';
import type { Choice } from './endpoint.js';
import type { SshTunnel } from './tunnel.js';

/** A daemon to talk to, and how long to wait for each answer. */
export interface Target extends Choice {
  readonly timeout_ms: number;
  /** Keys, where the daemon wants some. */
  readonly curve?: ClientKeys | undefined;
  /** The way to it, where it is on another machine. */
  readonly tunnel?: SshTunnel;
  /** The tunnel is used again: whoever made it closes it. */
  readonly keeps_tunnel?: boolean;
}

/** Talks to a daemon for as long as `talk` takes. @throws RM_SSH where there is no way to it */
export async function withClient<T>({ tunnel, keeps_tunnel, ...target }: Target, talk: (client: Client) => Promise<T>): Promise<T> {
  if (tunnel === undefined) return talking(new Client(patient(target)), talk);
  try {
    const endpoint = await tunnel.reach(target.endpoint);
    return await talking(
      new Client({ ...patient(target), endpoint, far_endpoint: target.endpoint, reach: (address) => tunnel.reach(address) }),
      talk,
    );
  } catch (error) {
    throw await tunnel.explained(error);
  } finally {
    if (keeps_tunnel !== true) await tunnel.close();
  }
}

/** A daemon that was there may be away as long as its answer may take. */
function patient<T extends Pick<Target, 'timeout_ms'>>(target: T): T & { readonly reconnect_ms: number } {
  return { ...target, reconnect_ms: target.timeout_ms };
}

async function talking<T>(client: Client, talk: (client: Client) => Promise<T>): Promise<T> {
  try {
    return await talk(client);
  } finally {
    client.close();
  }
}

/** Why a daemon that is there did not let the client in; undefined for other errors. */
export function handshakeOf(error: unknown): string | undefined {
  if (!isRingmasterError(error, 'RM_CLIENT_REFUSED')) return undefined;
  const { handshake } = error.context;
  return typeof handshake === 'string' ? handshake : undefined;
}

/** Why the daemon refused; without Circus's mark of an error that came late where the error is one of ours, which says it all. */
function reasonOf(reason: string, { code }: Reply): string {
  return code === undefined ? reason : reason.replace(/^server error: /, '');
}

/** What to print, and the exit status, where there is no answer or one that says no. */
export interface Failure {
  readonly status: number;
  readonly text: string;
  /** The daemon's answer, if there is one. */
  readonly reply?: Reply;
}

/**
 * What became of a request that failed.
 *
 * @throws the error itself where it is none of those that a person can do something about
 */
export function failureOf(error: unknown, { endpoint, passed_over, timeout_ms }: Target): Failure {
  if (error instanceof ArgumentError) return { status: EXIT_STATUS.failed, text: error.message };
  if (isRingmasterError(error, 'RM_CLIENT_REPLY')) {
    const reply = error.context.reply as Reply;
    return { status: EXIT_STATUS.refused, text: `error: ${reasonOf(error.message, reply)}`, reply };
  }
  if (isRingmasterError(error, 'RM_CLIENT_TIMEOUT')) {
    return {
      status: EXIT_STATUS.failed,
      text: [
        `Timed out. No answer from ${endpoint} within ${timeout_ms / 1000} s`,
        'Is the daemon elsewhere? Name its address with --endpoint. Does the request take longer? Raise --timeout.',
      ].join('\n'),
    };
  }
  if (isRingmasterError(error, 'RM_CLIENT_REFUSED')) {
    if (handshakeOf(error) !== undefined) return { status: EXIT_STATUS.failed, text: error.message };
    return {
      status: EXIT_STATUS.failed,
      text: [
        error.message,
        ...(passed_over === undefined ? [] : [`There is no ${passed_over} either, where a daemon of yours would listen.`]),
        'Start one with `ringmaster run FILE`, or name the address of one that runs with --endpoint or RINGMASTER_ENDPOINT.',
      ].join('\n'),
    };
  }
  if (isRingmasterError(error)) return { status: EXIT_STATUS.failed, text: `${error.message}; ${error.fix}` };
  throw error;
}
