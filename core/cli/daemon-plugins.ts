import type { Config } from '../config/schema/daemon.js';
import type { AnyPlugin } from '../plugin.js';
import { resolvePlugin } from '../plugin-resolve.js';
import type { Io } from './verb.js';
import { loadProviders } from './verbs.js';

/** Plugins that run unless the config says `false`. */
const DEFAULT_PLUGINS: readonly string[] = ['control'];

/**
 * The plugins that the config names and those that are on by default, loaded, by their names in the config.
 *
 * @throws RM_PLUGIN_UNKNOWN
 */
export async function resolvePlugins(config: Config, directory: string): Promise<ReadonlyMap<string, AnyPlugin>> {
  const names = new Set([...DEFAULT_PLUGINS, ...Object.keys(config.plugins)]);
  const plugins = new Map<string, AnyPlugin>();
  for (const name of names) if (config.plugins[name] !== false) plugins.set(name, await resolvePlugin(name, directory));
  return plugins;
}

/** Lines about how to talk to the daemon that now runs, from the plugins that it runs with. */
export async function hints(config: Config, names: Iterable<string>, io: Io): Promise<readonly string[]> {
  const running = new Set(names);
  const providers = await loadProviders();
  return providers.flatMap(({ plugin, provider }) => {
    const told = running.has(plugin) ? provider.announce?.(config) : undefined;
    if (told === undefined) return [];
    return io.stdout.isTTY === true ? [`${told.where}; try: ${told.hint}`] : [told.where];
  });
}
