import type { Commands } from './commands/index.js';

/** What a key may do, the least first: look; start, stop and signal what is there; everything. */
export const ROLES = ['read', 'operate', 'admin'] as const;
export type Role = (typeof ROLES)[number];

/** The role that each built-in command needs. What can have another program run, or reads files that the request names, is for admin. */
const COMMAND_ROLES: Readonly<Record<keyof Commands, Role>> = {
  add: 'admin',
  apply: 'admin',
  audit: 'read',
  commands: 'read',
  decr: 'operate',
  dstats: 'read',
  get: 'read',
  globaloptions: 'read',
  incr: 'operate',
  inspect: 'read',
  ipython: 'admin',
  ipythonshell: 'admin',
  kill: 'operate',
  list: 'read',
  listen: 'read',
  listsockets: 'read',
  numprocesses: 'read',
  numwatchers: 'read',
  options: 'read',
  plan: 'admin',
  plugin_add: 'admin',
  plugin_describe: 'read',
  plugin_reconfigure: 'admin',
  plugin_remove: 'admin',
  plugins: 'read',
  quit: 'admin',
  reload: 'operate',
  reloadconfig: 'operate',
  restart: 'operate',
  rm: 'admin',
  set: 'admin',
  signal: 'operate',
  start: 'operate',
  stats: 'read',
  status: 'read',
  stop: 'operate',
  upgrade: 'admin',
  why: 'read',
};

/** Whether who has a role may do what needs another. */
export function mayDo(has: Role, needs: Role): boolean {
  return ROLES.indexOf(has) >= ROLES.indexOf(needs);
}

/** Whether a built-in command changes nothing, whoever may use it. */
export function isReadOnly(command: string): boolean {
  return command === 'plan' || (Object.hasOwn(COMMAND_ROLES, command) && COMMAND_ROLES[command as keyof Commands] === 'read');
}

/** The role that a command needs; a plugin's is for admin unless it says otherwise. */
export function roleOf({ key, value }: { readonly key: string; readonly value: { readonly role?: Role } }): Role {
  const known: Readonly<Record<string, Role>> = COMMAND_ROLES;
  return Object.hasOwn(known, key) ? (known[key] ?? 'admin') : (value.role ?? 'admin');
}
