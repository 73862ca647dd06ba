import { errnoName, OsError } from '../os-error.js';
import { C, type Libc } from './libc.js';

/** A pipe of which no child inherits anything by itself. @throws OsError */
export function openPipe(libc: Libc): { readonly read: number; readonly write: number } {
  const fds = Buffer.alloc(8);
  check(libc, libc.pipe2(fds, C.O_CLOEXEC), 'pipe2', 'cannot open a pipe');
  return { read: fds.readInt32LE(0), write: fds.readInt32LE(4) };
}

/** The result of a call of the C library. @throws OsError where it is -1 */
export function check(libc: Pick<Libc, 'errno'>, result: number, syscall: string, what: string): number {
  if (result < 0) throw new OsError(errnoName(libc.errno()), syscall, what);
  return result;
}
