import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { basename, dirname } from 'node:path';
import { visible } from '../../core/index.js';

const LISTEN = '0A';

/**
 * Inodes of the sockets that listen on a TCP port, from the text of /proc/net/tcp or tcp6.
 *
 * @source proc(5)
 */
export function tcpListeners(table: string, port: number): readonly string[] {
  return listening(table, port).flatMap((columns) => columns[9] ?? []);
}

/** Users of the sockets that listen on a TCP port, from the same text. */
function tcpListenerUids(table: string, port: number): readonly number[] {
  return listening(table, port).map((columns) => Number(columns[7]));
}

function listening(table: string, port: number): readonly (readonly string[])[] {
  const rows = table.split('\n').map((line) => line.trim().split(/\s+/));
  return rows.slice(1).filter(([, local, , state]) => state === LISTEN && Number.parseInt(local?.split(':')[1] ?? '', 16) === port);
}

/**
 * Inodes of the unix sockets bound to a path, from the text of /proc/net/unix. A socket that was bound in a directory of its own
 * beside the path and moved there afterwards is found too.
 *
 * @source proc(5)
 */
export function unixListeners(table: string, path: string): readonly string[] {
  const found: string[] = [];
  for (const line of table.split('\n').slice(1)) {
    const columns = line.trim().split(/\s+/);
    const bound = columns.slice(7).join(' ');
    if (columns[6] === undefined || bound === '') continue;
    const moved =
      basename(bound) === basename(path) && basename(dirname(bound)).startsWith('.') && dirname(dirname(bound)) === dirname(path);
    if (bound === path || moved) found.push(columns[6]);
  }
  return found;
}

/** `pid 12 (node server.js)` of a process that has one of these sockets open; undefined where that can't be known. */
function processWith(inodes: readonly string[]): string | undefined {
  const wanted = new Set(inodes.map((inode) => `socket:[${inode}]`));
  for (const pid of readdirSync('/proc').filter((name) => /^\d+$/.test(name))) {
    if (fdsOf(pid).some((fd) => wanted.has(fd))) return `pid ${pid}${commandOf(pid)}`;
  }
  return undefined;
}

/** Processes end, and belong to others, while we look: what can't be read is not there. */
function fdsOf(pid: string): readonly string[] {
  return readable(() => readdirSync(`/proc/${pid}/fd`), []).map((fd) => readable(() => readlinkSync(`/proc/${pid}/fd/${fd}`), ''));
}

function commandOf(pid: string): string {
  const command = readable(() => readFileSync(`/proc/${pid}/cmdline`, 'utf8'), '')
    .replaceAll(/[\0\s]+/g, ' ')
    .trim();
  return command === '' ? '' : ` (${visible(command.length > 80 ? `${command.slice(0, 80)}…` : command)})`;
}

function readable<T>(read: () => T, otherwise: T): T {
  try {
    return read();
  } catch {
    return otherwise;
  }
}

function table(name: string): string {
  return readable(() => readFileSync(`/proc/net/${name}`, 'utf8'), '');
}

/** The user who listens on a TCP port of this machine and is neither `uid` nor root; undefined where there is none, or that can't be known. */
export function strangerAt(port: number, uid: number | undefined = process.getuid?.(), read = table): number | undefined {
  const uids = ['tcp', 'tcp6'].flatMap((name) => tcpListenerUids(read(name), port));
  return uids.find((found) => found !== uid && found !== 0);
}

/** Who listens on an endpoint, in words; undefined where that can't be known (not Linux, somebody else's process). */
export function holderOf(endpoint: string): string | undefined {
  if (process.platform !== 'linux') return undefined;
  const port = /^tcp:\/\/.*:(\d+)$/.exec(endpoint)?.[1];
  const path = /^ipc:\/\/(.+)$/.exec(endpoint)?.[1];
  const inodes = [
    ...(port === undefined ? [] : [...tcpListeners(table('tcp'), Number(port)), ...tcpListeners(table('tcp6'), Number(port))]),
    ...(path === undefined ? [] : unixListeners(table('unix'), path)),
  ];
  return inodes.length === 0 ? undefined : processWith(inodes);
}
