import { explain } from '../errors.js';
import { errnoOf, OsError, SpawnError } from './os-error.js';

/** What a spawn that the kernel refuses means, where its own words say too little. The file is there and executable, or nobody would have tried. */
const MEANINGS: Readonly<Record<string, string>> = {
  EAGAIN: 'no more processes may be started, for the user, its control group or the system has as many as are allowed',
  EMFILE: 'the daemon has as many files open as it may; raise its limit (ulimit -n, LimitNOFILE)',
  ENFILE: 'the system has as many files open as it may',
  ENOENT: 'the interpreter or loader that it names is not there',
  ENOEXEC: 'neither a program of this machine nor a script with a #! line',
};

/** What is told of a spawn that failed, whoever refused it: the errno's name, and words that say what could not be done. */
export function spawnFailure(error: unknown, command: string): { readonly errno: string; readonly message: string } {
  const errno = errnoOf(error);
  // Whichever file it was that could not be opened any more.
  if (errno === 'EMFILE' || errno === 'ENFILE') return { errno, message: refusal(errno, 'open', command).message };
  const isOurs = error instanceof SpawnError || error instanceof OsError;
  if (isOurs || !(error instanceof Error) || !('syscall' in error)) return { errno, message: explain(error) };
  // Node's own words would show whoever reads them how it is built, and not what is wrong.
  const syscall = String(error.syscall);
  const failed =
    syscall.startsWith('spawn') || !('path' in error) ? refusal(errno, syscall, command) : new OsError(errno, syscall, String(error.path));
  return { errno, message: failed.message };
}

/** The error for a spawn of `path` that the kernel refused. */
export function refusal(errno: string, syscall: string, path: string): OsError {
  const meaning = MEANINGS[errno];
  return new OsError(errno, syscall, meaning === undefined ? path : `${path}: ${meaning}`);
}
