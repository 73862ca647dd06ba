import { isSame, type ValueChange, valueChanges } from './config/diff.js';
import type { PluginStep, RestartDaemonStep } from './plan.js';

/** A plugin with its checked options. */
export interface PlannedPlugin {
  readonly name: string;
  /** What the config calls it. */
  readonly source: string;
  readonly requires: readonly string[];
  /** Whether it can be set up again at run time, or only with the daemon, or need not be for other options. */
  readonly applies: 'live' | 'daemon' | 'watchers';
  readonly options: Readonly<Record<string, unknown>>;
  /** Whether watchers have options of their own for it. */
  readonly per_watcher?: boolean;
  /** Its options count for new processes only, because it changes what is executed. */
  readonly shapes_spawns?: boolean;
  /** It was closed because it kept failing. */
  readonly detached?: boolean;
}

export interface PluginPlan {
  /** Before the watchers: what is changed or comes, so that a failure leaves everything else as it was. */
  readonly before: readonly PluginStep[];
  /** After the watchers, which may need them while they stop: what goes; and what has to wait for a new daemon. */
  readonly after: readonly (PluginStep | RestartDaemonStep)[];
}

/**
 * How the plugins that are there become those that are wanted. A plugin that is set up again takes those that require it along.
 *
 * @param now    in the order of setting up
 * @param wanted in the order of setting up
 * @param loaded those of the config in effect, from which `now` differs by what was changed at run time
 */
export function planPlugins(
  now: readonly PlannedPlugin[],
  wanted: readonly PlannedPlugin[],
  loaded: readonly PlannedPlugin[] = now,
): PluginPlan {
  const before = new Map(now.map((plugin) => [plugin.name, plugin]));
  const after = new Map(wanted.map((plugin) => [plugin.name, plugin]));
  const fixed = withRequired(now);
  const waits = [...new Set([...before.keys(), ...after.keys()])].filter((name) => {
    const isFixed = fixed.has(name) || (after.get(name)?.applies === 'daemon' && !before.has(name));
    return isFixed && !isUnchanged(before.get(name), after.get(name));
  });
  const removed = now.filter(({ name }) => !after.has(name) && !waits.includes(name));
  const added = wanted.filter(({ name }) => !before.has(name) && !waits.includes(name));
  const again = withDependents(
    now.filter(({ name }) => after.has(name) && !waits.includes(name)),
    after,
  );
  const drifted = new Set(driftOf(now, loaded).map(({ plugin }) => plugin));
  const changesOf = (name: string) => valueChanges(before.get(name)?.options ?? {}, after.get(name)?.options ?? {});
  const step = (what: PluginStep['do'], name: string, reason: string): PluginStep => ({
    do: what,
    plugin: name,
    reason,
    changes: what === 'plugin_load' ? changesOf(name) : [],
    drift: drifted.has(name),
  });
  const loads = wanted.flatMap(({ name }) => {
    const reason = again.get(name) ?? (added.some((plugin) => plugin.name === name) ? 'added' : undefined);
    return reason === undefined ? [] : [step('plugin_load', name, reason)];
  });
  return {
    before: [...[...again].reverse().map(([name, reason]) => step('plugin_unload', name, reason)), ...loads],
    after: [
      ...removed.toReversed().map(({ name }) => step('plugin_unload', name, 'removed')),
      ...waits.map((name): RestartDaemonStep => {
        const [old, next] = [before.get(name), after.get(name)];
        const change = old === undefined ? 'added' : next === undefined ? 'removed' : 'changed';
        return { do: 'restart_daemon', what: 'plugin', name: (next ?? old)?.source ?? name, change, changes: changesOf(name) };
      }),
    ],
  };
}

/** A plugin that was changed at run time, or closed because it kept failing. */
export interface PluginDrift {
  readonly plugin: string;
  readonly change: 'added' | 'removed' | 'changed' | 'detached';
  /** For `changed`: `from` the config in effect, `to` what runs. */
  readonly changes: readonly ValueChange[];
}

/** In what the plugins that are there are not those of the config in effect; in the order of that config, what was added last. */
export function driftOf(now: readonly PlannedPlugin[], loaded: readonly PlannedPlugin[]): readonly PluginDrift[] {
  const there = new Map(now.map((plugin) => [plugin.name, plugin]));
  const known = loaded.flatMap((plugin): PluginDrift[] => {
    const { name } = plugin;
    const found = there.get(name);
    if (found === undefined) return [{ plugin: name, change: 'removed', changes: [] }];
    if (found.detached === true) return [{ plugin: name, change: 'detached', changes: [] }];
    return isUnchanged(plugin, found) ? [] : [{ plugin: name, change: 'changed', changes: valueChanges(plugin.options, found.options) }];
  });
  const added = now.filter(({ name }) => !loaded.some((plugin) => plugin.name === name));
  return [...known, ...added.map(({ name }): PluginDrift => ({ plugin: name, change: 'added', changes: [] }))];
}

/**
 * The plugins that are wanted where what was changed at run time stays, unless the config has changed it since it was last read.
 *
 * @param removed names of those that a request has removed; others that are not there are wanted again
 */
export function keepDrift<T extends PlannedPlugin>(
  now: readonly T[],
  wanted: readonly T[],
  loaded: readonly T[],
  removed: ReadonlySet<string>,
): readonly T[] {
  const [running, before] = [byName(now), byName(loaded)];
  const stays = wanted.filter(({ name }) => !removed.has(name) || running.has(name));
  const isEdited = (plugin: T): boolean => !isUnchanged(before.get(plugin.name), plugin);
  const required = new Set(stays.flatMap(({ requires }) => requires));
  const kept = wanted.flatMap((plugin) => {
    const found = running.get(plugin.name);
    if (found !== undefined) return [isEdited(plugin) ? plugin : found];
    return removed.has(plugin.name) && !isEdited(plugin) && !required.has(plugin.name) ? [] : [plugin];
  });
  return [...kept, ...now.filter(({ name }) => !before.has(name) && !wanted.some((plugin) => plugin.name === name))];
}

const byName = <T extends PlannedPlugin>(plugins: readonly T[]): ReadonlyMap<string, T> =>
  new Map(plugins.map((plugin) => [plugin.name, plugin]));

/** Names of those that only a new daemon can set up again, and of those that they require. */
export function withRequired(plugins: readonly PlannedPlugin[]): ReadonlySet<string> {
  const names = new Set<string>();
  for (const { name, requires, applies } of plugins.toReversed()) {
    if (applies !== 'daemon' && !names.has(name)) continue;
    for (const one of [name, ...requires]) names.add(one);
  }
  return names;
}

/** Those that are to be set up again, because of themselves or of one that they require, each with the reason; in the order given. */
function withDependents(plugins: readonly PlannedPlugin[], after: ReadonlyMap<string, PlannedPlugin>): ReadonlyMap<string, string> {
  const reasons = new Map<string, string>();
  for (const plugin of plugins) {
    const next = after.get(plugin.name);
    // What is wanted as it is now is wanted detached.
    if (next?.detached === true) continue;
    const required = plugin.requires.find((name) => reasons.has(name));
    if (plugin.detached === true) reasons.set(plugin.name, 'detached');
    else if (!isUnchanged(plugin, next)) reasons.set(plugin.name, 'changed');
    else if (required !== undefined) reasons.set(plugin.name, `requires ${required}`);
  }
  return reasons;
}

function isUnchanged(before: PlannedPlugin | undefined, after: PlannedPlugin | undefined): boolean {
  if (before === undefined || after === undefined || before.source !== after.source) return false;
  return after.applies === 'watchers' || isSame(before.options, after.options);
}
