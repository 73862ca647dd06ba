import type { Config } from './config/schema/daemon.js';
import type { WatcherOptions } from './config/schema/watcher.js';

/** Packaged plugins that do what an option of a watcher asks for, so that nobody has to name them. */
const IMPLIED: Readonly<Record<string, (watcher: WatcherOptions) => boolean>> = {
  config_hooks: (watcher) => Object.keys(watcher.hooks).length > 0,
  virtualenv: (watcher) => watcher.virtualenv !== null,
};

/** Plugins that the watchers' options ask for and that the config neither names nor switches off. */
export function impliedPlugins(config: Config): readonly string[] {
  return Object.entries(IMPLIED)
    .filter(([name, asks]) => config.plugins[name] === undefined && Object.values(config.watchers).some(asks))
    .map(([name]) => name);
}
