import { load } from 'koffi';
import type { Image } from '../durable.js';
import { errnoName, OsError } from '../os-error.js';
import { C, type Libc } from './libc.js';

const FD_CLOEXEC = 1;

/**
 * Executes another program in this process.
 *
 * @returns only where that can't be, and why; then all is as it was
 * @source execve(2)
 */
export function become(libc: Libc, { file, argv, env, fds }: Image): OsError {
  const execve = load(null).func('int execve(const char *, const char **, const char **)');
  const environment = Object.entries(env).flatMap(([name, value]) => (value === undefined ? [] : [`${name}=${value}`]));
  const before = fds.map((fd) => [fd, libc.fcntl(fd, C.F_GETFD, 0)] as const).filter(([, flags]) => flags >= 0);
  for (const [fd, flags] of before) libc.fcntl(fd, C.F_SETFD, flags & ~FD_CLOEXEC);
  execve(file, [...argv, null], [...environment, null]);
  const code = errnoName(libc.errno());
  for (const [fd, flags] of before) libc.fcntl(fd, C.F_SETFD, flags);
  return new OsError(code, 'execve', `cannot execute ${file}`);
}
