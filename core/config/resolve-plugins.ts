import { isRingmasterError, messageOf } from '../errors.js';
import type { AnyPlugin } from '../plugin.js';
import type { Plugins } from './check-plugins.js';
import { isolationOf } from './isolation.js';
import { isObject, own } from './json-value.js';
import { type Findings, shortJson } from './problem.js';
import type { ResolvePlugin } from './validate.js';

/**
 * Loads the plugins that a config asks for; null where there is nothing to load them with. One that can't be loaded is reported.
 *
 * @param also further names, of plugins that run without being named
 */
export async function resolvePlugins(
  value: unknown,
  resolve: ResolvePlugin | undefined,
  relativeTo: string,
  findings: Findings,
  also: readonly string[] = [],
): Promise<Plugins | null> {
  if (resolve === undefined) return null;
  const given = own(value, 'plugins');
  const asked = { ...Object.fromEntries(also.map((name) => [name, {}])), ...(isObject(given) ? given : {}) };
  const plugins = new Map<string, AnyPlugin>();
  for (const [name, options] of Object.entries(asked)) {
    if (options === false) continue;
    const isolation = isolationOf(options, ['plugins', name], findings);
    if (isolation === null) continue;
    try {
      plugins.set(name, await (isolation ? resolve(name, relativeTo, { isolation }) : resolve(name, relativeTo)));
    } catch (thrown) {
      const fix = isRingmasterError(thrown) ? { fix: thrown.fix } : {};
      findings.error(['plugins', name], { message: `can’t be used: ${messageOf(thrown)}`, found: shortJson(name), ...fix });
    }
  }
  return plugins;
}
