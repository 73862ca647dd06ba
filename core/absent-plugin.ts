import { closest } from './config/did-you-mean.js';
import { RingmasterError } from './errors.js';

/** RM_PLUGIN_ABSENT for a name that none of those that are there has, with the one that was probably meant, or all. */
export function absentPlugin(name: string, there: Iterable<{ readonly name: string }>): RingmasterError {
  const names = Array.from(there, (plugin) => plugin.name);
  const meant = closest(name, names);
  const hint = meant === undefined ? `there are ${names.join(', ') || 'none'}` : `did you mean "${meant}"?`;
  return new RingmasterError('RM_PLUGIN_ABSENT', [name, hint], { context: { plugin: name } });
}
