import { fstatSync, readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { load } from 'koffi';
import type { ListeningSocket, ListenSpec, SocketIdentity } from '../port.js';
import { readInetAddress } from './address.js';
import { C, type Libc } from './libc.js';
import type { Pidfds } from './pidfd.js';
import { ADDRESS_BYTES, identify, int, listening, SOL_SOCKET, TYPES, takesConnections, type Watches } from './sockets.js';

/** @source asm-generic/socket.h of Linux, for the processors that Node runs on */
const OPTIONS = { SO_TYPE: 3, SO_ACCEPTCONN: 30 } as const;
const INT_BYTES = 4;
const FD_CLOEXEC = 1;
/** @source capabilities(7): CAP_SYS_PTRACE */
const CAN_TRACE = 1n << 19n;
/** From this scope on not even who has the capability may. */
const NOBODY = 3;

/** What descriptors are taken with. */
export interface Taking {
  readonly libc: Libc;
  readonly pidfds: Pidfds;
}

/** What is to be taken, and where it may be. */
export interface Wanted {
  /** With the address as bound. */
  readonly spec: ListenSpec;
  readonly identity: SocketIdentity;
  readonly from: readonly number[];
}

/**
 * Whether descriptors can be taken from processes that are no children of ours. Of those the kernel lets one try a child only where it
 * is restricted, so that its rules are read: it may know no such call, or a filter of a container refuses it, or Yama does.
 */
export function canTake({ libc, pidfds }: Taking): boolean {
  const own = pidfds.open(process.pid);
  if (own === null) return false;
  const copy = pidfds.take(own, own);
  libc.close(own);
  if (copy === null) return false;
  libc.close(copy);
  return mayTrace(Number(contents('/proc/sys/kernel/yama/ptrace_scope') ?? 0), contents('/proc/self/status') ?? '');
}

/**
 * Whether one may take from processes of the same user that are no children.
 *
 * @param scope of Yama, 0 where there is none
 * @param status text of /proc/PID/status, which has the capabilities
 * @source ptrace(2), ptrace_scope
 */
export function mayTrace(scope: number, status: string): boolean {
  const effective = /^CapEff:\s*([0-9a-f]+)$/m.exec(status)?.[1] ?? '0';
  return scope === 0 || (scope < NOBODY && (BigInt(`0x${effective}`) & CAN_TRACE) !== 0n);
}

/** A socket of an earlier supervisor, found by its inode among the descriptors of processes, and looked at before it is believed. */
export function takeBack({ libc, pidfds, watches }: Taking & { readonly watches: Watches | null }, wanted: Wanted): ListeningSocket | null {
  const { spec, identity, from } = wanted;
  // Of a unix socket whose file is gone, or another's, nobody would be heard.
  if (spec.path !== null && (identity.file === null || identify(spec.path) !== identity.file)) return null;
  const name = `socket:[${identity.inode}]`;
  const fd = takeFrom({ libc, pidfds }, from, name) ?? takeFrom({ libc, pidfds }, everybody(), name);
  if (fd === null) return null;
  if (isAsItWas(libc, fd, spec, identity)) return listening(libc, watches, fd, spec, identity.file);
  libc.close(fd);
  return null;
}

function takeFrom({ libc, pidfds }: Taking, pids: Iterable<number>, name: string): number | null {
  for (const pid of pids) {
    const number = descriptorOf(pid, name);
    const pidfd = number === null ? null : pidfds.open(pid);
    if (number === null || pidfd === null) continue;
    const fd = pidfds.take(pidfd, number);
    libc.close(pidfd);
    if (fd !== null) return fd;
  }
  return null;
}

/** Whoever the process was by then: what was taken has to be the very socket. */
function isAsItWas(libc: Libc, fd: number, spec: ListenSpec, { inode }: SocketIdentity): boolean {
  const found = fstatSync(fd);
  if (!found.isSocket() || found.ino !== inode || (libc.fcntl(fd, C.F_GETFD, 0) & FD_CLOEXEC) === 0) return false;
  const getsockopt = load(null).func('int getsockopt(int, int, int, void *, void *)');
  const option = (name: number): number => {
    const value = int(0);
    return getsockopt(fd, SOL_SOCKET, name, value, int(INT_BYTES)) === 0 ? value.readInt32LE() : -1;
  };
  if (option(OPTIONS.SO_TYPE) !== TYPES[spec.type]) return false;
  if (takesConnections(spec) && option(OPTIONS.SO_ACCEPTCONN) !== 1) return false;
  // One that has taken a path over is still known to the kernel by where it was before; its file was looked at.
  if (spec.family === 'AF_UNIX') return true;
  const address = Buffer.alloc(ADDRESS_BYTES);
  if (libc.getsockname(fd, address, int(ADDRESS_BYTES)) !== 0) return false;
  return readInetAddress(address).port === spec.port;
}

/** The number that a process has a socket under; null where it has not, or nobody may know. */
function descriptorOf(pid: number, name: string): number | null {
  try {
    const found = readdirSync(`/proc/${pid}/fd`).find((fd) => readlinkOf(`/proc/${pid}/fd/${fd}`) === name);
    return found === undefined ? null : Number(found);
  } catch {
    return null;
  }
}

function everybody(): readonly number[] {
  return readdirSync('/proc').flatMap((name) => (/^\d+$/.test(name) && Number(name) !== process.pid ? [Number(name)] : []));
}

/** Processes end, and their descriptors are closed, while we look: what can't be read is not there. */
function readlinkOf(path: string): string | null {
  try {
    return readlinkSync(path);
  } catch {
    return null;
  }
}

function contents(path: string): string | null {
  try {
    return readFileSync(path, 'latin1');
  } catch {
    return null;
  }
}
