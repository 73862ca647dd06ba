import type { CheckedConfig } from './config/index.js';
import type { Config } from './config/schema/daemon.js';
import type { WatcherOptions } from './config/schema/watcher.js';
import type { AnyPlugin } from './plugin.js';
import { packagedNames } from './plugin-resolve.js';

/** Packaged plugins that do what an option of a watcher asks for, so that nobody has to name them. */
const IMPLIED: Readonly<Record<string, (watcher: WatcherOptions) => boolean>> = {
  config_hooks: (watcher) => Object.keys(watcher.hooks).length > 0,
  virtualenv: (watcher) => watcher.virtualenv !== null,
};

/**
 * Checks a config together with the plugins that nobody has to name: packaged ones that options ask for, or other plugins require.
 *
 * @param plugins those that are there; `check` adds the ones that it loads
 * @param check checks the config with plugins of these names, whether it names them or not
 */
export async function checkWithImplied(
  plugins: ReadonlyMap<string, AnyPlugin>,
  check: (names: readonly string[]) => Promise<CheckedConfig>,
): Promise<CheckedConfig> {
  const implied = new Set<string>();
  for (;;) {
    const checked = await check([...new Set([...plugins.keys(), ...implied])]);
    const more = checked.config ? await impliedBy(checked.config, plugins) : [];
    if (more.length === 0) return checked;
    for (const name of more) implied.add(name);
  }
}

/** Names of plugins that are not there and that the config neither names nor switches off. */
async function impliedBy(config: Config, plugins: ReadonlyMap<string, AnyPlugin>): Promise<readonly string[]> {
  const there = new Set([...plugins.values()].map(({ name }) => name));
  const byOption = Object.keys(IMPLIED).filter((name) => Object.values(config.watchers).some((watcher) => IMPLIED[name]?.(watcher)));
  const required = [...plugins.values()].flatMap(({ requires = [] }) => requires).filter((name) => !there.has(name));
  const packaged = required.length > 0 ? await packagedNames() : [];
  return [...byOption, ...required.filter((name) => packaged.includes(name))].filter((name) => config.plugins[name] === undefined);
}
