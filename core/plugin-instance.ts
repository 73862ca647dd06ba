import type { SupervisorApi, WatcherApi } from './api.js';
import type { Clock } from './clock.js';
import { explain, messageOf, RingmasterError } from './errors.js';
import type { EventBodies, EventName } from './events.js';
import type { ExtensionPoint, ExtensionTypes } from './extension-points.js';
import type { ExtensionRegistry } from './extensions.js';
import { freezeData } from './freeze.js';
import type { HookRegistry } from './hook-registry.js';
import { isThenable } from './hook-result.js';
import type { Logger } from './log.js';
import type { AnyPlugin, PluginContext } from './plugin.js';
import { scopedClock } from './plugin-clock.js';
import type { PluginServices } from './plugin-services.js';
import { Scope } from './scope.js';

/** A plugin with its checked options. */
export interface PluginEntry {
  /** What the config calls it: a name, a path or an npm package. */
  readonly name: string;
  readonly plugin: AnyPlugin;
  readonly config: Readonly<Record<string, unknown>>;
}

export interface PluginDeps {
  readonly hooks: HookRegistry;
  readonly clock: Clock;
  readonly log: Logger;
  readonly supervisor: SupervisorApi;
  readonly services: PluginServices;
  readonly extensions: ExtensionRegistry;
  /** What relative paths refer to. */
  readonly directory: string;
  emit<N extends EventName>(watcher: string, name: N, body: EventBodies[N]): void;
  /** For setting up, and again for closing. */
  readonly deadline_ms: number;
}

export type PluginState = 'setting_up' | 'up' | 'closing' | 'closed';

/** One plugin as it is now. */
export interface PluginStatus {
  readonly name: string;
  /** What the config calls it. */
  readonly source: string;
  readonly state: PluginState;
  readonly requires: readonly string[];
  /** How long setup took; null before its end. */
  readonly setup_ms: number | null;
  /** What was made through its context and is not undone yet, oldest first. */
  readonly owns: readonly string[];
  /** What went wrong outside of hooks, oldest first. */
  readonly errors: readonly string[];
}

type Options = Readonly<Record<string, unknown>>;

/** A plugin that is set up, and everything it made. */
export class PluginInstance {
  readonly name: string;
  readonly plugin: AnyPlugin;
  readonly entry: PluginEntry;
  readonly #source: string;
  readonly #config: Options;
  readonly #overlays = new WeakMap<object, Options>();
  readonly #deps: PluginDeps;
  readonly #log: Logger;
  readonly #scope: Scope;
  /** Apart from the rest, because nobody may call into a plugin that has begun to close. */
  readonly #taps: Scope;
  readonly #errors: string[] = [];
  #state: PluginState = 'setting_up';
  #setup_ms: number | null = null;
  #closing: Promise<void> | undefined;

  constructor(entry: PluginEntry, deps: PluginDeps) {
    this.entry = entry;
    this.plugin = entry.plugin;
    this.name = entry.plugin.name;
    this.#source = entry.name;
    this.#config = freezeData(structuredClone(entry.config));
    this.#deps = deps;
    this.#log = deps.log.child({ plugin: this.name });
    this.#scope = new Scope(`plugin ${this.name}`);
    this.#taps = new Scope(`taps of plugin ${this.name}`);
  }

  get status(): PluginStatus {
    return {
      name: this.name,
      source: this.#source,
      state: this.#state,
      requires: this.plugin.requires ?? [],
      setup_ms: this.#setup_ms,
      owns: [...this.#scope.owned, ...this.#taps.owned],
      errors: [...this.#errors],
    };
  }

  /**
   * Sets the plugin up; after a failure it has to be closed.
   *
   * @throws RM_PLUGIN_FAILED, RM_PLUGIN_TIMEOUT, or RM_CLOSED where it was closed meanwhile
   */
  async setup(): Promise<void> {
    const started_ms = this.#deps.clock.now();
    try {
      const returned: unknown = this.plugin.setup(this.#context() as never);
      if (isThenable(returned)) await this.#patience(returned);
    } catch (cause) {
      if (cause instanceof RingmasterError && (cause.code === 'RM_PLUGIN_TIMEOUT' || this.#scope.disposed)) throw cause;
      throw this.#failed('setup', cause);
    }
    this.#setup_ms = this.#deps.clock.now() - started_ms;
    if (this.#state === 'setting_up') this.#state = 'up';
  }

  /** Undoes what the plugin made, taps first, then last first; ends in any case, after the deadline at the latest. */
  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    const { clock, deadline_ms } = this.#deps;
    this.#state = 'closing';
    await this.#taps.dispose();
    const timer = clock.setTimeout(() => {
      const why = `it waits for ${this.#scope.abandon().join(', ')}`;
      this.#report(new RingmasterError('RM_PLUGIN_TIMEOUT', [this.name, 'closing', deadline_ms, why]));
    }, deadline_ms);
    try {
      await this.#scope.dispose();
    } catch (cause) {
      for (const error of cause instanceof AggregateError ? cause.errors : [cause]) this.#report(this.#failed('closing', error));
    }
    timer[Symbol.dispose]();
    this.#state = 'closed';
  }

  /** Waits for setup until the deadline, or until the plugin is closed. */
  #patience(returned: PromiseLike<unknown>): Promise<void> {
    const { clock, deadline_ms } = this.#deps;
    const { signal } = this.#scope;
    return new Promise((resolve, reject) => {
      let open = true;
      const end = (settle: () => void): void => {
        open = false;
        timer[Symbol.dispose]();
        signal.removeEventListener('abort', closed);
        settle();
      };
      const closed = (): void => end(() => reject(signal.reason));
      const timer = clock.setTimeout(() => {
        const why = 'the promise that it returned is still pending; does it await something that never ends?';
        end(() => reject(new RingmasterError('RM_PLUGIN_TIMEOUT', [this.name, 'setup', deadline_ms, why])));
      }, deadline_ms);
      signal.addEventListener('abort', closed);
      Promise.resolve(returned).then(
        () => open && end(resolve),
        (cause: unknown) =>
          open ? end(() => reject(cause)) : this.#log.debug('setup failed after it was given up', { error: messageOf(cause) }),
      );
    });
  }

  #context(): PluginContext {
    const { hooks, clock, services, extensions, supervisor, directory, emit } = this.#deps;
    const scope = this.#scope;
    return Object.freeze({
      config: this.#config,
      configFor: (watcher: WatcherApi) => this.#configFor(watcher),
      hooks: hooks.handles(this.name, this.plugin.hooks ?? [], this.#taps),
      supervisor,
      emit,
      clock: scopedClock(clock, scope, (cause) => this.#report(this.#failed('a timer', cause))),
      log: this.#log,
      scope,
      directory,
      signal: scope.signal,
      provide: (service: string, value: object) => services.provide(this.name, service, value, scope),
      service: <T extends object>(service: string) => services.find(this.plugin, service) as T,
      extend: <P extends ExtensionPoint>(point: P, contribution: ExtensionTypes[P]) =>
        extensions.extend(this.name, point, contribution, this.#taps),
      extensions: <P extends ExtensionPoint>(point: P) => extensions.handle(this.name, point, this.#taps),
    });
  }

  #configFor(watcher: WatcherApi): Options | null {
    if (this.plugin.per_watcher !== true) return this.#config;
    const { plugins } = watcher.spec;
    const own = plugins[this.name] ?? plugins[this.#source];
    if (own === false) return null;
    if (typeof own !== 'object') return this.#config;
    let overlay = this.#overlays.get(own);
    if (overlay === undefined) {
      overlay = freezeData({ ...this.#config, ...structuredClone(own) });
      this.#overlays.set(own, overlay);
    }
    return overlay;
  }

  #failed(what: string, cause: unknown): RingmasterError {
    return new RingmasterError('RM_PLUGIN_FAILED', [this.name, what], { cause, context: { plugin: this.name } });
  }

  #report(error: RingmasterError): void {
    const text = explain(error);
    this.#errors.push(text);
    this.#log.error(text, { code: error.code });
  }
}
