import { readFileSync } from 'node:fs';
import type { SpawnRequest } from './port.js';

/**
 * Puts prlimit(1) and setpriv(1) of util-linux before a command that needs them: Node can set neither limits nor the
 * supplementary groups of a child. Both replace themselves by the command, so that the pid is the command's.
 */
export function wrap(request: SpawnRequest, path: string): { readonly file: string; readonly argv: readonly string[] } {
  const before = [...limits(request.rlimits), ...identity(request)];
  const [file] = before;
  return file === undefined ? { file: path, argv: request.argv } : { file, argv: [...before, path, ...request.argv.slice(1)] };
}

function limits(rlimits: SpawnRequest['rlimits']): string[] {
  const flags = Object.entries(rlimits).map(([name, limit]) => `--${name}=${limit ?? unlimited(name)}`);
  return flags.length > 0 ? ['prlimit', ...flags, '--'] : [];
}

/** The number of open files has a ceiling that `unlimited` is above; what is meant is as many as may be. */
function unlimited(name: string): string {
  const hard = name === 'nofile' ? /^Max open files\s+\S+\s+(\d+)/m.exec(readFileSync('/proc/self/limits', 'utf8'))?.[1] : undefined;
  return hard ?? 'unlimited';
}

function identity({ uid, gid }: SpawnRequest): string[] {
  if (uid === undefined && gid === undefined) return [];
  const flags = [...(uid === undefined ? [] : [`--reuid=${uid}`]), ...(gid === undefined ? [] : [`--regid=${gid}`])];
  return ['setpriv', ...flags, groups(uid), '--'];
}

/** initgroups(3) needs a user that has a name. */
function groups(uid: number | undefined): string {
  const named = uid !== undefined && new RegExp(`^[^:]+:[^:]*:${uid}:`, 'm').test(readFileSync('/etc/passwd', 'utf8'));
  return named ? '--init-groups' : uid === undefined ? '--keep-groups' : '--clear-groups';
}
