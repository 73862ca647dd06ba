import { accessSync, constants, existsSync, statSync } from 'node:fs';
import { delimiter, resolve } from 'node:path';
import { errnoOf, SpawnError } from './os-error.js';

/**
 * The file that a command's first word means, looked up as execvp(3) does: as it is where it has a slash, else in `path`,
 * or in the daemon's own PATH where the environment of the process has none.
 *
 * @param cwd the directory that the process starts in, which relative names refer to
 * @throws SpawnError that says what is wrong: with the directory, or with the file
 */
export function findExecutable(file: string, path: string | undefined, cwd: string): string {
  const wrongDirectory = problem(cwd, 'directory');
  if (wrongDirectory) throw new SpawnError(wrongDirectory, `working_dir ${cwd}: ${WORDS[wrongDirectory]}`);
  if (file === '') throw new SpawnError('ENOENT', 'the command is empty');
  if (file.includes('/')) {
    const full = resolve(cwd, file);
    const wrong = problem(full, 'file');
    if (wrong) throw new SpawnError(wrong, `${file}: ${WORDS[wrong]}`);
    return full;
  }
  let denied = false;
  for (const full of placesOf(file, path, cwd)) {
    if (isMissing(full)) continue;
    const wrong = problem(full, 'file');
    if (!wrong) return full;
    // A directory that can't be entered may have anything.
    denied ||= wrong === 'EACCES' && existsSync(full);
  }
  if (denied) throw new SpawnError('EACCES', `${file}: found in PATH, but not executable`);
  throw new SpawnError('ENOENT', `${file}: not found in PATH (${searched(path)})`);
}

/** The files that the command may be, in the order in which they are looked for. */
export function placesOf(file: string, path: string | undefined, cwd: string): readonly string[] {
  if (file.includes('/')) return [resolve(cwd, file)];
  return searched(path)
    .split(delimiter)
    .map((directory) => resolve(cwd, directory, file));
}

const searched = (path: string | undefined): string => path ?? process.env.PATH ?? '/usr/local/bin:/usr/bin:/bin';

const WORDS = {
  ENOENT: 'there is no such file or directory (ENOENT)',
  EACCES: 'not executable, or no permission (EACCES)',
  ENOTDIR: 'not a directory (ENOTDIR)',
  ELOOP: 'too many symbolic links (ELOOP)',
  ENAMETOOLONG: 'a name that is too long (ENAMETOOLONG)',
} as const;
type Errno = keyof typeof WORDS;

/** Without an Error for each directory of PATH that does not have it. */
function isMissing(path: string): boolean {
  try {
    return statSync(path, { throwIfNoEntry: false }) === undefined;
  } catch {
    // `problem` says why.
    return false;
  }
}

function problem(path: string, kind: 'file' | 'directory'): Errno | null {
  try {
    if (statSync(path).isDirectory() !== (kind === 'directory')) return kind === 'directory' ? 'ENOTDIR' : 'EACCES';
    accessSync(path, constants.X_OK);
    return null;
  } catch (error) {
    const errno = errnoOf(error);
    if (errno in WORDS) return errno as Errno;
    throw error;
  }
}
