import type { Config } from './config/schema/daemon.js';
import { OUTPUT_NAMES, outputOptions } from './output-options.js';

/** Packaged plugins that do what an option of the daemon or a watcher asks for, so that nobody has to name them. */
const IMPLIED: Readonly<Record<string, (config: Config) => boolean>> = {
  config_hooks: ({ watchers }) => Object.values(watchers).some(({ hooks }) => Object.keys(hooks).length > 0),
  stats: ({ statsd, stats_endpoint }) => statsd || stats_endpoint !== null,
  virtualenv: ({ watchers }) => Object.values(watchers).some(({ virtualenv }) => virtualenv !== null),
  logs: ({ watchers }) => Object.values(watchers).some((watcher) => OUTPUT_NAMES.some((name) => outputOptions(watcher, name) !== null)),
};

/** Plugins that options ask for and that the config neither names nor switches off. */
export function impliedPlugins(config: Config): readonly string[] {
  return Object.entries(IMPLIED)
    .filter(([name, asks]) => config.plugins[name] === undefined && asks(config))
    .map(([name]) => name);
}
