import { existsSync } from 'node:fs';
import { dirname } from 'node:path';
import { messageOf, RingmasterError, trustedPath } from '../../../core/index.js';
import { ArgumentError } from '../command.js';
import { defaultEndpoints } from '../endpoints.js';
import { isInGap } from '../gap.js';
import { strangerAt } from '../holder.js';

type Env = Readonly<Record<string, string | undefined>>;

/** Where Circus's daemon listens. */
const CIRCUS_ENDPOINT = 'tcp://127.0.0.1:5555';

/** The address of a daemon. */
export interface Choice {
  readonly endpoint: string;
  /** Where one's own would listen, which is not there: Circus's is tried instead. */
  readonly passed_over?: string;
}

/**
 * Which daemon to talk to: the one named, else that of the environment, else the one in the runtime directory, else Circus's.
 *
 * @param variables names of environment variables, the one that counts most first
 * @param is_remote the daemon is on another machine, whose runtime directory is not known
 * @throws ArgumentError for what is no address; RM_CLIENT_REFUSED where a stranger has made the directory, or the socket in a shared one
 */
export function chooseEndpoint(
  given: string | undefined,
  variables: readonly string[],
  env: Env,
  is_remote = false,
  uid: number | undefined = process.getuid?.(),
): Choice {
  const source = given === undefined ? variables.find((name) => env[name]) : '--endpoint';
  if (source !== undefined) {
    const named = checked(given ?? env[source] ?? '', source);
    if (!is_remote) mustNotBePlanted(named);
    return { endpoint: named };
  }
  if (is_remote) return { endpoint: CIRCUS_ENDPOINT };
  const { endpoint } = defaultEndpoints(env, uid);
  const path = endpoint.slice('ipc://'.length);
  if (!existsSync(path) && !isInGap(endpoint)) return { endpoint: CIRCUS_ENDPOINT, passed_over: endpoint };
  if (!env.RINGMASTER_RUNTIME_DIR) mustBeOwn(endpoint, dirname(path));
  return { endpoint };
}

/** Nobody has named Circus's port, and anybody can listen there while no daemon does. @throws RM_CLIENT_REFUSED */
export function mustNotBeStrangers({ endpoint, passed_over }: Choice, stranger = strangerAt): void {
  if (passed_over === undefined) return;
  const uid = stranger(Number(endpoint.slice(endpoint.lastIndexOf(':') + 1)));
  if (uid === undefined) return;
  throw new RingmasterError('RM_CLIENT_REFUSED', [endpoint, `what listens there belongs to uid ${uid}, and nobody has named it`]);
}

/** A stranger can listen at a name in a shared directory while the daemon is down, and would be told what the daemon is to be told. */
function mustNotBePlanted(endpoint: string): void {
  const path = /^ipc:\/\/([^@*].*)$/.exec(endpoint)?.[1];
  if (path !== undefined && existsSync(path)) mustBeOwn(endpoint, path);
}

/** Where nobody has named the directory, one that a stranger has made leads to a daemon of the stranger's. */
function mustBeOwn(endpoint: string, path: string): void {
  try {
    trustedPath(path);
  } catch (cause) {
    throw new RingmasterError('RM_CLIENT_REFUSED', [endpoint, messageOf(cause)], { cause });
  }
}

function checked(endpoint: string, source: string): string {
  if (/^(tcp:\/\/[^\s/]+:\d+|ipc:\/\/.+)$/.test(endpoint)) return endpoint;
  throw new ArgumentError(`${source} must be tcp://HOST:PORT or ipc://PATH, got "${endpoint}"`);
}

/** @returns ms; @throws ArgumentError for what is no number of seconds above zero */
export function timeoutOf(given: string | undefined, default_s: number, option = '--timeout'): number {
  const seconds = given === undefined ? default_s : Number(given);
  if (Number.isFinite(seconds) && seconds > 0) return seconds * 1000;
  throw new ArgumentError(`${option} must be a number of seconds above 0, got "${given}"`);
}
