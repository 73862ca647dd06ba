import type { Outcome, WatcherStatus } from './api.js';
import { changedDaemonOptions, changedOptions, needsDaemonRestart, needsRestart, type ValueChange, valueChanges } from './config/diff.js';
import type { Config } from './config/schema/daemon.js';
import type { WatcherOptions } from './config/schema/watcher.js';
import { type PlannedPlugin, planPlugins } from './plan-plugins.js';
import { type SocketStep, socketSteps, socketsRenewed } from './socket-plan.js';

/** A watcher that is there. */
export interface RunningWatcher {
  readonly name: string;
  /** Changes at run time included. */
  readonly spec: Readonly<WatcherOptions>;
  readonly status: WatcherStatus;
  /** Whether it is to run; if not, whether that was asked for, or it stopped for a reason of its own. */
  readonly intent: Intent;
  /** Live processes, the oldest first. */
  readonly pids: readonly number[];
  /** Whether a config brought it, or somebody added it at run time. */
  readonly origin: 'config' | 'run_time';
}
export type Intent = 'run' | 'stopped' | 'failed';

/** One option that differs. */
export interface OptionChange {
  readonly option: string;
  /** What runs. */
  readonly from: unknown;
  /** What the config says. */
  readonly to: unknown;
  readonly effect: 'live' | 'scale' | 'restart';
  /** It was changed at run time. */
  readonly drift: boolean;
}

export interface WatcherStep {
  /**
   * scale: only the number of processes. set: taken over at once. restart: down with the old options, up with the new. reload:
   * new processes take the place of the old ones without a gap. start: it had stopped for a reason of its own and gets another try.
   */
  readonly do: 'scale' | 'set' | 'restart' | 'reload' | 'start';
  readonly watcher: string;
  readonly changes: readonly OptionChange[];
  /** Processes that are replaced, or are too many. */
  readonly pids: readonly number[];
  readonly brought_by?: string;
  /** Managed sockets that it is reloaded for, where there are any: they are others than its processes have. */
  readonly sockets?: readonly string[];
}
export interface AddStep {
  readonly do: 'add';
  readonly watcher: string;
  readonly options: WatcherOptions;
  /** The plugin that brings the watcher, or knows where it comes from; missing: it is of the config itself. */
  readonly brought_by?: string;
  /** Whether it is started (autostart). */
  readonly start: boolean;
  /** It is in the config in effect, and was removed at run time. */
  readonly drift: boolean;
}
export interface RemoveStep {
  readonly do: 'remove';
  readonly watcher: string;
  readonly brought_by?: string;
  /** Processes that end. */
  readonly pids: readonly number[];
  /** It was added at run time. */
  readonly drift: boolean;
}
export interface PluginStep {
  readonly do: 'plugin_unload' | 'plugin_load';
  readonly plugin: string;
  /** added, removed, changed, detached, or which plugin it requires. */
  readonly reason: string;
  readonly changes: readonly ValueChange[];
  /** It was changed at run time, or closed because it kept failing. */
  readonly drift: boolean;
}
/** An option of the daemon's own that is taken over at once. */
export interface OptionStep extends ValueChange {
  readonly do: 'option';
}
/** What only a new daemon can take over; nothing is done about it. */
export interface RestartDaemonStep {
  readonly do: 'restart_daemon';
  readonly what: 'option' | 'plugin';
  readonly name: string;
  readonly change: 'added' | 'removed' | 'changed';
  readonly changes: readonly ValueChange[];
}

/** One thing to do to get from what runs to what a config says. */
export type PlanStep = WatcherStep | AddStep | RemoveStep | PluginStep | SocketStep | OptionStep | RestartDaemonStep;

/** What differs between what runs and a config, as the steps that `apply` takes, in their order; none where nothing differs. */
export interface ConfigPlan {
  readonly steps: readonly PlanStep[];
}

/** The same steps after they were taken; `outcome` for those that start, stop or keep processes. */
export interface AppliedPlan {
  readonly steps: readonly (PlanStep & { readonly outcome?: Outcome })[];
}

export interface PlanOptions {
  /** Have new processes take the place of the old ones without a gap, where they are needed, instead of down and up (default false). */
  readonly graceful?: boolean;
  /**
   * Leave options alone that were set at run time and that the config has not changed since it was last read (default false); `all`:
   * and watchers that were added or removed at run time.
   */
  readonly keep_drift?: boolean | 'all';
}

export interface PlanInput {
  /** The config in effect, without what was changed at run time. */
  readonly loaded: Config;
  /** In start order. */
  readonly running: readonly RunningWatcher[];
  /** In the order of setting up. */
  readonly plugins: readonly PlannedPlugin[];
  /** Those of the config in effect. */
  readonly loaded_plugins: readonly PlannedPlugin[];
  readonly target: Config;
  /** Those that the target asks for, in the order of setting up. */
  readonly target_plugins: readonly PlannedPlugin[];
}

/** What to do so that what runs is what the target says. */
export function planConfig(input: PlanInput, options: PlanOptions = {}): ConfigPlan {
  const { loaded, running, target } = input;
  const plugins = planPlugins(input.plugins, input.target_plugins, input.loaded_plugins);
  const sockets = socketSteps(loaded.sockets, target.sockets, target.watchers);
  const keepsAll = options.keep_drift === 'all';
  const gone = running.filter(({ name, origin }) => !Object.hasOwn(target.watchers, name) && !(keepsAll && origin === 'run_time'));
  const kept = running.filter(({ name }) => Object.hasOwn(target.watchers, name));
  const there = new Set(kept.map(({ name }) => name));
  const isAdded = (name: string): boolean => !there.has(name) && !(keepsAll && Object.hasOwn(loaded.watchers, name));
  const added = Object.entries(target.watchers).filter(([name]) => isAdded(name));
  return {
    steps: [
      ...sockets.filter((step) => step.do !== 'socket_close'),
      ...plugins.before,
      ...daemonSteps(loaded, target).filter((step) => step.do === 'option'),
      ...gone.map(
        ({ name, spec, pids, origin }): RemoveStep => ({
          ...{ do: 'remove', watcher: name, ...broughtBy(spec, input), pids: ascending(pids), drift: origin === 'run_time' },
        }),
      ),
      ...kept.flatMap((watcher) => watcherSteps(watcher, input, options, sockets)),
      ...added.map(
        ([name, spec]): AddStep => ({
          do: 'add',
          watcher: name,
          ...broughtBy(spec, input),
          options: spec,
          start: spec.autostart,
          drift: Object.hasOwn(loaded.watchers, name),
        }),
      ),
      ...plugins.after,
      ...daemonSteps(loaded, target).filter((step) => step.do === 'restart_daemon'),
      ...sockets.filter((step) => step.do === 'socket_close'),
    ],
  };
}

/** The target with those of the daemon's own options that only a new daemon takes over as they are. */
export function withRunningOptions(loaded: Config, target: Config): Config {
  const kept = Object.entries(loaded).filter(([option]) => needsDaemonRestart(option));
  return { ...target, ...Object.fromEntries(kept) };
}

/** The target as it is in effect once the steps were taken: what only a new daemon can take over stays as it is. */
export function configInEffect(loaded: Config, target: Config, plan: ConfigPlan): Config {
  const waits = plan.steps.flatMap((step) => (step.do === 'restart_daemon' && step.what === 'plugin' ? [step.name] : []));
  const changed = Object.entries(target.plugins).filter(([name]) => !waits.includes(name));
  const kept = Object.entries(loaded.plugins).filter(([name]) => waits.includes(name));
  return { ...withRunningOptions(loaded, target), plugins: Object.fromEntries([...changed, ...kept]) };
}

function watcherSteps(
  watcher: RunningWatcher,
  { loaded, target, ...input }: PlanInput,
  { graceful, keep_drift }: PlanOptions,
  sockets: readonly SocketStep[],
): WatcherStep[] {
  const { name, spec, origin } = watcher;
  const after = target.watchers[name];
  if (after === undefined) return [];
  const base = origin === 'config' ? loaded.watchers[name] : undefined;
  const values = { from: new Map(Object.entries(spec)), to: new Map(Object.entries(after)) };
  const shaping = new Set(
    [...input.plugins, ...input.target_plugins].flatMap((plugin) => (plugin.shapes_spawns === true ? [plugin.name, plugin.source] : [])),
  );
  const isForNew = (option: string): boolean =>
    option === 'plugins' ? valueChanges(spec.plugins, after.plugins).some((change) => shaping.has(change.option)) : needsRestart(option);
  const drifted = new Set(base === undefined ? Object.keys(after) : changedOptions(base, spec));
  const edited = new Set(base === undefined ? Object.keys(after) : changedOptions(base, after));
  const differs = changedOptions(spec, after);
  const kept = (option: 'singleton' | 'numprocesses'): unknown => (edited.has(option) ? after : spec)[option];
  // What was set at run time and what has changed in the config can not both be.
  const clashes = kept('singleton') === true && Number(kept('numprocesses')) > 1;
  const counts = clashes ? ['singleton', 'numprocesses'] : [];
  const changes = differs
    .filter((option) => (keep_drift ?? false) === false || edited.has(option) || counts.includes(option))
    .map(
      (option): OptionChange => ({
        option,
        from: values.from.get(option),
        to: values.to.get(option),
        effect: isForNew(option) ? 'restart' : option === 'numprocesses' ? 'scale' : 'live',
        drift: drifted.has(option),
      }),
    );
  const to = { ...spec, ...Object.fromEntries(changes.map((change) => [change.option, change.to])) };
  const others = isDown(watcher) && watcher.intent !== 'failed' ? [] : socketsRenewed(sockets, spec, to);
  if (changes.length === 0 && others.length === 0) return [];
  const how = howTo(watcher, after, { changes, others }, graceful === true);
  const pids = how === 'restart' || how === 'reload' ? watcher.pids : surplus(watcher, changes);
  return [
    { do: how, watcher: name, ...broughtBy(after, input), changes, pids: ascending(pids), ...(others.length > 0 && { sockets: others }) },
  ];
}

/** A watcher that a plugin brings has `true` for it; for a plugin with options of watchers' own that may be the user's word. */
function broughtBy(
  { plugins }: Readonly<WatcherOptions>,
  { plugins: now, target_plugins: wanted }: Pick<PlanInput, 'plugins' | 'target_plugins'>,
): { readonly brought_by?: string } {
  const bringers = [...now, ...wanted].filter(({ per_watcher }) => per_watcher !== true).map(({ name }) => name);
  const found = bringers.find((name) => plugins[name] === true);
  return found === undefined ? {} : { brought_by: found };
}

/** The oldest go where there are too many. */
function surplus({ pids }: RunningWatcher, changes: readonly OptionChange[]): readonly number[] {
  const count = changes.find(({ option }) => option === 'numprocesses')?.to;
  return typeof count === 'number' ? pids.slice(0, Math.max(0, pids.length - count)) : [];
}

function ascending(pids: readonly number[]): readonly number[] {
  return [...pids].sort((a, b) => a - b);
}

interface Differs {
  readonly changes: readonly OptionChange[];
  /** Sockets. */
  readonly others: readonly string[];
}

function howTo(watcher: RunningWatcher, after: WatcherOptions, { changes, others }: Differs, graceful: boolean): WatcherStep['do'] {
  if (others.length === 0 && changes.every(({ effect }) => effect === 'scale')) return 'scale';
  if (watcher.intent === 'failed' && after.autostart) return 'start';
  if (isDown(watcher)) return 'set';
  const needsRestart = changes.some(({ effect }) => effect === 'restart');
  if (!needsRestart && others.length === 0) return 'set';
  return needsRestart && !graceful ? 'restart' : 'reload';
}

function isDown({ intent, status }: RunningWatcher): boolean {
  return intent !== 'run' || status === 'stopped';
}

function daemonSteps(loaded: Config, target: Config): (OptionStep | RestartDaemonStep)[] {
  const [before, after] = [new Map(Object.entries(loaded)), new Map(Object.entries(target))];
  return changedDaemonOptions(loaded, target).map((option) => {
    const change = { option, from: before.get(option), to: after.get(option) };
    if (!needsDaemonRestart(option)) return { do: 'option', ...change };
    return { do: 'restart_daemon', what: 'option', name: option, change: 'changed', changes: [change] };
  });
}
