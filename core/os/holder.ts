import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { visible } from '../visible.js';

const LONGEST_COMMAND = 80;

/**
 * Who has a socket at an address, in words such as `pid 12 (node server.js)`; undefined where nobody has, or that can't be known.
 *
 * @param address a port, or the path of a unix socket
 */
export function holderOf(address: number | string): string | undefined {
  if (process.platform !== 'linux') return undefined;
  const inodes =
    typeof address === 'number'
      ? ['tcp', 'tcp6', 'udp', 'udp6'].flatMap((table) => inodesOfPort(read(table), address))
      : inodesOfPath(read('unix'), address);
  return inodes.length === 0 ? undefined : processWith(inodes);
}

/** Inodes of the sockets bound to a port, connections aside, from the text of /proc/net/tcp and the like. @source proc(5) */
export function inodesOfPort(table: string, port: number): readonly string[] {
  const rows = table
    .split('\n')
    .slice(1)
    .map((line) => line.trim().split(/\s+/));
  const bound = rows.filter(([, local, remote]) => Number.parseInt(local?.split(':')[1] ?? '', 16) === port && /:0000$/.test(remote ?? ''));
  return bound.flatMap((row) => row[9] ?? []);
}

/** Inodes of the sockets bound to a path, from the text of /proc/net/unix. @source proc(5) */
export function inodesOfPath(table: string, path: string): readonly string[] {
  const rows = table
    .split('\n')
    .slice(1)
    .map((line) => line.trim().split(/\s+/));
  return rows.filter((row) => row.slice(7).join(' ') === path).flatMap((row) => row[6] ?? []);
}

function processWith(inodes: readonly string[]): string | undefined {
  const wanted = new Set(inodes.map((inode) => `socket:[${inode}]`));
  const pids = readdirSync('/proc').filter((name) => /^\d+$/.test(name));
  const pid = pids.find((one) =>
    readable(() => readdirSync(`/proc/${one}/fd`), []).some((fd) => wanted.has(readable(() => readlinkSync(`/proc/${one}/fd/${fd}`), ''))),
  );
  return pid === undefined ? undefined : processName(pid);
}

/** A process in words such as `pid 12 (node server.js)`. */
export function processName(pid: string): string {
  const command = readable(() => readFileSync(`/proc/${pid}/cmdline`, 'utf8'), '')
    .replaceAll(/[\0\s]+/g, ' ')
    .trim();
  const shown = command.length > LONGEST_COMMAND ? `${command.slice(0, LONGEST_COMMAND)}…` : command;
  return `pid ${pid}${shown === '' ? '' : ` (${visible(shown)})`}`;
}

function read(table: string): string {
  return readable(() => readFileSync(`/proc/net/${table}`, 'utf8'), '');
}

/** Processes end, and belong to others, while we look: what can't be read is not there. */
function readable<T>(look: () => T, otherwise: T): T {
  try {
    return look();
  } catch {
    return otherwise;
  }
}
