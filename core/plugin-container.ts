import { absentPlugin } from './absent-plugin.js';
import type { SupervisorApi } from './api.js';
import type { Clock } from './clock.js';
import { RingmasterError } from './errors.js';
import type { EventBodies, EventName } from './events.js';
import { ExtensionRegistry } from './extensions.js';
import type { HookRegistry } from './hook-registry.js';
import type { Logger } from './log.js';
import type { AnyPlugin } from './plugin.js';
import { type PluginDeps, type PluginEntry, PluginInstance } from './plugin-instance.js';
import { orderPlugins } from './plugin-order.js';
import { PluginServices } from './plugin-services.js';
import type { PluginDescription, PluginStatus } from './plugin-status.js';
import type { Scope } from './scope.js';

export interface ContainerOptions {
  readonly hooks: HookRegistry;
  readonly clock: Clock;
  readonly log: Logger;
  /** Closes the container when it ends. */
  readonly scope: Scope;
  readonly supervisor: SupervisorApi;
  /** What relative paths in options refer to. */
  readonly directory: string;
  /** From 0 to 1, without 1. */
  random(): number;
  emit<N extends EventName>(watcher: string, name: N, body: EventBodies[N]): void;
  /** Has the next daemon find this of a plugin, if this one crashes or is upgraded; null: nothing any more. */
  keep(plugin: string, key: string, value: unknown): void;
  /** Failures in a row after which a plugin is detached; 0: never. */
  faultBudget(): number;
  /** Milliseconds that a plugin has for setting up, and again for closing; 10 000 where none is given. */
  readonly deadline_ms?: number;
}

const DEADLINE_MS = 10_000;

/** The plugins of one supervisor: sets them up in the order of what they require, and closes them last first. */
export class PluginContainer {
  readonly #deps: PluginDeps;
  #instances: readonly PluginInstance[] = [];
  #closing: Promise<void> | undefined;

  constructor({ scope, deadline_ms = DEADLINE_MS, ...rest }: ContainerOptions) {
    const spent: PluginDeps['spent'] = (instance, why, last) => void this.#detach(instance, why, last);
    this.#deps = { ...rest, services: new PluginServices(), extensions: new ExtensionRegistry(rest.log), deadline_ms, spent };
    scope.add('plugins', () => this.close());
  }

  /**
   * Sets plugins up, one after the other, each after those that it requires. Where one fails it is closed again, and those
   * of this call before it.
   *
   * @param plugins with options that are checked and have their defaults
   * @throws RM_PLUGIN_ORDER before any is set up; RM_PLUGIN_FAILED, RM_PLUGIN_TIMEOUT; RM_CLOSED where `close` was called
   */
  async load(plugins: readonly PluginEntry[]): Promise<void> {
    const named = plugins.map((entry) => ({ entry, name: entry.plugin.name, requires: entry.plugin.requires ?? [] }));
    const made: PluginInstance[] = [];
    try {
      for (const { entry } of orderPlugins(named, this.names())) {
        if (this.#closing) throw new RingmasterError('RM_CLOSED', ['the plugin container']);
        const instance = new PluginInstance(entry, this.#deps);
        made.push(instance);
        this.#instances = [...this.#instances, instance];
        await instance.setup();
      }
    } catch (error) {
      await this.#close(made);
      throw error;
    }
  }

  /** Names of the plugins that are there and not detached, in the order of setting up. */
  names(): readonly string[] {
    return this.#instances.filter((instance) => !instance.isDetached).map((instance) => instance.name);
  }

  /** Those that are there, by name and by what the config calls each. */
  plugins(): ReadonlyMap<string, AnyPlugin> {
    const named = this.#instances.flatMap(({ entry: { name, plugin } }) => [[name, plugin] as const, [plugin.name, plugin] as const]);
    return new Map(named);
  }

  /** Whether a plugin of that name is there, detached or not. */
  has(name: string): boolean {
    return this.#instances.some((instance) => instance.name === name);
  }

  /** What they were set up with, detached ones included, in the order of setting up. */
  entries(): readonly (PluginEntry & { readonly detached: boolean })[] {
    return this.#instances.map(({ entry, isDetached }) => ({ ...entry, detached: isDetached }));
  }

  /** The plugins as they are now, in the order of setting up. */
  status(): readonly PluginStatus[] {
    return this.#instances.map((instance) => instance.status);
  }

  /** One of them, by its name or by what the config calls it. @throws RM_PLUGIN_ABSENT */
  describe(name: string): PluginDescription {
    const found = this.#instances.find((instance) => instance.name === name) ?? this.#instances.find(({ entry }) => entry.name === name);
    if (found === undefined) throw absentPlugin(name, this.#instances);
    return found.description;
  }

  /**
   * Closes one plugin, and before it those that require it.
   *
   * @returns names of those that were closed, in the order of setting up
   * @throws RM_PLUGIN_UNKNOWN
   */
  async unload(name: string): Promise<readonly string[]> {
    const instances = this.#withDependents(name);
    if (instances[0]?.name !== name) throw new RingmasterError('RM_PLUGIN_UNKNOWN', [name, 'it is not set up']);
    await this.#close(instances);
    return instances.map((instance) => instance.name);
  }

  /** Closes all, last first. Never rejects: what goes wrong is in the log and in `status()`. */
  close(): Promise<void> {
    this.#closing ??= this.#close(this.#instances, { forget: false });
    return this.#closing;
  }

  /** One that keeps failing, or can do no more, is closed, and with it those that require it; all of them stay to be seen. */
  async #detach(failing: PluginInstance, why: string, last: string | null): Promise<void> {
    const { log, clock, emit } = this.#deps;
    const { name } = failing;
    const group = this.#withDependents(name).filter((instance) => !instance.isDetached);
    // One that has to stay never spends its budget; where it gives up by itself, nothing of it would be left to keep.
    const fixed = group.find((instance) => instance !== failing && instance.plugin.applies === 'daemon');
    const fields = { plugin: name, why, ...(last !== null && { last }) };
    const reason = last === null ? why : `${why}; the last: ${last}`;
    if (fixed !== undefined) {
      log.error(`plugin "${name}" keeps failing and is kept, because "${fixed.name}" requires it: ${reason}`, fields);
      return;
    }
    const remedy = failing.plugin.applies === 'daemon' ? 'start the daemon again' : `ringmaster plugin reconfigure ${name}`;
    log.error(`plugin "${name}" is detached, supervision goes on without it: ${reason}; bring it back with: ${remedy}`, fields);
    const closing = group.map((instance) => ({
      instance,
      reason: instance === failing ? reason : `it requires ${name}`,
    }));
    // All are marked at once, so that none of them counts as there from now on.
    for (const { instance, reason } of closing) instance.markDetached(reason);
    for (const { instance, reason } of closing.reverse()) {
      await instance.close();
      emit(`plugin:${instance.name}`, 'plugin_detached', { time: clock.wall() / 1000, reason });
    }
  }

  /** The plugin and those that require it, in the order of setting up. */
  #withDependents(name: string): readonly PluginInstance[] {
    const names = new Set([name]);
    for (const { plugin } of this.#instances) if (plugin.requires?.some((required) => names.has(required))) names.add(plugin.name);
    return this.#instances.filter((instance) => names.has(instance.name));
  }

  async #close(instances: readonly PluginInstance[], { forget } = { forget: true }): Promise<void> {
    for (const instance of [...instances].reverse()) {
      await instance.close();
      if (forget) this.#instances = this.#instances.filter((other) => other !== instance);
    }
  }
}
