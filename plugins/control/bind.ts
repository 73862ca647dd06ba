import { execFile } from 'node:child_process';
import { dirname } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import type { Router, XPublisher } from 'zeromq';
import { RingmasterError, trustedPath } from '../../core/index.js';
import { holderOf } from './holder.js';
import { type Address, bindUnixSocket, isSocketThere, probe, reasonOf } from './unix-socket.js';

/** ZeroMQ closes sockets in a thread of its own, a little later than it is told to. */
const LATE_CLOSE_MS = 100;
const RETRY_MS = 10;

export interface Bound {
  /** The address as clients need it; with the real port where any free one was asked for. */
  readonly endpoint: string;
  /** Ends listening, seen and not assumed, and closes the socket; what was sent before has `flush_ms` to get out. */
  close(flush_ms: number): Promise<void>;
}

/**
 * Binds a socket to an endpoint; an ipc endpoint for its owner only.
 *
 * @param owner user, by name or number, who gets the socket file of an ipc endpoint
 * @throws RM_ENDPOINT_BIND that says why, and who holds the endpoint where that can be known
 */
export async function bindEndpoint(socket: Router | XPublisher, endpoint: string, owner: string | number | null): Promise<Bound> {
  try {
    const path = /^ipc:\/\/([^@*].*)$/.exec(endpoint)?.[1];
    if (path === undefined) return await bindAddress(socket, endpoint);
    const owner_uid = owner === null ? null : await userId(owner);
    trustedPath(dirname(path));
    if (isSocketThere(path) && !(await freeSoon({ path }))) throw new InUse('somebody listens there already');
    const remove = await bindUnixSocket(path, owner_uid, (inside) => socket.bind(`ipc://${inside}`));
    return {
      endpoint,
      close(flush_ms) {
        remove();
        return close(socket, flush_ms);
      },
    };
  } catch (cause) {
    const in_use = cause instanceof InUse || codeOf(cause) === 'EADDRINUSE';
    const holder = in_use ? holderOf(endpoint) : undefined;
    const why = `${reasonOf(cause)}${holder === undefined ? '' : `, held by ${holder}`}`;
    throw new RingmasterError('RM_ENDPOINT_BIND', [endpoint, why], { cause, context: { endpoint, ...(holder && { holder }) } });
  }
}

class InUse extends Error {}

const codeOf = (error: unknown): unknown => (error instanceof Error && 'code' in error ? error.code : undefined);

async function bindAddress(socket: Router | XPublisher, endpoint: string): Promise<Bound> {
  const until = performance.now() + LATE_CLOSE_MS;
  for (;;) {
    try {
      await socket.bind(endpoint);
      const any_port = /:(\*|0)$/.test(endpoint) || endpoint === 'ipc://*';
      return { endpoint: any_port ? (socket.lastEndpoint ?? endpoint) : endpoint, close: (flush_ms) => close(socket, flush_ms) };
    } catch (error) {
      if (codeOf(error) !== 'EADDRINUSE' || performance.now() >= until) throw error;
      await sleep(RETRY_MS);
    }
  }
}

/**
 * Not by unbinding first: that goes on in another thread, and ZeroMQ does not stand a socket being read meanwhile.
 */
async function close(socket: Router | XPublisher, flush_ms: number): Promise<void> {
  const [, host, port] = /^tcp:\/\/\[?(.+?)\]?:(\d+)$/.exec(socket.lastEndpoint ?? '') ?? [];
  socket.linger = flush_ms;
  socket.close();
  if (host !== undefined) await freeSoon({ host, port: Number(port) });
}

/** Whether nobody listens, now or in a moment. */
async function freeSoon(address: Address): Promise<boolean> {
  const until = performance.now() + LATE_CLOSE_MS;
  while ((await probe(address)) === 'live') {
    if (performance.now() >= until) return false;
    await sleep(RETRY_MS);
  }
  return true;
}

/** The uid of a user; id(1) knows every user database of the machine. */
async function userId(owner: string | number): Promise<number> {
  if (typeof owner === 'number' || /^\d+$/.test(owner)) return Number(owner);
  try {
    return Number((await promisify(execFile)('id', ['-u', '--', owner])).stdout);
  } catch (cause) {
    throw new Error(`endpoint_owner: there is no user "${owner}"`, { cause });
  }
}
