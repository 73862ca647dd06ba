import { isObject, type JsonObject, own } from './json-value.js';
import type { Findings } from './problem.js';

const ENDPOINTS = ['endpoint', 'pubsub_endpoint', 'stats_endpoint'] as const;

/** Whether only this machine reaches an endpoint: a unix socket, or TCP on the loopback. A name that is not known to be is not. */
export function isLocal(endpoint: string): boolean {
  const text = endpoint.toLowerCase();
  if (/^(?:ipc|inproc):\/\//.test(text)) return true;
  const host = /^tcp:\/\/(?:[^;]*;)?\[?([^\]]*?)\]?:[^:\]]*$/.exec(text)?.[1];
  if (host === undefined) return false;
  return /^(?:localhost|lo|lo0|::1|(?:::ffff:)?127\.\d{1,3}\.\d{1,3}\.\d{1,3})$/.test(host);
}

/** What is no address at all is open to nobody; it is an error of its own. */
export function checkAddresses(config: JsonObject, findings: Findings): void {
  for (const key of ENDPOINTS) {
    const found = own(config, key);
    if (typeof found !== 'string' || isAddress(found)) continue;
    const allowed = 'ipc://PATH or tcp://HOST:PORT';
    findings.error([key], { message: `must be ${allowed}, got ${JSON.stringify(found)}`, found, allowed });
  }
}

const isAddress = (endpoint: string): boolean => /^[a-z]+:\/\/./i.test(endpoint);

/** A unix socket without a file, and so without a mode. @source zmq_ipc(7), unix(7) */
const isAbstract = (endpoint: string): boolean => /^ipc:\/\/@/i.test(endpoint);

/**
 * Whoever reaches an endpoint runs commands as the daemon: one that other machines reach needs keys, or somebody who says that they may.
 * So does one that looks like a unix socket of the daemon's user, and is everybody's; keys are for TCP.
 * A circus.ini runs as it has always run, with a warning.
 */
export function checkExposure(config: JsonObject, isCircus: boolean, findings: Findings): void {
  if (own(config, 'allow_remote') === true) return;
  const hasKeys = isObject(own(config, 'curve'));
  for (const key of ENDPOINTS) {
    const found = own(config, key);
    if (typeof found !== 'string' || !isAddress(found)) continue;
    if (!isAbstract(found) && (hasKeys || isLocal(found))) continue;
    const does = key === 'endpoint' ? 'run commands as the user of the daemon' : 'see what it publishes';
    const [from, allowed, fix] = isAbstract(found)
      ? ['by every user of this machine, for it has no file', 'a path', 'use ipc:// with a path, or say `allow_remote`']
      : [
          'from other machines',
          'an address of this machine alone',
          'use an ipc:// socket or 127.0.0.1, or keys (see `curve` and `ringmaster keys`), or say `allow_remote`',
        ];
    const message = `can be reached ${from}, and whoever reaches it can ${does}, got ${JSON.stringify(found)}`;
    if (isCircus) findings.warn([key], { message, found, allowed, fix });
    else findings.error([key], { message, found, allowed, fix });
  }
}
