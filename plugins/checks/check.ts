import { closest, type OptionsCheck } from '../../core/index.js';
import type { Options } from './schema.js';

/** Tells of checks whose type there is not, and whose options are not as their type wants them. */
export function checkProbes(probes: Options['probes'], { probes: known, problem, value }: OptionsCheck): void {
  if (known === null) return;
  const names = [...known.keys()];
  for (const [name, { type, options }] of Object.entries(probes)) {
    const declared = known.get(type);
    if (declared !== undefined) {
      value(['probes', name, 'options'], options, declared.schema);
      continue;
    }
    const [found, allowed, meant] = [JSON.stringify(type), `one of ${names.join(', ')}`, closest(type, names)];
    const hint = meant === undefined ? {} : { did_you_mean: meant };
    const message = `must be ${allowed}, or a type that a plugin of the config declares under \`probes\`, got ${found}`;
    problem(['probes', name, 'type'], { message, found, allowed, ...hint });
  }
}
