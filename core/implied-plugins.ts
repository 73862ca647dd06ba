import type { Config } from './config/schema/daemon.js';
import { OUTPUT_NAMES, outputOptions } from './output-options.js';
import type { AnyPlugin } from './plugin.js';
import { packagedNames } from './plugin-resolve.js';

/** Packaged plugins that do what an option of the daemon or a watcher asks for, so that nobody has to name them. */
const IMPLIED: Readonly<Record<string, (config: Config) => boolean>> = {
  discovery: ({ multicast_endpoint }) => multicast_endpoint !== null && multicast_endpoint !== '',
  config_hooks: ({ watchers }) => Object.values(watchers).some(({ hooks }) => Object.keys(hooks).length > 0),
  stats: ({ statsd, stats_endpoint }) => statsd || stats_endpoint !== null,
  virtualenv: ({ watchers }) => Object.values(watchers).some(({ virtualenv }) => virtualenv !== null),
  logs: ({ watchers }) => Object.values(watchers).some((watcher) => OUTPUT_NAMES.some((name) => outputOptions(watcher, name) !== null)),
};

/**
 * Packaged plugins that nobody has to name: options ask for them, or plugins that are there require them.
 *
 * @param plugins those that are there
 * @returns names that the config neither names nor switches off
 */
export async function impliedPlugins(config: Config, plugins: ReadonlyMap<string, AnyPlugin>): Promise<readonly string[]> {
  const there = new Set([...plugins.values()].map(({ name }) => name));
  const byOption = Object.keys(IMPLIED).filter((name) => !there.has(name) && IMPLIED[name]?.(config));
  const on = [...plugins].flatMap(([name, plugin]) => (config.plugins[name] === false ? [] : [plugin]));
  const required = on.flatMap(({ requires = [] }) => requires).filter((name) => !there.has(name));
  const packaged = required.length > 0 ? await packagedNames() : [];
  return [...byOption, ...required.filter((name) => packaged.includes(name))].filter((name) => config.plugins[name] === undefined);
}
