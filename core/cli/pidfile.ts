import { randomBytes } from 'node:crypto';
import { closeSync, constants, fchmodSync, fstatSync, linkSync, openSync, readSync, rmSync, writeSync } from 'node:fs';
import { messageOf, RingmasterError } from '../errors.js';
import { ProcessTable } from '../os/process-table.js';
import { openTrusted, trustedPath } from '../os/trusted-file.js';

const { O_CREAT, O_EXCL, O_NOFOLLOW, O_NONBLOCK, O_RDONLY, O_WRONLY } = constants;
/** More than any pid has. */
const LONGEST_BYTES = 64;

/**
 * Makes a file that holds this process's pid, mode 0644, in one step; disposing removes it if it is still ours.
 *
 * A file of a process that is gone is replaced. Nothing that a stranger has put into a directory that everybody may write to is used.
 * @throws RM_PIDFILE_HELD where it names a live process, RM_PIDFILE_FOREIGN where it holds something else, RM_PIDFILE_WRITE
 */
export function createPidfile(file: string, pid: number = process.pid): Disposable {
  try {
    const { path } = trustedPath(file);
    place(path, pid);
    return {
      [Symbol.dispose]: () => {
        if (holderOf(path) === pid) rmSync(path, { force: true });
      },
    };
  } catch (cause) {
    if (cause instanceof RingmasterError) throw cause;
    throw new RingmasterError('RM_PIDFILE_WRITE', [file, messageOf(cause)], { cause });
  }
}

function place(file: string, pid: number): void {
  // A name that nobody can have taken before.
  const draft = `${file}.${randomBytes(6).toString('hex')}`;
  const fd = openSync(draft, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, 0o644);
  try {
    writeSync(fd, `${pid}\n`);
    fchmodSync(fd, 0o644);
    takePlace(draft, file, pid);
  } finally {
    closeSync(fd);
    rmSync(draft, { force: true });
  }
}

/** A link fails where the name is taken, so of two daemons that start at once only one gets it. */
function takePlace(draft: string, file: string, pid: number): void {
  if (linked(draft, file)) return;
  const holder = holderOf(file);
  if (holder !== null && holder !== pid && isAlive(holder)) throw new RingmasterError('RM_PIDFILE_HELD', [file, holder]);
  rmSync(file, { force: true });
  if (!linked(draft, file)) throw new RingmasterError('RM_PIDFILE_HELD', [file, holderOf(file) ?? 0]);
}

function linked(draft: string, file: string): boolean {
  try {
    linkSync(draft, file);
    return true;
  } catch (error) {
    if (codeOf(error) === 'EEXIST') return false;
    throw error;
  }
}

/** The pid in the file; null where the file is empty or gone. */
function holderOf(file: string): number | null {
  const text = beginningOf(file)?.trim() ?? '';
  if (text === '') return null;
  if (!/^[1-9]\d{0,9}$/.test(text)) throw new RingmasterError('RM_PIDFILE_FOREIGN', [file, JSON.stringify(text.slice(0, 40))]);
  return Number(text);
}

/** A pipe must not hold up the start, nor a big file fill the memory. */
function beginningOf(file: string): string | null {
  let fd: number;
  try {
    fd = openTrusted(file, O_RDONLY | O_NONBLOCK);
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return null;
    throw error;
  }
  try {
    if (!fstatSync(fd).isFile()) throw new RingmasterError('RM_PIDFILE_FOREIGN', [file, 'what is no file']);
    const bytes = Buffer.alloc(LONGEST_BYTES);
    return bytes.toString('utf8', 0, readSync(fd, bytes, 0, LONGEST_BYTES, 0));
  } finally {
    closeSync(fd);
  }
}

/** One that has ended does not live, though its parent, PID 1 of a container say, is slow to reap it. */
function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return !new ProcessTable().isZombie(pid);
  } catch (error) {
    return codeOf(error) === 'EPERM';
  }
}

function codeOf(error: unknown): unknown {
  return error instanceof Error && 'code' in error ? error.code : undefined;
}
