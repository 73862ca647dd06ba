import type { SupervisorApi, WatcherApi } from './api.js';
import type { Clock } from './clock.js';
import type { DaemonOptions } from './config/schema/daemon.js';
import type { TypeDeclaration } from './declared-types.js';
import type { EventBodies, EventName } from './events.js';
import type { ExtensionPoint, ExtensionTypes } from './extension-points.js';
import type { Extensions } from './extensions.js';
import type { HookHandle, HookName } from './hooks.js';
import type { FromSchema, JsonSchema } from './json-schema.js';
import type { Logger } from './log.js';
import type { Scope } from './scope.js';

/** The schema of a plugin's options: an object with properties. */
export type OptionsSchema = JsonSchema & { readonly type: 'object'; readonly properties: Readonly<Record<string, JsonSchema>> };

/** What a plugin's `setup` gets. Everything made through it is undone, last first, when the plugin is closed. */
export interface PluginContext<S extends OptionsSchema = OptionsSchema, H extends HookName = HookName> {
  /** The checked options. */
  readonly config: Readonly<FromSchema<S>>;
  /** The options for one watcher: its own over the plugin's; null where the watcher has switched the plugin off. */
  configFor(watcher: WatcherApi): Readonly<FromSchema<S>> | null;
  /** Only the hooks that the plugin declares. */
  readonly hooks: { readonly [N in H]: HookHandle<N> };
  readonly supervisor: SupervisorApi;
  /** Tells everybody of an event of a watcher. */
  emit<N extends EventName>(watcher: string, name: N, body: EventBodies[N]): void;
  /**
   * Keeps a value, JSON, over a crash or an upgrade of the daemon, where it has a state directory: the hook `taken_over` has it then. It is
   * written when the call returns; null forgets it, and so does an orderly stop.
   *
   * @throws TypeError where the value is no JSON
   */
  keep(key: string, value: unknown): void;
  readonly clock: Clock;
  /** Chance: from 0 to 1, without 1; a test decides it with the seed of its harness. */
  random(): number;
  readonly log: Logger;
  readonly scope: Scope;
  /** What relative paths refer to: the folder of the config file, or the current directory where there is no file. */
  readonly directory: string;
  /** Aborted when the plugin is about to be closed. */
  readonly signal: AbortSignal;
  /** Tells of a failure outside of hooks: in the log, and in the plugin's status. `what` names what it was doing. */
  report(what: string, cause: unknown): void;
  /**
   * Says that the plugin can do no more: it is closed as one that keeps failing is, with those that require it, and told of by the event
   * `plugin_detached`. It does nothing where the plugin is closing already.
   *
   * @param why a clause for the log, such as `its licence has run out`
   * @throws Error with the same words while the plugin is being set up, which then fails
   */
  detach(why: string, cause?: unknown): void;
  /** Offers something to other plugins under a name. */
  provide(service: string, value: object): void;
  /** What another plugin provides; it must be among `requires`. @throws RM_PLUGIN_FAILED where nobody provides it */
  service<T extends object>(name: string): T;
  /**
   * Adds to an extension point, see docs/reference/extension-points.md, until the plugin begins to close.
   * @throws RM_EXTENSION_INVALID, RM_EXTENSION_TAKEN
   */
  extend<P extends ExtensionPoint>(point: P, contribution: ExtensionTypes[P]): AsyncDisposable;
  /** What all plugins have added to an extension point. */
  extensions<P extends ExtensionPoint>(point: P): Extensions<P>;
}

/** What a look at the machine has shown about an option of a plugin. */
export interface Remark {
  /** Keys below the plugin's options. */
  readonly path: readonly string[];
  readonly message: string;
  readonly fix: string;
}

/** What is wrong with an option. */
export interface Mistake {
  /** A sentence that the option is the subject of: `must be a URL, got "x"`. */
  readonly message: string;
  /** What was found, as JSON. */
  readonly found?: string;
  readonly allowed?: string;
  readonly did_you_mean?: string;
  /** What to do about it. */
  readonly fix?: string;
}

/** Through which a plugin tells what is wrong with its options; keys are those below them. */
export interface OptionsCheck {
  /** Types of probes that plugins of the config declare; null where these are not known. */
  readonly probes: ReadonlyMap<string, TypeDeclaration> | null;
  problem(keys: readonly (string | number)[], mistake: Mistake): void;
  /** Checks a value against somebody else's schema, and tells each mistake. */
  value(keys: readonly (string | number)[], value: unknown, schema: JsonSchema): void;
}

/** A plugin: one object, see docs/plugins.md. */
export interface Plugin<S extends OptionsSchema = OptionsSchema, H extends HookName = HookName> {
  readonly name: string;
  /** One sentence for listings and the reference. */
  readonly summary: string;
  /** JSON Schema of the options; types, checks, defaults and reference follow from it. */
  readonly schema: S;
  /** The hooks that `setup` taps. */
  readonly hooks?: readonly H[];
  /** Whether each option can be set for one watcher, and `false` there switches the plugin off. */
  readonly per_watcher?: boolean;
  /** Plugins that must be set up before this one. */
  readonly requires?: readonly string[];
  /** Types of destinations for output that `setup` adds to the extension point `stream`; the check of configs knows them by this. */
  readonly streams?: readonly TypeDeclaration[];
  /** Types of probes that `setup` adds to the extension point `probe`; the check of configs knows them by this. */
  readonly probes?: readonly TypeDeclaration[];
  /**
   * How a changed config reaches it: `live` (default) closes it and sets it up again with the new options; `daemon` leaves it as it
   * is until the daemon is started again; `watchers` leaves it too, for its options matter to the watchers that it brings alone.
   */
  readonly applies?: 'live' | 'daemon' | 'watchers';
  /** Whether its failures are the verdicts of functions that the user has named, so that it is never detached for them (default false). */
  readonly never_detached?: boolean;
  /**
   * Watchers that it brings, by name, with options as a config may have them. Called whenever a config is checked, so that a plan
   * compares them like any others: it decides from what it is given and does nothing. What it throws is a problem of the config.
   */
  watchers?(options: Readonly<FromSchema<S>>, daemon: Readonly<DaemonOptions>): Readonly<Record<string, Readonly<Record<string, unknown>>>>;
  /**
   * Says what is wrong with options that the schema allows. It decides from what it is given and does nothing; it is called whenever a
   * config is checked, for the plugin's options and for each watcher's own, of which only what is given is there.
   */
  check?(options: Readonly<Partial<FromSchema<S>>>, told: OptionsCheck): void;
  /**
   * Looks at the machine for what would go wrong, and for nothing that the schema says. Only `ringmaster check` asks for it, so it may
   * take a moment.
   */
  examine?(options: Readonly<FromSchema<S>>): Promise<readonly Remark[]>;
  /** Taps hooks and starts what it needs. Rejecting fails the start of the supervisor. */
  setup(context: PluginContext<S, H>): void | PromiseLike<void>;
}

/** Any plugin, whatever its options: what lists of plugins hold. */
export type AnyPlugin = Omit<Plugin, 'setup' | 'watchers' | 'check' | 'examine'> & {
  setup(context: never): void | PromiseLike<void>;
  check?(options: never, told: OptionsCheck): void;
  examine?(options: never): Promise<readonly Remark[]>;
  watchers?(options: never, daemon: never): Readonly<Record<string, Readonly<Record<string, unknown>>>>;
};

/** Declares a plugin, with the types of its options inferred from its schema. */
export function definePlugin<const S extends OptionsSchema, const H extends HookName = never>(plugin: Plugin<S, H>): Plugin<S, H> {
  return plugin;
}
