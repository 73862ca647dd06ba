import type { SupervisorApi } from './api.js';
import type { Clock } from './clock.js';
import { RingmasterError } from './errors.js';
import type { EventBodies, EventName } from './events.js';
import { ExtensionRegistry } from './extensions.js';
import type { HookRegistry } from './hook-registry.js';
import type { Logger } from './log.js';
import { type PluginDeps, type PluginEntry, PluginInstance, type PluginStatus } from './plugin-instance.js';
import { orderPlugins } from './plugin-order.js';
import { PluginServices } from './plugin-services.js';
import type { Scope } from './scope.js';
import { type StreamTypes, streamTypes } from './stream-types.js';

export interface ContainerOptions {
  readonly hooks: HookRegistry;
  readonly clock: Clock;
  readonly log: Logger;
  /** Closes the container when it ends. */
  readonly scope: Scope;
  readonly supervisor: SupervisorApi;
  /** What relative paths in options refer to. */
  readonly directory: string;
  emit<N extends EventName>(watcher: string, name: N, body: EventBodies[N]): void;
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
    this.#deps = { ...rest, services: new PluginServices(), extensions: new ExtensionRegistry(rest.log), deadline_ms };
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

  /** Names of the plugins that are there, in the order of setting up. */
  names(): readonly string[] {
    return this.#instances.map((instance) => instance.name);
  }

  /** What they were set up with, in the order of setting up. */
  entries(): readonly PluginEntry[] {
    return this.#instances.map((instance) => instance.entry);
  }

  /** Types of destinations for output that they declare. */
  streams(): StreamTypes {
    return streamTypes(this.#instances.map(({ plugin }) => plugin));
  }

  /** The plugins as they are now, in the order of setting up. */
  status(): readonly PluginStatus[] {
    return this.#instances.map((instance) => instance.status);
  }

  /**
   * Closes one plugin, and before it those that require it.
   *
   * @returns names of those that were closed, in the order of setting up
   * @throws RM_PLUGIN_UNKNOWN
   */
  async unload(name: string): Promise<readonly string[]> {
    const gone = new Set([name]);
    for (const instance of this.#instances) if (instance.plugin.requires?.some((required) => gone.has(required))) gone.add(instance.name);
    const instances = this.#instances.filter((instance) => gone.has(instance.name));
    if (instances[0]?.name !== name) throw new RingmasterError('RM_PLUGIN_UNKNOWN', [name, 'it is not set up']);
    await this.#close(instances);
    return instances.map((instance) => instance.name);
  }

  /** Closes all, last first. Never rejects: what goes wrong is in the log and in `status()`. */
  close(): Promise<void> {
    this.#closing ??= this.#close(this.#instances, { forget: false });
    return this.#closing;
  }

  async #close(instances: readonly PluginInstance[], { forget } = { forget: true }): Promise<void> {
    for (const instance of [...instances].reverse()) {
      await instance.close();
      if (forget) this.#instances = this.#instances.filter((other) => other !== instance);
    }
  }
}
