import { lookup } from 'node:dns/promises';
import { type BigIntStats, chmodSync, fstatSync, lstatSync, readFileSync, renameSync, rmSync, unlinkSync } from 'node:fs';
import { isIPv4, isIPv6 } from 'node:net';
import { errnoOf, OsError } from '../os-error.js';
import type { ListeningSocket, ListenSpec, SocketIdentity } from '../port.js';
import { AF, inetAddress, LONGEST_PATH_BYTES, readInetAddress, unixAddress } from './address.js';
import type { Arrivals } from './arrivals.js';
import { check } from './fds.js';
import { C, type Libc } from './libc.js';
import type { Watch } from './watch.js';

/** What tells of connections. */
export interface Watches {
  readonly watch: Watch;
  readonly arrivals: Arrivals;
}

/** @source socket(2) and asm-generic/socket.h of Linux, for the processors that Node runs on */
export const TYPES = { SOCK_STREAM: 1, SOCK_DGRAM: 2, SOCK_RAW: 3, SOCK_RDM: 4, SOCK_SEQPACKET: 5 } as const;
export const SOL_SOCKET = 1;
const OPTIONS = { SO_REUSEADDR: 2, SO_REUSEPORT: 15, SO_BINDTODEVICE: 25 } as const;
export const ADDRESS_BYTES = 128;
const ALL_BITS = 0o777;
/** Those that are not in /etc/protocols of every machine. */
const PROTOCOLS: Readonly<Record<string, number>> = { ip: 0, icmp: 1, tcp: 6, udp: 17, 'ipv6-icmp': 58, sctp: 132 };

/**
 * Opens a socket, binds it and has it listen.
 *
 * @param watches null where nothing can tell of connections
 * @throws OsError that says what could not be done
 */
export async function listen(libc: Libc, watches: Watches | null, spec: ListenSpec): Promise<ListeningSocket> {
  const unix = spec.family === 'AF_UNIX';
  const where = unix ? `${spec.path}` : `${spec.host}:${spec.port}`;
  const host = unix ? '' : await numeric(spec);
  const protocol = spec.proto === null ? 0 : protocolNumber(spec.proto);
  const type = TYPES[spec.type] | C.O_CLOEXEC;
  const fd = check(libc, libc.socket(AF[spec.family], type, protocol), 'socket', `cannot open a socket ${spec.family} ${spec.type}`);
  try {
    setOptions(libc, fd, spec);
    const file = unix ? bindPath(libc, fd, spec) : bindHost(libc, fd, host, spec.port, where);
    if (takesConnections(spec)) {
      check(libc, libc.listen(fd, spec.backlog), 'listen', `cannot listen at ${where}`);
    }
    setBlocking(libc, fd, spec.blocking);
    return new Listening({ libc, watches }, fd, spec, file);
  } catch (error) {
    libc.close(fd);
    throw error;
  }
}

/** A socket that is open already: taken back from another process. @param file which file is its own, as its identity told */
export function listening(libc: Libc, watches: Watches | null, fd: number, spec: ListenSpec, file: string | null): ListeningSocket {
  return new Listening({ libc, watches }, fd, spec, file);
}

class Listening implements ListeningSocket {
  readonly fd: number;
  readonly host: string | null = null;
  readonly port: number | null = null;
  readonly #libc: Libc;
  readonly #watches: Watches | null;
  #path: string | null;
  #blocking: boolean;
  #umask: number | null;
  /** Which file is ours; null where there is none. */
  readonly #file: string | null;
  readonly #waiting = new Set<Disposable>();
  #closed = false;

  constructor(kernel: { readonly libc: Libc; readonly watches: Watches | null }, fd: number, spec: ListenSpec, file: string | null) {
    const { libc, watches } = kernel;
    this.fd = fd;
    this.#path = spec.path;
    this.#libc = libc;
    this.#watches = watches;
    this.#blocking = spec.blocking;
    this.#umask = spec.umask;
    this.#file = file;
    if (spec.family !== 'AF_UNIX') {
      const address = Buffer.alloc(ADDRESS_BYTES);
      check(libc, libc.getsockname(fd, address, int(ADDRESS_BYTES)), 'getsockname', 'cannot read the address of a socket');
      ({ host: this.host, port: this.port } = readInetAddress(address));
    }
  }

  get path(): string | null {
    return this.#path;
  }

  identity(): SocketIdentity {
    return { inode: fstatSync(this.fd).ino, file: this.#file };
  }

  onReady(ready: () => void): Disposable {
    return this.#until(({ watch }, until) =>
      watch.once(this.fd, () => {
        until();
        ready();
      }),
    );
  }

  onArrival(arrived: () => void): Disposable {
    return this.#until(({ arrivals }) => arrivals.of(this.fd, arrived));
  }

  resetMode(): void {
    setBlocking(this.#libc, this.fd, this.#blocking);
  }

  adjust(spec: ListenSpec): void {
    this.#blocking = spec.blocking;
    if (takesConnections(spec)) check(this.#libc, this.#libc.listen(this.fd, spec.backlog), 'listen', 'cannot change the backlog');
    if (spec.umask === this.#umask) return;
    this.#umask = spec.umask;
    if (this.#path !== null && this.#isOurs(this.#path)) chmodSync(this.#path, ALL_BITS & ~(spec.umask ?? process.umask()));
  }

  share(shared: boolean): void {
    setReusePort(this.#libc, this.fd, shared);
  }

  moveTo(path: string): void {
    if (this.#path !== null) renameSync(this.#path, path);
    this.#path = path;
  }

  leave(): void {
    if (this.#closed) return;
    this.#closed = true;
    for (const waiting of this.#waiting) waiting[Symbol.dispose]();
    this.#waiting.clear();
    this.#libc.close(this.fd);
  }

  close(): void {
    if (this.#closed) return;
    this.leave();
    if (this.#path !== null && this.#isOurs(this.#path)) rmSync(this.#path, { force: true });
  }

  #isOurs(path: string): boolean {
    return this.#file !== null && identify(path) === this.#file;
  }

  /** Waits no longer than the socket is open. */
  #until(wait: (watches: Watches, until: () => void) => Disposable): Disposable {
    if (!this.#watches) throw new OsError('ENOSYS', 'epoll_wait', "cannot wait for connections without Node's inner handles");
    const waiting = wait(this.#watches, () => this.#waiting.delete(waiting));
    this.#waiting.add(waiting);
    return {
      [Symbol.dispose]: () => {
        if (this.#waiting.delete(waiting)) waiting[Symbol.dispose]();
      },
    };
  }
}

export function takesConnections({ type }: ListenSpec): boolean {
  return type === 'SOCK_STREAM' || type === 'SOCK_SEQPACKET';
}

function setReusePort(libc: Libc, fd: number, on: boolean): void {
  check(libc, libc.setsockopt(fd, SOL_SOCKET, OPTIONS.SO_REUSEPORT, int(Number(on)), 4), 'setsockopt', 'cannot set SO_REUSEPORT');
}

/** The address in figures. */
async function numeric({ host, family }: ListenSpec): Promise<string> {
  const version = family === 'AF_INET6' ? 6 : 4;
  if (version === 4 ? isIPv4(host) : isIPv6(host)) return host;
  if (host === '') return version === 6 ? '::' : '0.0.0.0';
  try {
    return (await lookup(host, { family: version })).address;
  } catch (error) {
    const code = errnoOf(error);
    throw new OsError(
      code === 'ENOTFOUND' ? 'EADDRNOTAVAIL' : code,
      'getaddrinfo',
      `there is no ${family} address of ${JSON.stringify(host)}`,
    );
  }
}

function setOptions(libc: Libc, fd: number, spec: ListenSpec): void {
  const set = (name: keyof typeof OPTIONS, value: Buffer, what: string): void => {
    check(libc, libc.setsockopt(fd, SOL_SOCKET, OPTIONS[name], value, value.length), 'setsockopt', what);
  };
  // For datagrams it would let two daemons take the same address unnoticed.
  if (spec.family !== 'AF_UNIX' && spec.type === 'SOCK_STREAM') set('SO_REUSEADDR', int(1), 'cannot set SO_REUSEADDR');
  if (spec.so_reuseport && spec.family !== 'AF_UNIX') setReusePort(libc, fd, true);
  if (spec.interface !== null) set('SO_BINDTODEVICE', Buffer.from(`${spec.interface}\0`), `cannot bind to interface ${spec.interface}`);
}

function bindHost(libc: Libc, fd: number, host: string, port: number, where: string): null {
  const address = inetAddress(host, port, scopeNumber);
  check(libc, libc.bind(fd, address, address.length), 'bind', `cannot bind to ${where}`);
  return null;
}

/** Binds to a path, and returns which file that is. The umask of the daemon is not touched: its other threads make files too. */
function bindPath(libc: Libc, fd: number, { path, umask, replace }: ListenSpec): string | null {
  if (path === null || path === '') throw new OsError('EINVAL', 'bind', 'a unix socket needs a path');
  const bytes = Buffer.byteLength(path);
  if (bytes > LONGEST_PATH_BYTES) {
    throw new OsError('ENAMETOOLONG', 'bind', `the path of a unix socket has ${bytes} bytes, at most ${LONGEST_PATH_BYTES} are possible`);
  }
  const there = replace ? lstatSync(path, { throwIfNoEntry: false }) : undefined;
  if (there?.isSocket() || (there?.isFile() && there.size === 0)) unlinkSync(path);
  const address = unixAddress(path);
  // The file never has more bits than the socket had before it was bound.
  if (umask !== null) check(libc, libc.fchmod(fd, ALL_BITS & ~umask), 'fchmod', `cannot set the mode of ${path}`);
  check(libc, libc.bind(fd, address, address.length), 'bind', `cannot bind to ${path}`);
  if (umask !== null) chmodSync(path, ALL_BITS & ~umask);
  return identify(path);
}

/** Blocking is a property of the socket, not of whose descriptor it is. */
function setBlocking(libc: Libc, fd: number, blocking: boolean): void {
  const flags = check(libc, libc.fcntl(fd, C.F_GETFL, 0), 'fcntl', 'cannot read the mode of a socket');
  const wanted = blocking ? flags & ~C.O_NONBLOCK : flags | C.O_NONBLOCK;
  if (wanted !== flags) check(libc, libc.fcntl(fd, C.F_SETFL, wanted), 'fcntl', 'cannot set the mode of a socket');
}

/** Which file a path names: another one at the same path has another name here. */
export function identify(path: string): string | null {
  const found: BigIntStats | undefined = lstatSync(path, { bigint: true, throwIfNoEntry: false });
  return found ? `${found.dev}:${found.ino}:${found.birthtimeNs}` : null;
}

function protocolNumber(proto: string): number {
  if (/^\d+$/.test(proto)) return Number(proto);
  const known = PROTOCOLS[proto.toLowerCase()];
  if (known !== undefined) return known;
  for (const line of readFileSync('/etc/protocols', 'utf8').split('\n')) {
    const [name, number, ...aliases] = (line.split('#')[0] ?? '').trim().split(/\s+/);
    if (name === proto || aliases.includes(proto)) return Number(number);
  }
  throw new OsError('EPROTONOSUPPORT', 'getprotobyname', `there is no protocol ${JSON.stringify(proto)}`);
}

function scopeNumber(name: string): number {
  return /^\d+$/.test(name) ? Number(name) : Number(readFileSync(`/sys/class/net/${name}/ifindex`, 'utf8'));
}

export function int(value: number): Buffer {
  const buffer = Buffer.alloc(4);
  buffer.writeInt32LE(value);
  return buffer;
}
