import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { RingmasterError } from '../errors.js';

/** The ids of a user by name or number; a number that nobody has stands for itself with the same group. @throws RM_USER_UNKNOWN */
export function userId(name: string | number): { readonly uid: number; readonly gid: number } {
  const row = lookUp('/etc/passwd', name);
  if (row) return { uid: Number(row[2]), gid: Number(row[3]) };
  if (isNumber(name)) return { uid: Number(name), gid: Number(name) };
  // Not in the file: another source of users (NSS, Directory Services) may know.
  const [uid, gid] = ['-u', '-g'].map((flag) => ask('id', [flag, '--', String(name)]));
  if (!isNumber(uid) || !isNumber(gid)) throw new RingmasterError('RM_USER_UNKNOWN', [String(name)]);
  return { uid: Number(uid), gid: Number(gid) };
}

/** The id of a group by name or number. @throws RM_GROUP_UNKNOWN */
export function groupId(name: string | number): number {
  const row = lookUp('/etc/group', name);
  if (row) return Number(row[2]);
  if (isNumber(name)) return Number(name);
  const id = ask('getent', ['group', '--', String(name)])?.split(':')[2];
  if (!isNumber(id)) throw new RingmasterError('RM_GROUP_UNKNOWN', [String(name)]);
  return Number(id);
}

/** The groups that initgroups(3) gives a user beside `gid`, ascending; null for a number that nobody has. */
export function groupsOf(uid: number, gid: number): readonly number[] | null {
  const user = lookUp('/etc/passwd', uid);
  const name = user?.[0] ?? ask('id', ['-un', '--', String(uid)]);
  if (name === undefined || isNumber(name)) return null;
  const member = rowsOf('/etc/group').filter((row) => row[3]?.split(',').includes(name));
  const own = Number(user?.[3] ?? ask('id', ['-g', '--', name]));
  const told = gid === own ? [] : (ask('id', ['-G', '--', name]) ?? '').split(' ').filter((id) => isNumber(id) && Number(id) !== own);
  return [...new Set([gid, ...member.map((row) => Number(row[2])), ...told.map(Number)])].sort((a, b) => a - b);
}

function lookUp(file: string, name: string | number): string[] | undefined {
  const key = String(name);
  return rowsOf(file).find((row) => row[0] === key || row[2] === key);
}

function rowsOf(file: string): string[][] {
  return readFileSync(file, 'utf8')
    .split('\n')
    .map((line) => line.split(':'));
}

const isNumber = (text: string | number | undefined): boolean => /^\d+$/.test(String(text));

function ask(program: string, words: readonly string[]): string | undefined {
  try {
    return execFileSync(program, words, { stdio: ['ignore', 'pipe', 'ignore'], encoding: 'utf8' }).trim();
  } catch {
    return undefined;
  }
}

/** Names of users by id; the number itself where nobody has it. */
export class UserNames {
  readonly #known = new Map<number, string>();

  of(uid: number): string {
    let name = this.#known.get(uid);
    if (name === undefined) {
      name = rowsOf('/etc/passwd').find((row) => row[2] === String(uid))?.[0] ?? String(uid);
      this.#known.set(uid, name);
    }
    return name;
  }
}
