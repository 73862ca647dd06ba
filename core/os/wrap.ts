import { spawnSync } from 'node:child_process';
import { realpathSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import { findExecutable } from './find-executable.js';
import { SpawnError } from './os-error.js';
import type { SpawnRequest } from './port.js';
import { checkPrivileges, hardLimit, isOwnIdentity } from './privileges.js';
import { groupsOf } from './users.js';

/**
 * Variables by which a library that is loaded into any program has it load, read or write files: whoever may run as another user must not
 * have the C library do so for root. A program with the set-user-ID bit does not see them either.
 *
 * @source glibc sysdeps/generic/unsecvars.h, ld.so(8); musl ldso/dynlink.c
 */
const LOADER =
  /^(?:(?:LD|DYLD|MALLOC)_.*|GCONV_PATH|GETCONF_DIR|GLIBC_TUNABLES|HOSTALIASES|LANGUAGE|LOCALDOMAIN|(?:MUSL_)?LOCPATH|NIS_PATH|NLSPATH|RES_OPTIONS|RESOLV_HOST_CONF|TZDIR)$/;

/** What is to be executed. */
export interface Program {
  readonly file: string;
  readonly argv: readonly string[];
  readonly env: SpawnRequest['env'];
}

/**
 * Puts small programs before a command that set what a process can only set for itself, each replacing itself by the next, so that
 * the pid is the command's: sh(1) the umask, nice(1), prlimit(1) and setpriv(1) of util-linux the rest.
 *
 * There are quicker ways: to take the limit, the umask or the user on for the moment of the spawn. But the whole daemon lives
 * under it then, and with the user's real id even that user may signal it. This way nothing of the daemon ever changes.
 *
 * @throws SpawnError EPERM for what the daemon may not give, EACCES for a command that the user may not execute, ENOENT where one
 * of the programs is missing
 */
export function wrap(request: SpawnRequest, path: string): Program {
  checkPrivileges(request);
  const user = identity(request, path);
  const mask = umask(request);
  const { env, late } = user.length > 0 ? withoutLoader(request.env) : { env: request.env, late: [] };
  // Until setpriv(1) has run all is done as root: what needs that comes before it, and no more.
  const before = [...niceness(request), ...limits(request.rlimits), ...user, ...variables(late, mask[0] ?? path), ...mask];
  const [file] = before;
  return file === undefined ? { file: path, argv: request.argv, env } : { file, argv: [...before, path, ...request.argv.slice(1)], env };
}

/** @returns the variables without those of the loader, which come late, as `NAME=VALUE` */
function withoutLoader(all: SpawnRequest['env']): { readonly env: SpawnRequest['env']; readonly late: readonly string[] } {
  const late = Object.keys(all).filter((name) => LOADER.test(name));
  if (late.length === 0) return { env: all, late };
  return {
    env: Object.fromEntries(Object.entries(all).filter(([name]) => !LOADER.test(name))),
    late: late.map((name) => `${name}=${all[name]}`),
  };
}

/** @param next env(1) takes it for one more variable where it has a `=` in it */
function variables(late: readonly string[], next: string): string[] {
  if (late.length === 0) return [];
  return [tool('env', 'uid'), ...late, ...(next.includes('=') ? [tool('nice', 'uid'), '-n', '0', '--'] : [])];
}

/** Whether anything is asked for that only other programs before the command can do. */
export function needsWrapping({ uid, gid, umask, nice, rlimits }: SpawnRequest): boolean {
  return uid !== undefined || gid !== undefined || umask !== undefined || nice !== undefined || !isEmpty(rlimits);
}

function isEmpty(rlimits: SpawnRequest['rlimits']): boolean {
  for (const _ in rlimits) return false;
  return true;
}

function umask({ umask }: SpawnRequest): string[] {
  return umask === undefined ? [] : [tool('sh', 'umask'), '-c', `umask ${umask.toString(8)} && exec "$@"`, 'sh'];
}

function niceness({ nice }: SpawnRequest): string[] {
  return nice === undefined ? [] : [tool('nice', 'nice'), '-n', String(nice), '--'];
}

function limits(rlimits: SpawnRequest['rlimits']): string[] {
  const flags = Object.entries(rlimits).map(([name, limit]) => `--${name}=${limit ?? unlimited(name)}`);
  return flags.length > 0 ? [tool('prlimit', 'rlimit_*'), ...flags, '--'] : [];
}

/** The number of open files has a ceiling that `unlimited` is above; what is meant is as many as may be. */
function unlimited(name: string): number | string {
  return (name === 'nofile' ? hardLimit(name) : null) ?? 'unlimited';
}

function identity(request: SpawnRequest, path: string): string[] {
  const { uid, gid } = request;
  if ((uid === undefined && gid === undefined) || isOwnIdentity(request)) return [];
  const groups = uid === undefined ? null : groupsOf(uid, gid ?? uid);
  const flags = [
    ...(uid === undefined ? [] : [`--reuid=${uid}`]),
    ...(gid === undefined ? [] : [`--regid=${gid}`]),
    uid === undefined ? '--keep-groups' : groups === null ? '--clear-groups' : `--groups=${groups.join(',')}`,
  ];
  const setpriv = [tool('setpriv', 'uid or gid'), ...flags, '--'];
  if (uid !== undefined) checkAccess(path, uid, [...(groups ?? []), ...(gid === undefined ? [] : [gid])], setpriv);
  return setpriv;
}

/** The daemon may execute the command, but that user perhaps not, and setpriv(1) could tell nobody but by its exit. */
function checkAccess(path: string, uid: number, groups: readonly number[], setpriv: readonly string[]): void {
  if (uid === 0 || bitsAllow(realpathSync(path), uid, groups)) return;
  // Access control lists may allow what the bits do not: only the kernel knows.
  const [program = '', ...words] = setpriv;
  if (spawnSync(program, [...words, tool('test', 'uid'), '-x', path], { stdio: 'ignore', cwd: '/' }).status === 0) return;
  throw new SpawnError('EACCES', `${path}: the user ${uid} may not execute it, or not enter its directory (EACCES)`);
}

function bitsAllow(path: string, uid: number, groups: readonly number[]): boolean {
  const { mode, uid: owner, gid } = statSync(path);
  const bit = owner === uid ? 0o100 : groups.includes(gid) ? 0o010 : 0o001;
  return (mode & bit) !== 0 && (path === dirname(path) || bitsAllow(dirname(path), uid, groups));
}

/** Where a program is: in the daemon's PATH or where such programs usually are, whatever PATH the process is to have. */
function tool(name: string, option: string): string {
  try {
    return findExecutable(name, `${process.env.PATH ?? ''}:/usr/bin:/bin:/usr/sbin:/sbin`, '/');
  } catch (cause) {
    throw new SpawnError('ENOENT', `${option} needs ${name}(1), which is not installed`, { cause });
  }
}
