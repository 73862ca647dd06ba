import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { basename, dirname } from 'node:path';

const LISTEN = '0A';

/**
 * Inodes of the sockets that listen on a TCP port, from the text of /proc/net/tcp or tcp6.
 *
 * @source proc(5)
 */
export function tcpListeners(table: string, port: number): readonly string[] {
  const found: string[] = [];
  for (const line of table.split('\n').slice(1)) {
    const columns = line.trim().split(/\s+/);
    if (columns[3] !== LISTEN || columns[9] === undefined) continue;
    if (Number.parseInt(columns[1]?.split(':')[1] ?? '', 16) === port) found.push(columns[9]);
  }
  return found;
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
  return command === '' ? '' : ` (${command.length > 80 ? `${command.slice(0, 80)}…` : command})`;
}

function readable<T>(read: () => T, otherwise: T): T {
  try {
    return read();
  } catch {
    return otherwise;
  }
}

/** Who listens on an endpoint, in words; undefined where that can't be known (not Linux, somebody else's process). */
export function holderOf(endpoint: string): string | undefined {
  if (process.platform !== 'linux') return undefined;
  const table = (name: string): string => readable(() => readFileSync(`/proc/net/${name}`, 'utf8'), '');
  const port = /^tcp:\/\/.*:(\d+)$/.exec(endpoint)?.[1];
  const path = /^ipc:\/\/(.+)$/.exec(endpoint)?.[1];
  const inodes = [
    ...(port === undefined ? [] : [...tcpListeners(table('tcp'), Number(port)), ...tcpListeners(table('tcp6'), Number(port))]),
    ...(path === undefined ? [] : unixListeners(table('unix'), path)),
  ];
  return inodes.length === 0 ? undefined : processWith(inodes);
}
