import type { Config } from '../config/schema/daemon.js';
import type { AnyPlugin } from '../plugin.js';
import { resolvePlugin } from '../plugin-resolve.js';
import type { Io } from './verb.js';
import { loadProviders } from './verbs.js';

/** Plugins that run unless the config says `false`. */
const DEFAULT_PLUGINS: readonly string[] = ['control', 'logs'];

/**
 * The plugins that run though the config need not name them.
 *
 * @throws RM_PLUGIN_UNKNOWN
 */
export async function defaultPlugins(config: Config, directory: string): Promise<readonly AnyPlugin[]> {
  const wanted = DEFAULT_PLUGINS.filter((name) => config.plugins[name] !== false);
  return Promise.all(wanted.map((name) => resolvePlugin(name, directory)));
}

/** Lines about how to talk to the daemon that now runs, from the plugins that it runs with. */
export async function hints(config: Config, io: Io): Promise<readonly string[]> {
  const providers = await loadProviders();
  return providers.flatMap(({ plugin, provider }) => {
    const told = config.plugins[plugin] === false ? undefined : provider.announce?.(config);
    if (told === undefined) return [];
    return io.stdout.isTTY === true ? [`${told.where}; try: ${told.hint}`] : [told.where];
  });
}
