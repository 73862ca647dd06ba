import type { Properties } from './command.js';
import { isReadOnly } from './roles.js';

/**
 * Whether a request may be sent again when it is not known what has become of it: those that only look, and an upgrade, which has a
 * token by which the daemon knows it again. Commands of plugins are not known here, and are not repeated.
 */
export function isRepeatable(command: string, properties: Properties): boolean {
  return isReadOnly(command.toLowerCase()) || (command === 'upgrade' && typeof properties.token === 'string');
}
