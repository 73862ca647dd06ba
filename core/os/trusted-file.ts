import { closeSync, constants, fstatSync, lstatSync, openSync, readlinkSync, type Stats } from 'node:fs';
import { isAbsolute, join, resolve } from 'node:path';

const { O_CREAT, O_EXCL, O_NOFOLLOW, O_RDONLY, O_RDWR, O_WRONLY } = constants;
const OTHERS_WRITE = 0o002;
/** As many as the kernel follows. @source path_resolution(7) */
const MOST_LINKS = 40;
/** How often a name may come and go while it is opened. */
const TRIES = 10;

/** What a path leads to. */
export interface TrustedPath {
  /** Without links in it. */
  readonly path: string;
  /** Null where there is nothing yet. */
  readonly found: Stats | null;
  /** Of the directory that it is in, or of the last one on the way that there is. */
  readonly directory: Stats;
}

/** Somebody else has put something into a directory that everybody may write to; the message says what. */
export class PlantedError extends Error {
  override readonly name = 'PlantedError';
  readonly code = 'EACCES';

  constructor(path: string, what: string) {
    super(`${path} is ${what}, in a directory that everybody may write to`);
  }
}

/**
 * Goes where a path leads to, through links, as the kernel does; but what is in a directory that everybody may write to is only gone
 * through, and used, where it belongs to this user, to root or to the owner of the directory. So `logs -> /var/log` works, and a link
 * that a stranger has left in /tmp does not.
 *
 * @throws PlantedError EACCES; what the file system throws
 * @source sysctl fs.protected_symlinks, proc_sys_fs(5)
 */
export function trustedPath(path: string): TrustedPath {
  let at = '/';
  let directory = lstatSync(at);
  let rest = words(resolve(path));
  for (let links = 0; ; ) {
    const [name, ...after] = rest;
    if (name === undefined) return { path: at, found: directory, directory };
    rest = after;
    if (name === '.' || name === '..') {
      at = join(at, name);
      directory = lstatSync(at);
      continue;
    }
    const here = join(at, name);
    const found = lstatSync(here, { throwIfNoEntry: false });
    if (found === undefined || isOfTheKernel(here)) return { path: join(here, ...rest), found: found ?? null, directory };
    if (isStrangers(found, directory)) throw new PlantedError(here, whose(found));
    if (found.isSymbolicLink()) {
      if (++links > MOST_LINKS) throw Object.assign(new Error(`${path} leads through too many links`), { code: 'ELOOP' });
      const target = readlinkSync(here);
      rest = [...words(target), ...rest];
      if (!isAbsolute(target)) continue;
      at = '/';
      directory = lstatSync(at);
    } else if (rest.length === 0) {
      return { path: here, found, directory };
    } else {
      at = here;
      directory = found;
    }
  }
}

/**
 * Opens a file like openSync, through links that `trustedPath` goes through and no others; a new one is made by nobody else meanwhile.
 * What is written to in a directory that everybody may write to has no second name elsewhere.
 *
 * @returns a descriptor
 * @throws PlantedError EACCES; what the file system throws
 */
export function openTrusted(file: string, flags: number, mode = 0o666): number {
  for (let tries = 1; ; tries++) {
    const { path, found, directory } = trustedPath(file);
    if (isOfTheKernel(path)) return openSync(path, flags, mode);
    try {
      if (found === null) return openSync(path, (flags & O_CREAT) === 0 ? flags : flags | O_EXCL | O_NOFOLLOW, mode);
      return checked(openSync(path, (flags & ~O_CREAT) | O_NOFOLLOW), path, flags, directory);
    } catch (error) {
      const code = error instanceof Error && 'code' in error ? error.code : undefined;
      const has_changed = (flags & O_CREAT) !== 0 && code === (found === null ? 'EEXIST' : 'ENOENT');
      if (!has_changed || tries >= TRIES) throw error;
    }
  }
}

/** @param fd is closed where it is not to be used */
function checked(fd: number, path: string, flags: number, directory: Stats): number {
  const opened = fstatSync(fd);
  const is_reading = (flags & (O_RDONLY | O_WRONLY | O_RDWR)) === O_RDONLY;
  const has_names = !is_reading && opened.isFile() && opened.nlink > 1 && isShared(directory);
  if (!has_names && !isStrangers(opened, directory)) return fd;
  closeSync(fd);
  throw new PlantedError(path, has_names ? 'another name of a file elsewhere' : whose(opened));
}

/** The kernel's own links lead to what has no name, such as /proc/self/fd/1; nobody can put one there. */
function isOfTheKernel(path: string): boolean {
  return path.startsWith('/proc/') || path.startsWith('/dev/fd/');
}

function isShared(directory: Stats): boolean {
  return (directory.mode & OTHERS_WRITE) !== 0;
}

function isStrangers(found: Stats, directory: Stats): boolean {
  return isShared(directory) && ![0, process.geteuid?.() ?? 0, directory.uid].includes(found.uid);
}

function whose(found: Stats): string {
  return `a ${kindOf(found)} of uid ${found.uid}`;
}

function kindOf(found: Stats): string {
  if (found.isSymbolicLink()) return 'symbolic link';
  if (found.isDirectory()) return 'directory';
  if (found.isFIFO()) return 'named pipe';
  return found.isSocket() ? 'socket' : 'file';
}

function words(path: string): readonly string[] {
  return path.split('/').filter((word) => word !== '');
}
