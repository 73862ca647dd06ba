import { ROLES, type Role } from '../roles.js';
import { isKey } from './z85.js';

/** A key that may connect, and what whoever has it may do. */
export interface AuthorizedKey {
  readonly public_key: string;
  readonly role: Role;
  readonly name: string;
}

/** Reads lines `KEY ROLE NAME`; what follows `# ` is a comment. @throws Error with the number of the line that is none */
export function parseAuthorized(text: string): readonly AuthorizedKey[] {
  return text.split('\n').flatMap((line, at) => {
    const words = line.replace(/(?:^|\s)#(?:\s.*)?$/, '').trim();
    if (words === '') return [];
    const [public_key = '', role = '', name = '', ...more] = words.split(/\s+/);
    const known = ROLES.find((one) => one === role);
    if (!isKey(public_key) || known === undefined || !isName(name) || more.length > 0)
      throw new Error(`line ${at + 1} is not KEY ROLE NAME, with a role of ${ROLES.join(', ')}`);
    return [{ public_key, role: known, name }];
  });
}

export function writeAuthorized(keys: readonly AuthorizedKey[]): string {
  return ['# KEY ROLE NAME', ...keys.map(({ public_key, role, name }) => `${public_key} ${role} ${name}`), ''].join('\n');
}

/** Whether a key can be called so: a name is a part of a file's name, too. */
export function isName(name: string): boolean {
  return /^[A-Za-z0-9_@][A-Za-z0-9_.@-]{0,63}$/.test(name);
}
