import { dirname, resolve } from 'node:path';
import type { ConfigSource } from './api.js';
import { type CheckedConfig, checkConfig, formatProblem, loadConfig, markChecked, type Problem } from './config/index.js';
import type { Config } from './config/schema/daemon.js';
import { RingmasterError } from './errors.js';
import { impliedPlugins } from './implied-plugins.js';
import type { Logger } from './log.js';
import type { AnyPlugin } from './plugin.js';
import type { PluginEntry } from './plugin-instance.js';
import { orderPlugins } from './plugin-order.js';
import { type ResolveOptions, resolvePlugin } from './plugin-resolve.js';

/** A checked config and the plugins that it asks for, with their options, in the order of setting up. */
export interface PreparedConfig {
  readonly config: Config;
  /** The same without the plugins that its options imply. */
  readonly asked: Config;
  readonly entries: readonly PluginEntry[];
}

export interface ConfigReaderOptions {
  /** Plugins by object; they need not be named in a config. */
  readonly plugins: readonly AnyPlugin[];
  /** The supervisor's own file. */
  readonly file: string | undefined;
  readonly log: Logger;
}

/** Reads and checks configs for one supervisor, with the plugins that it was given and those that configs name or imply. */
export class ConfigReader {
  readonly #options: ConfigReaderOptions;

  constructor(options: ConfigReaderOptions) {
    this.#options = options;
  }

  /** What relative paths in a config refer to: the folder of the supervisor's own file. */
  get directory(): string {
    const { file } = this.#options;
    return file === undefined ? process.cwd() : dirname(resolve(file));
  }

  /** @throws RM_CONFIG_INVALID, RM_NO_CONFIG_FILE */
  async read(source: ConfigSource): Promise<Config> {
    if (source.config !== undefined) return (await this.prepare(source.config)).asked;
    const file = source.file ?? this.#options.file;
    if (file === undefined) throw new RingmasterError('RM_NO_CONFIG_FILE', []);
    const standing = this.#options.plugins.map(({ name }) => name);
    const loaded = await loadConfig(file, { resolvePlugin: (name, _, options) => this.resolve(name, options), standing });
    if (!loaded.config) throw invalid(loaded.problems);
    for (const problem of loaded.problems) this.#options.log.warn(formatProblem(problem));
    markChecked(loaded.config);
    return (await this.prepare(loaded.config)).asked;
  }

  /**
   * Plugins are imported first, for their schemas are part of the config's.
   *
   * @param input what a config file may hold, or a checked config
   * @param inEffect what of the checked config counts for the plugins that options ask for
   * @throws RM_CONFIG_INVALID, RM_PLUGIN_ORDER
   */
  async prepare(input: unknown, inEffect: (config: Config) => Config = (config) => config): Promise<PreparedConfig> {
    const plugins = new Map<string, AnyPlugin>(this.#options.plugins.map((plugin) => [plugin.name, plugin]));
    const given = [...plugins.keys()];
    const resolvePlugin = async (name: string, _: string, options?: ResolveOptions): Promise<AnyPlugin> => {
      const known = options?.isolation && given.includes(name) ? undefined : plugins.get(name);
      const plugin = known ?? (await this.resolve(name, options));
      plugins.set(name, plugin);
      return plugin;
    };
    // What comes of a check stays here: nobody else changes it before the next one.
    const check = async (value: unknown): Promise<CheckedConfig> => {
      const result = await checkConfig(value, { resolvePlugin });
      if (result.config !== null) markChecked(result.config);
      return result;
    };
    let checked = await check(withPlugins(input, given));
    const asked = checked.config;
    const names = new Set(given);
    for (;;) {
      const implied = checked.config ? await impliedPlugins(inEffect(checked.config), plugins) : [];
      if (implied.length === 0) break;
      for (const name of implied) names.add(name);
      checked = await check(withPlugins(checked.config, [...names]));
    }
    const { config } = checked;
    if (!config || !asked) throw invalid(checked.problems);
    const entries = [...plugins].flatMap(([name, plugin]) => {
      const options = config.plugins[name];
      return typeof options === 'object' ? [{ name, plugin, config: options }] : [];
    });
    const ordered = orderPlugins(entries.map((entry) => ({ ...entry.plugin, entry })));
    return { config, asked, entries: ordered.map(({ entry }) => entry) };
  }

  /** The plugin of that name: one that was given as an object, or as a config names it. @throws RM_PLUGIN_UNKNOWN, RM_PLUGIN_ISOLATION */
  async resolve(name: string, options?: ResolveOptions): Promise<AnyPlugin> {
    const given = this.#options.plugins.find((plugin) => plugin.name === name);
    if (given === undefined) return resolvePlugin(name, this.directory, options);
    if (options?.isolation === undefined) return given;
    throw new RingmasterError('RM_PLUGIN_ISOLATION', [name, options.isolation.tier, 'it is a part of the daemon, there is no file to run']);
  }
}

/** Plugins given as objects need not be named in the config. */
function withPlugins(input: unknown, names: readonly string[]): unknown {
  if (typeof input !== 'object' || input === null || names.length === 0) return input;
  const named = 'plugins' in input && typeof input.plugins === 'object' ? input.plugins : {};
  return { ...input, plugins: { ...Object.fromEntries(names.map((name) => [name, {}])), ...named } };
}

function invalid(problems: readonly Problem[]): RingmasterError {
  const errors = problems.filter((problem) => problem.severity === 'error').map(formatProblem);
  return new RingmasterError('RM_CONFIG_INVALID', [errors.join('\n')], { context: { problems } });
}
