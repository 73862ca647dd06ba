import type { Config } from './config/schema/daemon.js';
import { OUTPUT_NAMES, outputOptions } from './output-options.js';
import type { AnyPlugin } from './plugin.js';
import { packagedNames } from './plugin-resolve.js';

/** Packaged plugins that do what an option of the daemon or a watcher asks for, so that nobody has to name them. */
const IMPLIED: Readonly<Record<string, (config: Config) => boolean>> = {
  config_hooks: ({ watchers }) => Object.values(watchers).some(({ hooks }) => Object.keys(hooks).length > 0),
  stats: ({ statsd, stats_endpoint }) => statsd || stats_endpoint !== null,
  virtualenv: ({ watchers }) => Object.values(watchers).some(({ virtualenv }) => virtualenv !== null),
  logs: ({ watchers }) => Object.values(watchers).some((watcher) => OUTPUT_NAMES.some((name) => outputOptions(watcher, name) !== null)),
};

/**
 * Packaged plugins that are needed though the config neither names nor switches them off: options ask for them, or other plugins
 * require them.
 *
 * @param inEffect what of the config counts for options
 * @param config the config with all plugins that are there, or switched off
 * @param plugins those that are there, by the name that the config has for them
 */
export async function impliedPlugins(
  inEffect: Config,
  config: Config,
  plugins: ReadonlyMap<string, AnyPlugin>,
): Promise<readonly string[]> {
  const used = [...plugins].filter(([name]) => config.plugins[name] !== false).map(([, plugin]) => plugin);
  const there = new Set(used.map(({ name }) => name));
  const missing = used.flatMap(({ requires = [] }) => requires).filter((name) => !there.has(name));
  const packaged = missing.length > 0 ? await packagedNames() : [];
  const asked = Object.entries(IMPLIED).flatMap(([name, asks]) => (inEffect.plugins[name] === undefined && asks(inEffect) ? [name] : []));
  const required = missing.filter((name) => packaged.includes(name));
  return [...asked, ...required].filter((name) => config.plugins[name] === undefined);
}
