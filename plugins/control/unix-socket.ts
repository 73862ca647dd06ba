import { type BigIntStats, chmodSync, chownSync, lstatSync, mkdtempSync, renameSync, rmdirSync, rmSync, unlinkSync } from 'node:fs';
import { connect } from 'node:net';
import { basename, dirname, join, sep } from 'node:path';
import { messageOf, PlantedError } from '../../core/index.js';

/** Longest path of a unix socket, without the terminating zero. @source unix(7), sys/un.h */
const LONGEST_BYTES = process.platform === 'darwin' ? 103 : 107;

export type Address = { readonly path: string } | { readonly host: string; readonly port: number };

/** Whether there is a socket. @throws Error where the path holds something that a socket may not replace */
export function isSocketThere(path: string): boolean {
  const there = lstatSync(path, { throwIfNoEntry: false });
  if (there !== undefined && !there.isSocket()) throw new Error('there is a file of that name that is not a socket');
  return there !== undefined;
}

/** Looks whether anybody listens. @throws Error where that can't be known */
export function probe(address: Address): Promise<'live' | 'free'> {
  return new Promise((resolve, reject) => {
    const socket = connect(address);
    const done = (settle: () => void): void => {
      socket.destroy();
      settle();
    };
    socket.once('connect', () => done(() => resolve('live')));
    socket.once('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'ECONNREFUSED' || error.code === 'ENOENT') done(() => resolve('free'));
      // A full backlog, or one that is closed this moment: somebody listens, or did until now.
      else if (error.code === 'EAGAIN' || error.code === 'ECONNRESET') done(() => resolve('live'));
      else done(() => reject(error));
    });
  });
}

/**
 * Binds a unix socket that nobody but its owner can ever connect to: bound in a directory of its own, given its mode and owner
 * there, and only then moved to its place, over what a dead daemon has left.
 *
 * @param bind binds to the path that it is given
 * @returns removes the socket, unless another has taken its place
 */
export async function bindUnixSocket(path: string, owner_uid: number | null, bind: (path: string) => Promise<void>): Promise<() => void> {
  const longest = LONGEST_BYTES - '/.XXXXXX'.length;
  if (Buffer.byteLength(path) > longest) throw new Error(`the path has ${Buffer.byteLength(path)} bytes, at most ${longest} are possible`);
  const own = mkdtempSync(`${dirname(path)}${sep}.`);
  const inside = join(own, basename(path));
  try {
    await bind(inside);
    chmodSync(inside, 0o600);
    if (owner_uid !== null) chownSync(inside, owner_uid, -1);
    renameSync(inside, path);
  } finally {
    if (lstatSync(inside, { throwIfNoEntry: false }) !== undefined) unlinkSync(inside);
    rmdirSync(own);
  }
  const ours = identify(path);
  return () => {
    if (ours !== undefined && identify(path) === ours) rmSync(path, { force: true });
  };
}

function identify(path: string): string | undefined {
  const found: BigIntStats | undefined = lstatSync(path, { bigint: true, throwIfNoEntry: false });
  return found && `${found.dev}:${found.ino}:${found.birthtimeNs}`;
}

/** Why an operation on a socket failed, in words. */
export function reasonOf(error: unknown): string {
  if (error instanceof PlantedError) return error.message;
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  if (code === 'EADDRINUSE') return 'the address is in use';
  if (code === 'EADDRNOTAVAIL' || code === 'ENODEV') return 'this machine has no such address';
  if (code === 'EACCES' || code === 'EPERM') return `permission denied: ${messageOf(error)}`;
  if (code === 'ENOENT') return `no such directory: ${directoryIn(error)}, make it`;
  if (code === 'EINVAL' || code === 'EPROTONOSUPPORT') return 'it is no ZeroMQ address; tcp://HOST:PORT or ipc://PATH is needed';
  return messageOf(error);
}

/** Nobody knows the temporary name that was to be made there. */
function directoryIn(error: unknown): string {
  return error instanceof Error && 'path' in error ? dirname(String(error.path)) : messageOf(error);
}
