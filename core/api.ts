import type { Config, DaemonOptions } from './config/schema/daemon.js';
import type { WatcherOptions } from './config/schema/watcher.js';
import type { Decision } from './decisions.js';
import type { HookCall } from './hook-calls.js';
import type { HookCount } from './hook-registry.js';
import type { HookWait } from './hook-runner.js';
import type { Stats } from './hooks.js';
import type { AppliedPlan, ConfigPlan, PlanOptions } from './plan.js';
import type { Drift } from './plan-drift.js';
import type { PluginDescription, PluginStatus } from './plugin-status.js';
import type { HitCounter } from './socket-hits.js';
import type { SocketView } from './sockets.js';
import type { Trouble } from './troubles.js';
import type { Upgraded, UpgradeRequest } from './upgrade.js';

/** Circus's words for what a watcher does. */
export type WatcherStatus = 'stopped' | 'starting' | 'active' | 'stopping';
export type SupervisorState = 'idle' | 'starting' | 'running' | 'stopping' | 'stopped';

/** One live process of a watcher, as it is now. */
export interface ProcessView {
  readonly pid: number;
  /** Worker id: the smallest number from 1 that was free when it was spawned. */
  readonly wid: number;
  /** When it was spawned, seconds since the epoch. */
  readonly started: number;
  /** Seconds since it was spawned. */
  readonly age: number;
  /** Which generation of the watcher's options it runs with. */
  readonly generation: number;
  /** Whether it has been asked to end. */
  readonly stopping: boolean;
}

/** What a request did. Pids are in ascending order. */
export interface Outcome {
  readonly started: readonly number[];
  readonly stopped: readonly number[];
  readonly kept: readonly number[];
  /** Why what was asked for did not come about: a later request, a veto, a command that can't be started. */
  readonly instead?: string;
}

export interface ReloadOptions {
  /** Replace processes without a gap (default true); false restarts. */
  readonly graceful?: boolean;
  /** One process after the other instead of all at once (default false). */
  readonly sequential?: boolean;
}

export interface KillOptions {
  /** Only this process; without it all of the watcher. */
  readonly pid?: number;
  /** Instead of the watcher's `stop_signal`. */
  readonly signum?: number;
  /** Seconds, instead of the watcher's `graceful_timeout`. */
  readonly graceful_timeout?: number;
}

export interface SignalOptions {
  /** Only this process; without it all of the watcher. */
  readonly pid?: number;
  /** Only this direct child of the process `pid`. */
  readonly child_pid?: number;
  /** Only the direct children of each process. */
  readonly children?: boolean;
  /** The process and all of its descendants. */
  readonly recursive?: boolean;
}

/** Is told of something in options that is allowed but is not what it seems, as a sentence with the option in front. */
export type Warn = (warning: string) => void;

/**
 * What plugins and embedders do with one watcher.
 *
 * Requests take effect at once, in the order they are made, and never conflict: each changes what is wanted, and what it
 * returns tells when that is reached, or what came of it instead. Its methods are for calls on it, not to be taken off it.
 */
export interface WatcherApi {
  readonly name: string;
  readonly status: WatcherStatus;
  /** How many processes are wanted. */
  readonly numprocesses: number;
  /** Whether a sequential reload is under way, which ends a process and puts another in its place before it ends the next. */
  readonly reloadsInTurn: boolean;
  /** The checked options, changes at run time included. */
  readonly spec: Readonly<WatcherOptions>;
  /** Live processes, in order of their worker ids. */
  processes(): readonly ProcessView[];
  start(): Promise<Outcome>;
  stop(): Promise<Outcome>;
  restart(): Promise<Outcome>;
  reload(options?: ReloadOptions): Promise<Outcome>;
  /**
   * Sets how many processes are wanted and resolves with that number when it is reached; a singleton stays at most at one.
   * @throws RM_OPTION_INVALID at once, not by the promise, for what is no whole number, or too many
   */
  setNumprocesses(count: number): Promise<number>;
  incr(by?: number): Promise<number>;
  decr(by?: number): Promise<number>;
  /** Ends processes gracefully; they are replaced. Resolves when they are gone, their groups too. */
  kill(options?: KillOptions): Promise<void>;
  /** Sends a signal. @throws RM_PROCESS_UNKNOWN for a pid that is not this watcher's */
  signal(signum: number, options?: SignalOptions): void;
  /**
   * Sets options by name, as in the config; `PLUGIN.OPTION` and `PLUGIN` (true or false) are this watcher's own for a plugin. Takes effect
   * at once or by a graceful reload, as the schema says.
   * @param warn told at once of what of it has no effect, or not the one that is meant; it is logged besides
   * @throws RM_OPTION_INVALID, RM_USER_UNKNOWN, RM_GROUP_UNKNOWN at once, not by the promise, and then nothing is changed
   */
  set(options: Readonly<Record<string, unknown>>, warn?: Warn): Promise<Outcome>;
  /** The last decisions about it: what was decided, by whom and why; oldest first. */
  decisions(): readonly Decision[];
}

export interface RemoveOptions {
  /** Leave the processes running, supervised by nobody. */
  readonly nostop?: boolean;
}

/** Where a config is read from; nothing: the file that the supervisor was started from. */
export interface ConfigSource {
  /** Path of a file, relative to the current directory. */
  readonly file?: string;
  /** What such a file may hold, as a value. */
  readonly config?: unknown;
}

/** What the taps of plugins have done. */
export interface Inspection {
  /** By plugin and hook, since the plugin was set up. */
  readonly counts: readonly HookCount[];
  /** The last calls of each plugin and hook, oldest first. */
  readonly calls: readonly HookCall[];
  /** Whose answers are waited for right now, the longest wait first; `since_ms` is how long. */
  readonly waiting: readonly HookWait[];
}

/** What plugins, the control endpoint and embedders do with the supervisor. */
export interface SupervisorApi {
  readonly state: SupervisorState;
  /** The daemon's own options, as checked. */
  readonly options: Readonly<DaemonOptions>;
  /** All watchers in start order: bigger `priority` first, then as in the config. */
  watchers(): readonly WatcherApi[];
  /** Managed sockets, in the order of the config. */
  sockets(): readonly SocketView[];
  /**
   * Counts what comes to the managed sockets, from now on until it is disposed of.
   *
   * @throws OsError ENOSYS where the operating system form can't tell
   */
  countHits(): HitCounter;
  /** The watcher of that name, case ignored. */
  find(name: string): WatcherApi | undefined;
  /** By priority with the daemon's `warmup_delay`; all that have `autostart`, or those given. */
  startWatchers(which?: readonly WatcherApi[]): Promise<Outcome>;
  /** In reverse order of starting: those of lower `priority` are gone before those of higher priority are asked to stop. */
  stopWatchers(which?: readonly WatcherApi[]): Promise<Outcome>;
  /** All that run or have `autostart`, or those given. */
  restartWatchers(which?: readonly WatcherApi[]): Promise<Outcome>;
  reloadWatchers(options?: ReloadOptions): Promise<Outcome>;
  /**
   * Adds a watcher, stopped. `options` are a watcher's options as in the config, unchecked.
   * @param warn as for `set`
   * @throws RM_WATCHER_EXISTS, RM_OPTION_INVALID, RM_USER_UNKNOWN, RM_GROUP_UNKNOWN
   */
  add(name: string, options: Readonly<Record<string, unknown>>, warn?: Warn): WatcherApi;
  /** @throws RM_WATCHER_UNKNOWN */
  remove(name: string, options?: RemoveOptions): Promise<void>;
  /**
   * Reads and checks a config, and changes nothing.
   * @throws RM_CONFIG_INVALID with all problems; RM_NO_CONFIG_FILE
   */
  readConfig(source?: ConfigSource): Promise<Config>;
  /**
   * Reads the config file again and takes over what has changed in it since, only that: watchers are those of the file, options that
   * were set at run time stay unless the file has changed them.
   * @throws RM_CONFIG_INVALID, RM_CONFIG_APPLY, and then nothing is changed; RM_CLOSED where it is stopped meanwhile
   */
  reloadConfig(options?: Pick<PlanOptions, 'graceful'>): Promise<AppliedPlan>;
  /** What `apply` would do with this config now. @throws RM_CONFIG_INVALID, RM_PLUGIN_ORDER, RM_PLUGIN_FAILED */
  plan(config: Config, options?: PlanOptions): Promise<ConfigPlan>;
  /**
   * Makes what runs what this config says, touching only what differs. One config is applied after the other, in the order of the
   * calls; resolves with what was done when all of it is.
   * @throws as `reloadConfig`
   */
  apply(config: Config | PromiseLike<Config>, options?: PlanOptions): Promise<AppliedPlan>;
  /** The plugins as they are now, in the order of setting up. */
  plugins(): readonly PluginStatus[];
  /** What a plugin says of itself, and its options as they are. @throws RM_PLUGIN_ABSENT */
  describePlugin(name: string): PluginDescription;
  /**
   * Sets a plugin up at run time, with packaged ones that it requires. Changes of plugins, and configs that are applied, take their
   * turn one after the other.
   *
   * @param name as in a config: a plugin that comes along, a path or an npm package
   * @param options a text may stand for a number or for true and false
   * @throws RM_PLUGIN_UNKNOWN, RM_PLUGIN_EXISTS, RM_PLUGIN_FIXED, RM_PLUGIN_OPTIONS, RM_PLUGIN_ORDER, RM_PLUGIN_CHANGE: then nothing is changed
   */
  addPlugin(name: string, options?: Readonly<Record<string, unknown>>): Promise<PluginStatus>;
  /**
   * Closes a plugin, and those that came along for it alone; resolves with their names.
   * @throws RM_PLUGIN_ABSENT, RM_PLUGIN_FIXED; RM_PLUGIN_REQUIRED where another one requires it
   */
  removePlugin(name: string): Promise<readonly string[]>;
  /**
   * Lays options over those that a plugin has and sets it up again, and with it those that require it; also where it was detached.
   * @throws RM_PLUGIN_ABSENT, RM_PLUGIN_FIXED, RM_PLUGIN_OPTIONS; RM_PLUGIN_CHANGE where it can't be set up: then it is as it was
   */
  reconfigurePlugin(name: string, options?: Readonly<Record<string, unknown>>): Promise<PluginStatus>;
  /** Which plugin's tap of which hook ran when, for how long, with what verdict. */
  inspect(): Inspection;
  /** What it has to do without at present, though it goes on; in the order in which that began. */
  troubles(): readonly Trouble[];
  /** How watchers and plugins differ from the config in effect: what was changed at run time. */
  drift(): readonly Drift[];
  /**
   * Process information with what plugins add to it by the hook `stats`. It never rejects: where a plugin fails, that is told by
   * `hook_failure`, and the information stays as it was given.
   */
  extendStats(watcher: WatcherApi, process: ProcessView, stats: Stats): Promise<Stats>;
  /**
   * Goes on with another version of the program in the same process; durable processes keep running. Where it succeeds the promise is
   * settled by nobody, as this program is gone: the version that follows answers a request with the same token.
   * @throws RM_UPGRADE, RM_UPGRADE_RESTARTS: then everything is as it was
   */
  upgrade(request?: UpgradeRequest): Promise<Upgraded>;
  /** Stops everything in reverse order of starting; the same promise however often it is asked for. */
  stop(): Promise<void>;
}
