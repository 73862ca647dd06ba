import type { VerbOption, VerbValues } from '../../../core/index.js';
import { ArgumentError } from '../command.js';

/** Options of everything that can talk to a daemon on another machine; Circus's names. */
export const SSH_OPTIONS: readonly VerbOption[] = [
  { name: 'ssh', value: 'USER@HOST', summary: 'reach the daemon through ssh; --endpoint is its address over there' },
  { name: 'ssh_keyfile', value: 'FILE', completes: 'files', summary: "private key for --ssh (ssh's own)" },
];

/** Where ssh connects to, and as whom. */
export interface SshServer {
  /** As typed, for messages. */
  readonly given: string;
  /** `HOST` or `USER@HOST`. */
  readonly destination: string;
  readonly port: number | null;
  readonly keyfile: string | null;
}

/**
 * The machine that `--ssh` names: `[USER@]HOST[:PORT]`; null without it.
 *
 * @throws ArgumentError
 */
export function sshServer(values: VerbValues): SshServer | null {
  const { ssh, ssh_keyfile } = values;
  if (typeof ssh !== 'string') {
    if (ssh_keyfile !== undefined) throw new ArgumentError('--ssh_keyfile is the key for --ssh USER@HOST, which is missing');
    return null;
  }
  const keyfile = typeof ssh_keyfile === 'string' ? ssh_keyfile : null;
  // An IPv6 address has colons of its own; with a port it stands in brackets.
  const [, user = '', bracketed, plain, port] =
    /^([^@\s-][^@\s]*@)?(?:\[([0-9A-Fa-f:.%]+)\]|([^@\s:[\]-][^@\s:[\]]*))(?::(\d+))?$/.exec(ssh) ?? [];
  const host = bracketed ?? plain;
  if (host !== undefined) return { given: ssh, destination: `${user}${host}`, port: port === undefined ? null : Number(port), keyfile };
  if (/^([^@\s-][^@\s]*@)?[0-9A-Fa-f]*:[0-9A-Fa-f:.]*:[0-9A-Fa-f:.%\w]*$/.test(ssh))
    return { given: ssh, destination: ssh, port: null, keyfile };
  throw new ArgumentError(`--ssh must be [USER@]HOST[:PORT], got "${ssh}"`);
}

/**
 * A ZeroMQ address as the far end of a forwarding: `HOST:PORT` or a path.
 *
 * @throws ArgumentError for an address that can't be forwarded to
 */
export function farEnd(endpoint: string): string {
  const [, host, port] = /^tcp:\/\/(.+):(\d+)$/.exec(endpoint) ?? [];
  if (host !== undefined) return `${/^(\*|0\.0\.0\.0)$/.test(host) ? '127.0.0.1' : host}:${port}`;
  const path = /^ipc:\/\/(\/.+)$/.exec(endpoint)?.[1];
  if (path !== undefined) return path;
  throw new ArgumentError(`through ssh an address must be tcp://HOST:PORT or ipc:///PATH, got "${endpoint}"`);
}

/** Words after `ssh` that forward connections to the socket `local` to the address `endpoint` over there, and do nothing else. */
export function sshArguments(
  { destination, port, keyfile }: SshServer,
  local: string,
  endpoint: string,
  timeout_s: number,
): readonly string[] {
  return [
    // No command, no terminal, no agent and X11 over there, and no connection of somebody else's that would outlive this one.
    ...['-N', '-T', '-a', '-x', '-S', 'none'],
    ...['-o', 'ExitOnForwardFailure=yes', '-o', `ConnectTimeout=${timeout_s}`, '-o', 'ServerAliveInterval=15'],
    ...(keyfile === null ? [] : ['-i', keyfile]),
    ...(port === null ? [] : ['-p', String(port)]),
    ...['-L', `${local}:${farEnd(endpoint)}`, '--', destination],
  ];
}

/** What of the words of ssh says why: the last line that is no warning. */
export function reasonOf(stderr: string): string | undefined {
  const lines = stderr.split(/[\r\n]+/).filter((line) => line.trim() !== '');
  return (lines.findLast((line) => !line.startsWith('Warning: ')) ?? lines.at(-1))?.trim();
}
