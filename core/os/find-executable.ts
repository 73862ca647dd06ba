import { accessSync, constants, statSync } from 'node:fs';
import { delimiter, resolve } from 'node:path';

type Found = { readonly path: string } | { readonly errno: string; readonly message: string };

/**
 * The file that a command's first word means, looked up as execvp(3) does: as it is where it has a slash, else in `path`,
 * or in the daemon's own PATH where the environment of the process has none. What is wrong is told by errno and words.
 *
 * @param cwd the directory that the process starts in, which relative names refer to
 */
export function findExecutable(file: string, path: string | undefined, cwd: string): Found {
  const wrongDirectory = problem(cwd, 'directory');
  if (wrongDirectory) return { errno: wrongDirectory, message: `working_dir ${cwd}: ${WORDS[wrongDirectory]}` };
  if (file === '') return { errno: 'ENOENT', message: 'the command is empty' };
  if (file.includes('/')) {
    const full = resolve(cwd, file);
    const wrong = problem(full, 'file');
    return wrong ? { errno: wrong, message: `${file}: ${WORDS[wrong]}` } : { path: full };
  }
  const directories = (path ?? process.env.PATH ?? '/usr/local/bin:/usr/bin:/bin').split(delimiter);
  let denied = false;
  for (const directory of directories) {
    const full = resolve(cwd, directory, file);
    const wrong = problem(full, 'file');
    if (!wrong) return { path: full };
    denied ||= wrong === 'EACCES';
  }
  if (denied) return { errno: 'EACCES', message: `${file}: found in PATH, but not executable` };
  return { errno: 'ENOENT', message: `${file}: not found in PATH (${directories.join(delimiter)})` };
}

type Errno = 'ENOENT' | 'EACCES' | 'ENOTDIR';
const WORDS: Readonly<Record<Errno, string>> = {
  ENOENT: 'there is no such file or directory (ENOENT)',
  EACCES: 'not executable, or no permission (EACCES)',
  ENOTDIR: 'not a directory (ENOTDIR)',
};

function problem(path: string, kind: 'file' | 'directory'): Errno | null {
  const stat = statSync(path, { throwIfNoEntry: false });
  if (stat === undefined) return 'ENOENT';
  if (stat.isDirectory() !== (kind === 'directory')) return kind === 'directory' ? 'ENOTDIR' : 'EACCES';
  try {
    accessSync(path, constants.X_OK);
    return null;
  } catch {
    return 'EACCES';
  }
}
