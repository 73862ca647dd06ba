import { RingmasterError } from '../errors.js';
import { FACILITIES, type Facility } from './syslog-line.js';

/** Where syslog listens: at a port, or at a socket of this machine. */
export interface SyslogOutput {
  readonly kind: 'syslog';
  /** As in the config, for messages. */
  readonly url: string;
  readonly at: { readonly host: string; readonly port: number } | { readonly path: string };
  readonly facility: Facility;
  /** What the config calls a facility, and is none. */
  readonly unknown_facility?: string;
}

/** Where the daemon's log goes. */
export type LogOutput = { readonly kind: 'stdout' } | { readonly kind: 'file'; readonly file: string } | SyslogOutput;

const SYSLOG_PORT = 514;

/**
 * Reads `logoutput`: `-`, `stdout` or nothing, a file, `syslog://HOST[:PORT]?FACILITY` or `syslog:///PATH?FACILITY`.
 *
 * @throws RM_LOG_OPEN for another address of syslog
 * @source Circus's configure_logger
 */
export function parseLogOutput(text: string | null): LogOutput {
  if (text === null || text === '' || text === '-' || text === 'stdout') return { kind: 'stdout' };
  if (!text.startsWith('syslog://')) return { kind: 'file', file: text };
  const [, authority = '', path = '', query = ''] = /^syslog:\/\/([^/?]*)([^?]*)(?:\?(.*))?$/.exec(text) ?? [];
  const is_known = Object.hasOwn(FACILITIES, query);
  const rest = {
    kind: 'syslog',
    url: text,
    facility: is_known ? (query as Facility) : 'user',
    ...(query !== '' && !is_known && { unknown_facility: query }),
  } as const;
  if (authority === '' && path.length > 1) return { ...rest, at: { path } };
  const [, bracketed, plain, port] = /^(?:\[([^\]]+)\]|([^:[\]]+))(?::(\d{1,5}))?$/.exec(authority) ?? [];
  const host = bracketed ?? plain;
  if (host === undefined) {
    const allowed = 'syslog://HOST[:PORT]?FACILITY or syslog:///PATH?FACILITY, such as syslog:///dev/log?daemon';
    throw new RingmasterError('RM_LOG_OPEN', [text, `an address of syslog must be ${allowed}`]);
  }
  return { ...rest, at: { host, port: port === undefined ? SYSLOG_PORT : Number(port) } };
}
