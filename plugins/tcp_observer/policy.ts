import type { ObservedCheck } from '../../core/index.js';
import type { Options } from './schema.js';

/** All that the options ask to connect to. */
export function checksOf({ checks }: Options): readonly ObservedCheck[] {
  return Object.entries(checks).map(([name, { host, port, ...check }]) => ({
    ...check,
    name,
    title: `TCP check ${name}`,
    options: { host, port },
  }));
}
