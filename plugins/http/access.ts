import { createHash, timingSafeEqual } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';
import { isIP } from 'node:net';
import type { HttpOptions } from './schema.js';

/** Why a request is not served. */
export interface Refusal {
  readonly status: number;
  readonly text: string;
  readonly headers?: Readonly<Record<string, string>>;
}

/** What is asked for by load balancers, who know no token. */
export const HEALTH = '/healthz';

type Access = Pick<HttpOptions, 'host' | 'socket' | 'allowed_hosts' | 'token'>;

/**
 * Why a request is refused before anybody looks at what it asks for; null where it is not. A web page in a browser of this machine
 * must not get at the daemon, by a name that leads here (DNS rebinding) or from another origin.
 */
export function refusal(method: string, path: string, headers: IncomingHttpHeaders, options: Access): Refusal | null {
  const { host, origin, authorization } = headers;
  if (options.socket === null && !isAllowed(host, options)) {
    return {
      status: 421,
      text: `host ${host ?? ''} is not served here; allowed are localhost, addresses, and allowed_hosts of the plugin http`,
    };
  }
  if (origin !== undefined && !(URL.canParse(origin) && isAllowed(new URL(origin).host, options))) {
    return { status: 403, text: `origin ${origin} is not allowed` };
  }
  if (options.token === null) {
    if (method === 'GET' || method === 'HEAD') return null;
    return { status: 403, text: `${method} is served only where the plugin http has a token` };
  }
  if (path === HEALTH || isToken(authorization, options.token)) return null;
  return { status: 401, text: 'a token is wanted: Authorization: Bearer TOKEN', headers: { 'www-authenticate': 'Bearer' } };
}

function isAllowed(host: string | undefined, { host: own, allowed_hosts }: Access): boolean {
  if (host === undefined || !URL.canParse(`http://${host}`)) return false;
  const name = new URL(`http://${host}`).hostname.replace(/^\[(.*)\]$/, '$1');
  return isIP(name) !== 0 || [own, 'localhost', ...allowed_hosts].some((allowed) => allowed.toLowerCase() === name);
}

function isToken(authorization: string | undefined, token: string): boolean {
  const given = /^Bearer +(\S+)$/i.exec(authorization ?? '')?.[1];
  return given !== undefined && timingSafeEqual(digest(given), digest(token));
}

/** Of one length, as the comparison needs. */
function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}
