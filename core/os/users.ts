import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';

/** The ids of a user by name or number; a number that nobody has stands for itself with the same group. @throws Error where there is no such name */
export function userId(name: string | number): { readonly uid: number; readonly gid: number } {
  const row = lookUp('/etc/passwd', name);
  if (row) return { uid: Number(row[2]), gid: Number(row[3]) };
  if (/^\d+$/.test(String(name))) return { uid: Number(name), gid: Number(name) };
  // Not in the file: another source of users (NSS, Directory Services) may know.
  const [uid, gid] = ['-u', '-g'].map((flag) => ask(flag, String(name)));
  if (uid === undefined || gid === undefined) throw new Error(`uid: there is no user ${JSON.stringify(name)}`);
  return { uid, gid };
}

/** The id of a group by name or number. @throws Error where there is no such name */
export function groupId(name: string | number): number {
  const row = lookUp('/etc/group', name);
  if (row) return Number(row[2]);
  if (/^\d+$/.test(String(name))) return Number(name);
  throw new Error(`gid: there is no group ${JSON.stringify(name)}`);
}

function lookUp(file: string, name: string | number): string[] | undefined {
  const key = String(name);
  return readFileSync(file, 'utf8')
    .split('\n')
    .map((line) => line.split(':'))
    .find((row) => row[0] === key || row[2] === key);
}

function ask(flag: string, name: string): number | undefined {
  try {
    return Number(execFileSync('id', [flag, '--', name], { stdio: ['ignore', 'pipe', 'ignore'], encoding: 'utf8' }));
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
      const rows = readFileSync('/etc/passwd', 'utf8').split('\n');
      name = rows.map((line) => line.split(':')).find((row) => row[2] === String(uid))?.[0] ?? String(uid);
      this.#known.set(uid, name);
    }
    return name;
  }
}
