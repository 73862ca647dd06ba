import type { Config } from '../config/schema/daemon.js';
import type { AnyPlugin } from '../plugin.js';
import { resolvePlugin } from '../plugin-resolve.js';
import { ownName } from './own-name.js';
import type { Io } from './verb.js';

/** Plugins that run unless the config says `false`. */
export const DEFAULT_PLUGINS: readonly string[] = ['control', 'logs', 'backoff'];
/** The same, where the variable is in the environment. */
const PLUGINS_BY_VARIABLE: Readonly<Record<string, string>> = { NOTIFY_SOCKET: 'systemd' };

/**
 * The plugins that run though the config need not name them.
 *
 * @throws RM_PLUGIN_UNKNOWN
 */
export async function defaultPlugins(config: Config, directory: string): Promise<readonly AnyPlugin[]> {
  const asked = Object.entries(PLUGINS_BY_VARIABLE).flatMap(([variable, name]) => (process.env[variable] ? [name] : []));
  const wanted = [...DEFAULT_PLUGINS, ...asked].filter((name) => config.plugins[name] !== false);
  return Promise.all(wanted.map((name) => resolvePlugin(name, directory)));
}

/** Commands to try on the daemon that now runs, as they are typed in the shell that it was started from. */
export async function hints(config: Config, env: Io['env']): Promise<readonly string[]> {
  const { loadProviders } = await import('./verbs.js');
  const providers = await loadProviders();
  const own_name = ownName(env);
  return providers.flatMap(({ plugin, provider }) => (config.plugins[plugin] === false ? [] : (provider.hint?.(config, own_name) ?? [])));
}
