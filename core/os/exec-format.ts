import { accessSync, closeSync, constants, openSync, readdirSync, readSync } from 'node:fs';
import { isAbsolute } from 'node:path';
import { errnoOf, SpawnError } from './os-error.js';

/** As much of a script's first line as the kernel reads. @source BINPRM_BUF_SIZE of Linux */
const HEAD_BYTES = 256;
/** @source elf(5) */
const ELF_MAGIC = '\x7fELF';
const FORMATS = '/proc/sys/fs/binfmt_misc';

/**
 * Refuses what the kernel would refuse as no program: execvp(3), which runs it after Node or after the programs that set limits,
 * would have /bin/sh take it for a script instead.
 *
 * @throws SpawnError ENOEXEC, or ENOENT for an interpreter that is not there
 */
export function checkFormat(path: string): void {
  if (process.platform !== 'linux') return;
  const head = headOf(path);
  if (head === null || head.startsWith(ELF_MAGIC)) return;
  const interpreter = /^#![ \t]*([^ \t\n\0]+)/.exec(head)?.[1];
  if (interpreter === undefined) {
    if (hasOtherFormats()) return;
    throw new SpawnError('ENOEXEC', `${path}: neither a program of this machine nor a script with a #! line (ENOEXEC)`);
  }
  // A relative one is looked up from the directory that the process starts in.
  if (!isAbsolute(interpreter)) return;
  try {
    accessSync(interpreter, constants.X_OK);
  } catch (cause) {
    const errno = errnoOf(cause);
    const why = errno === 'ENOENT' ? 'is not there' : 'can’t be executed';
    throw new SpawnError(errno, `${path}: its interpreter ${interpreter} ${why} (${errno})`, { cause });
  }
}

/** The first bytes; null for a file that may be executed but not read. */
function headOf(path: string): string | null {
  const head = Buffer.alloc(HEAD_BYTES);
  let fd: number;
  try {
    fd = openSync(path, 'r');
  } catch (error) {
    if (errnoOf(error) === 'EACCES') return null;
    throw error;
  }
  try {
    return head.toString('latin1', 0, readSync(fd, head));
  } finally {
    closeSync(fd);
  }
}

/** Whether the kernel was told of formats beside its own. @source binfmt_misc of Linux */
function hasOtherFormats(): boolean {
  try {
    return readdirSync(FORMATS).some((name) => name !== 'register' && name !== 'status');
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return false;
    throw error;
  }
}
