import { randomUUID } from 'node:crypto';
import type { Properties } from './command.js';
import { isReadOnly } from './roles.js';

/** A request as it is sent, and whether it may be sent again when it is not known what has become of it. */
export interface PreparedRequest {
  readonly properties: Properties;
  readonly repeatable: boolean;
}

/**
 * Those that only look may be repeated, and an upgrade, by a token that the daemon knows it by. Commands of plugins are not known here,
 * and are not repeated.
 */
export function prepareRequest(command: string, properties: Properties): PreparedRequest {
  const name = command.toLowerCase();
  if (name !== 'upgrade') return { properties, repeatable: isReadOnly(name) };
  return { properties: { token: randomUUID(), ...properties }, repeatable: true };
}
