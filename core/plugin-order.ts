import { RingmasterError } from './errors.js';

/** What the order of plugins depends on. */
interface Required {
  readonly name: string;
  readonly requires?: readonly string[];
}

/**
 * Plugins in the order of setting up: as given, but each after those that it requires.
 *
 * @param present names of plugins that are set up already
 * @throws RM_PLUGIN_ORDER for one that is missing or there twice, and for a circle, with the path to it
 */
export function orderPlugins<T extends Required>(plugins: readonly T[], present: readonly string[] = []): readonly T[] {
  const byName = new Map<string, T>();
  for (const plugin of plugins) {
    if (byName.has(plugin.name) || present.includes(plugin.name)) fail(`there are two plugins of the name "${plugin.name}"`);
    byName.set(plugin.name, plugin);
  }
  const ordered = new Set<T>();
  const visit = (plugin: T, path: readonly string[]): void => {
    if (ordered.has(plugin)) return;
    if (path.includes(plugin.name)) fail(`${[...path.slice(path.indexOf(plugin.name)), plugin.name].join(' requires ')}`);
    const here = [...path, plugin.name];
    for (const name of plugin.requires ?? []) {
      if (present.includes(name)) continue;
      const required = byName.get(name);
      if (required === undefined) fail(`${[...here, name].join(' requires ')}, and there is no plugin of that name`);
      visit(required, here);
    }
    ordered.add(plugin);
  };
  for (const plugin of plugins) visit(plugin, []);
  return [...ordered];
}

function fail(why: string): never {
  throw new RingmasterError('RM_PLUGIN_ORDER', [why]);
}
