import { absentPlugin } from './absent-plugin.js';
import { checkPluginOptions, pluginIsolation } from './config/check-plugins.js';
import { isSame } from './config/diff.js';
import { explain, isRingmasterError, RingmasterError } from './errors.js';
import { type PlannedPlugin, planPlugins, withRequired } from './plan-plugins.js';
import type { AnyPlugin } from './plugin.js';
import type { PluginEntry } from './plugin-instance.js';
import { packagedNames } from './plugin-resolve.js';
import type { PluginStatus } from './plugin-status.js';
import type { ApplyHost } from './supervisor-apply.js';
import { takePluginSteps } from './supervisor-apply-plugins.js';

type Options = Readonly<Record<string, unknown>>;

/** Plugins that are added, removed and given other options by request; each request takes its turn among configs that are applied. */
export class PluginChanges {
  readonly #host: ApplyHost;
  readonly #inTurn: <T>(work: () => Promise<T>) => Promise<T>;
  /** Those of the config in effect. */
  #loaded: readonly PluginEntry[] = [];
  readonly #removed = new Set<string>();
  /** Those that came only because another one requires them. */
  readonly #along = new Set<string>();

  constructor(host: ApplyHost, inTurn: <T>(work: () => Promise<T>) => Promise<T>) {
    this.#host = host;
    this.#inTurn = inTurn;
  }

  /** Those of the config in effect. */
  get loaded(): readonly PluginEntry[] {
    return this.#loaded;
  }

  /** Names of those that a request has removed. */
  get removed(): ReadonlySet<string> {
    return this.#removed;
  }

  /** A config has taken effect. */
  settle(loaded: readonly PluginEntry[]): void {
    this.#loaded = loaded;
    for (const { plugin } of loaded) this.#along.delete(plugin.name);
    for (const name of this.#removed) if (this.#host.container().has(name)) this.#removed.delete(name);
  }

  /** @throws RM_PLUGIN_UNKNOWN, RM_PLUGIN_EXISTS, RM_PLUGIN_FIXED, RM_PLUGIN_OPTIONS, RM_PLUGIN_ORDER, RM_PLUGIN_CHANGE */
  add(name: string, options: Options): Promise<PluginStatus> {
    return this.#inTurn(async () => {
      const isolation = pluginIsolation(name, options);
      const plugin = await this.#host.reader.resolve(name, isolation && { isolation });
      if (this.#host.container().has(plugin.name)) throw new RingmasterError('RM_PLUGIN_EXISTS', [plugin.name], about(plugin));
      if (plugin.applies === 'daemon') throw fixed(plugin.name);
      const along = await this.#missing(plugin);
      await this.#change(plugin.name, [...this.#entries(), ...along, this.#checked(name, plugin, options)]);
      this.#removed.delete(plugin.name);
      for (const entry of along) this.#along.add(entry.plugin.name);
      return this.#status(plugin.name);
    });
  }

  /**
   * @returns names of those that were closed: it, and what was there only because it requires it
   * @throws RM_PLUGIN_UNKNOWN, RM_PLUGIN_REQUIRED, RM_PLUGIN_FIXED
   */
  remove(name: string): Promise<readonly string[]> {
    return this.#inTurn(async () => {
      const { plugin } = this.#find(name);
      const container = this.#host.container();
      const users = this.#users(plugin.name);
      if (users.length > 0) throw new RingmasterError('RM_PLUGIN_REQUIRED', [plugin.name, users.join(', ')], about(plugin));
      const gone = [...(await container.unload(plugin.name))];
      this.#removed.add(plugin.name);
      for (const other of [...this.#along].reverse()) {
        if (this.#users(other).length > 0 || !container.has(other)) continue;
        gone.push(...(await container.unload(other)));
        this.#along.delete(other);
      }
      return gone;
    });
  }

  /** @throws RM_PLUGIN_UNKNOWN, RM_PLUGIN_FIXED, RM_PLUGIN_OPTIONS; RM_PLUGIN_CHANGE, and then it is as it was */
  reconfigure(name: string, options: Options): Promise<PluginStatus> {
    return this.#inTurn(async () => {
      const old = this.#find(name);
      const isolation = pluginIsolation(old.plugin.name, { ...old.config, ...options });
      const moves = !isSame(isolation, old.config.isolation);
      const plugin = moves ? await this.#host.reader.resolve(old.name, isolation && { isolation }) : old.plugin;
      const next = this.#checked(old.name, plugin, options, old);
      await this.#change(
        old.plugin.name,
        this.#entries().map((entry) => (entry.plugin === old.plugin ? next : entry)),
      );
      return this.#status(old.plugin.name);
    });
  }

  /** Those that are there, detached or not. */
  #entries(): readonly PluginEntry[] {
    return this.#host.container().entries();
  }

  #find(name: string): PluginEntry {
    const entries = this.#entries();
    const found = entries.find((entry) => entry.plugin.name === name) ?? entries.find((entry) => entry.name === name);
    if (found === undefined) {
      throw absentPlugin(
        name,
        entries.map(({ plugin }) => plugin),
      );
    }
    if (withRequired(this.#entries().map(plannedPlugin)).has(found.plugin.name)) throw fixed(found.plugin.name);
    return found;
  }

  /** Names of those that are there and require it. */
  #users(name: string): readonly string[] {
    return this.#entries().flatMap(({ plugin }) => (plugin.requires?.includes(name) === true ? [plugin.name] : []));
  }

  /** Packaged plugins that it requires and that are not there, with default options; each after those that it requires itself. */
  async #missing(plugin: AnyPlugin, above: readonly AnyPlugin[] = []): Promise<readonly PluginEntry[]> {
    const packaged = await packagedNames();
    const found: PluginEntry[] = [];
    for (const name of plugin.requires ?? []) {
      const there = this.#host.container().has(name) || [...above, ...found.map((entry) => entry.plugin)].some((one) => one.name === name);
      if (there || !packaged.includes(name)) continue;
      const required = await this.#host.reader.resolve(name);
      found.push(...(await this.#missing(required, [...above, plugin, ...found.map((entry) => entry.plugin)])));
      found.push(this.#checked(name, required, {}));
    }
    return found;
  }

  /** Takes the steps from what is there to what is wanted; detached ones stay so, but for the one named and those that require it. @throws RM_PLUGIN_CHANGE, and then everything is as it was */
  async #change(name: string, wanted: readonly PluginEntry[]): Promise<void> {
    const revived = new Set([name]);
    for (const { plugin } of wanted) if (plugin.requires?.some((required) => revived.has(required))) revived.add(plugin.name);
    const planned = wanted.map(plannedPlugin).map((plugin) => (revived.has(plugin.name) ? { ...plugin, detached: false } : plugin));
    const steps = planPlugins(this.#entries().map(plannedPlugin), planned).before;
    try {
      await takePluginSteps(steps, wanted, this.#host);
    } catch (cause) {
      if (isRingmasterError(cause, 'RM_CLOSED')) throw cause;
      throw new RingmasterError('RM_PLUGIN_CHANGE', [name, explain(cause)], { cause, context: { plugin: name } });
    }
    this.#host.log.info(`plugin "${name}" was changed at run time`, { steps: steps.map((step) => `${step.do} ${step.plugin}`) });
  }

  /** @param old where given, what its options are laid over */
  #checked(name: string, plugin: AnyPlugin, options: Options, old?: PluginEntry): PluginEntry {
    const there = new Map([...this.#host.container().plugins(), [plugin.name, plugin] as const]);
    const config = checkPluginOptions(plugin, { ...old?.config, ...options }, there);
    const given = Object.keys(options).filter((key) => !isSame(old?.config[key], config[key]));
    return { name, plugin, config, run_time: new Set([...(old?.run_time ?? []), ...given]) };
  }

  #status(name: string): PluginStatus {
    const status = this.#host
      .container()
      .status()
      .find((one) => one.name === name);
    if (status === undefined) throw new RingmasterError('RM_PLUGIN_ABSENT', [name, 'it was removed meanwhile']);
    return status;
  }
}

/** A plugin as plans see it. */
export function plannedPlugin(entry: PluginEntry & { readonly detached?: boolean }): PlannedPlugin {
  const { name: source, plugin, config: options, detached = false } = entry;
  return {
    name: plugin.name,
    source,
    requires: plugin.requires ?? [],
    applies: plugin.applies ?? 'live',
    options,
    per_watcher: plugin.per_watcher === true,
    shapes_spawns: plugin.hooks?.includes('spawn_options') === true,
    detached,
  };
}

function fixed(name: string): RingmasterError {
  return new RingmasterError('RM_PLUGIN_FIXED', [name], { context: { plugin: name } });
}

function about(plugin: AnyPlugin): { readonly context: { readonly plugin: string } } {
  return { context: { plugin: plugin.name } };
}
