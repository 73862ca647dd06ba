import type { SupervisorApi, WatcherApi } from './api.js';
import type { Clock } from './clock.js';
import { isSame } from './config/diff.js';
import { explain, isOfConfig, messageOf, RingmasterError } from './errors.js';
import type { EventBodies, EventName } from './events.js';
import type { ExtensionPoint, ExtensionTypes } from './extension-points.js';
import type { ExtensionRegistry } from './extensions.js';
import { FaultBudget } from './fault-budget.js';
import { freezeData } from './freeze.js';
import type { HookRegistry } from './hook-registry.js';
import { isThenable } from './hook-result.js';
import type { Logger } from './log.js';
import type { AnyPlugin, PluginContext } from './plugin.js';
import { scopedClock } from './plugin-clock.js';
import { splitOptions } from './plugin-options.js';
import type { PluginServices } from './plugin-services.js';
import type { PluginDescription, PluginState, PluginStatus } from './plugin-status.js';
import { Scope } from './scope.js';

/** A plugin with its checked options. */
export interface PluginEntry {
  /** What the config calls it: a name, a path or an npm package. */
  readonly name: string;
  readonly plugin: AnyPlugin;
  readonly config: Readonly<Record<string, unknown>>;
  /** Names of options that were given at run time. */
  readonly run_time?: ReadonlySet<string>;
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
  random(): number;
  emit<N extends EventName>(watcher: string, name: N, body: EventBodies[N]): void;
  keep(plugin: string, key: string, value: unknown): void;
  /** For setting up, and again for closing. */
  readonly deadline_ms: number;
  /** Failures in a row after which a plugin is detached, where it has no `fault_budget` of its own; 0: never. */
  faultBudget(): number;
  /** A plugin that is up has failed too often, or says itself that it can do no more. `last` is its last failure, if there is one. */
  spent(instance: PluginInstance, why: string, last: string | null): void;
}

/** Errors kept of each plugin. */
const KEPT_ERRORS = 20;
/** Where a failure happened, for the budget. */
const TIMERS = 'a timer';

type Options = Readonly<Record<string, unknown>>;

/** A plugin that is set up, and everything it made. */
export class PluginInstance {
  readonly name: string;
  readonly plugin: AnyPlugin;
  readonly entry: PluginEntry;
  readonly #source: string;
  readonly #config: Options;
  readonly #budget = new FaultBudget();
  readonly #allowed: number | undefined;
  readonly #overlays = new WeakMap<object, Options>();
  readonly #deps: PluginDeps;
  readonly #log: Logger;
  readonly #scope: Scope;
  /** Apart from the rest, because nobody may call into a plugin that has begun to close. */
  readonly #taps: Scope;
  readonly #errors: string[] = [];
  #state: PluginState = 'setting_up';
  #setup_ms: number | null = null;
  #detached: string | null = null;
  #spent = false;
  #closing: Promise<void> | undefined;

  constructor(entry: PluginEntry, deps: PluginDeps) {
    this.entry = entry;
    this.plugin = entry.plugin;
    this.name = entry.plugin.name;
    this.#source = entry.name;
    const { own, fault_budget } = splitOptions(entry.config, entry.plugin.schema);
    this.#config = freezeData(structuredClone(own));
    this.#allowed = fault_budget;
    this.#deps = deps;
    this.#log = deps.log.child({ plugin: this.name });
    this.#scope = new Scope(`plugin ${this.name}`);
    this.#taps = new Scope(`taps of plugin ${this.name}`);
  }

  /** Whether it was closed, or is being closed, because it keeps failing. */
  get isDetached(): boolean {
    return this.#detached !== null;
  }

  get status(): PluginStatus {
    const { clock, hooks, services } = this.#deps;
    return {
      name: this.name,
      source: this.#source,
      state: this.#state,
      requires: this.plugin.requires ?? [],
      setup_ms: this.#setup_ms,
      options: this.#options(),
      taps: hooks
        .counts()
        .filter(({ plugin }) => plugin === this.name)
        .map(({ plugin: _, ...count }) => count),
      services: services.of(this.name),
      owns: [...this.#scope.owned, ...this.#taps.owned],
      errors: [...this.#errors],
      budget: this.#budget.status(this.#allowance(), clock.now()),
      detached: this.#detached,
    };
  }

  get description(): PluginDescription {
    const { plugin, name } = this;
    const { summary, schema, hooks = [], requires = [], per_watcher = false, applies = 'live' } = plugin;
    const about = { summary, hooks, requires, per_watcher, applies, schema };
    return { name, source: this.#source, state: this.#state, ...about, options: this.#options() };
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

  /** It is about to be closed because it, or what it requires, keeps failing. */
  markDetached(why: string): void {
    this.#detached = why;
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
    this.#state = this.#detached === null ? 'closed' : 'detached';
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
    const { hooks, clock, random, services, extensions, supervisor, directory, emit, keep } = this.#deps;
    const scope = this.#scope;
    return Object.freeze({
      config: this.#config,
      configFor: (watcher: WatcherApi) => this.#configFor(watcher),
      hooks: hooks.handles(this.name, this.plugin.hooks ?? [], this.#taps, (hook, failure) => {
        if (failure === null && this.#budget.isSound) return;
        if (failure === null) this.#budget.succeeded(`hook ${hook}`);
        else if (!isOfConfig(failure)) this.#count(`hook ${hook}`, explain(failure));
      }),
      supervisor,
      emit,
      keep: (key: string, value: unknown) => keep(this.name, key, value),
      clock: scopedClock(clock, scope, {
        succeeded: () => this.#budget.succeeded(TIMERS),
        failed: (cause) => {
          this.#report(this.#failed(TIMERS, cause));
          this.#count(TIMERS, messageOf(cause));
        },
      }),
      random: () => random(),
      log: this.#log,
      scope,
      directory,
      signal: scope.signal,
      report: (what: string, cause: unknown) => this.#report(this.#failed(what, cause)),
      detach: (why: string, cause?: unknown) => {
        if (this.#state === 'setting_up') throw new Error(why, { cause });
        this.#spend(why, cause === undefined ? null : messageOf(cause));
      },
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

  #options(): PluginStatus['options'] {
    const { properties } = this.plugin.schema;
    return Object.entries(this.entry.config).map(([name, value]) => {
      const isDefault = Object.hasOwn(properties, name) && isSame(properties[name]?.default, value);
      const from = this.entry.run_time?.has(name) === true ? 'run_time' : isDefault ? 'default' : 'config';
      return { name, value, from, ...(properties[name]?.secret === true && { secret: true as const }) };
    });
  }

  #allowance(): number {
    // One that only a new daemon can set up again has to stay.
    if (this.plugin.never_detached === true || this.plugin.applies === 'daemon') return 0;
    return this.#allowed ?? this.#deps.faultBudget();
  }

  #count(where: string, last: string): void {
    const why = this.#budget.failed(where, this.#deps.clock.now(), this.#allowance());
    if (why !== null) this.#spend(why, last);
  }

  #spend(why: string, last: string | null): void {
    if (this.#state !== 'up' || this.#spent) return;
    this.#spent = true;
    this.#deps.spent(this, why, last);
  }

  #failed(what: string, cause: unknown): RingmasterError {
    return new RingmasterError('RM_PLUGIN_FAILED', [this.name, what], { cause, context: { plugin: this.name } });
  }

  #report(error: RingmasterError): void {
    const text = explain(error);
    this.#errors.push(text);
    if (this.#errors.length > KEPT_ERRORS) this.#errors.shift();
    this.#log.error(text, { code: error.code });
  }
}
