import type { Role } from './roles.js';

/** Who sent a request. */
export interface Asker {
  /** In words: `local`, `key laptop`. */
  readonly who: string;
  readonly role: Role;
}

/** Whoever reaches an endpoint that has no keys: the owner of a unix socket, or this machine over the loopback. */
export const LOCAL: Asker = { who: 'local', role: 'admin' };
