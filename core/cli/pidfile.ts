import { chmodSync, linkSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { messageOf, RingmasterError } from '../errors.js';
import { ProcessTable } from '../os/process-table.js';

/**
 * Makes a file that holds this process's pid, mode 0644, in one step; disposing removes it if it is still ours.
 *
 * A file of a process that is gone is replaced.
 * @throws RM_PIDFILE_HELD where it names a live process, RM_PIDFILE_FOREIGN where it holds something else, RM_PIDFILE_WRITE
 */
export function createPidfile(file: string, pid: number = process.pid): Disposable {
  const draft = `${file}.${pid}`;
  try {
    writeFileSync(draft, `${pid}\n`);
    chmodSync(draft, 0o644);
    takePlace(draft, file, pid);
  } catch (cause) {
    if (cause instanceof RingmasterError) throw cause;
    throw new RingmasterError('RM_PIDFILE_WRITE', [file, messageOf(cause)], { cause });
  } finally {
    rmSync(draft, { force: true });
  }
  return {
    [Symbol.dispose]: () => {
      if (holderOf(file) === pid) rmSync(file, { force: true });
    },
  };
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
  let text: string;
  try {
    text = readFileSync(file, 'utf8').trim();
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return null;
    throw error;
  }
  if (text === '') return null;
  if (!/^[1-9]\d{0,9}$/.test(text)) throw new RingmasterError('RM_PIDFILE_FOREIGN', [file, JSON.stringify(text.slice(0, 40))]);
  return Number(text);
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
