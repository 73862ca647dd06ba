import { isSame, valueChanges } from './config/diff.js';
import type { PluginStep, RestartDaemonStep } from './plan.js';

/** A plugin with its checked options. */
export interface PlannedPlugin {
  readonly name: string;
  /** What the config calls it. */
  readonly source: string;
  readonly requires: readonly string[];
  /** Whether it can be set up again at run time, or only with the daemon. */
  readonly applies: 'live' | 'daemon';
  readonly options: Readonly<Record<string, unknown>>;
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
 */
export function planPlugins(now: readonly PlannedPlugin[], wanted: readonly PlannedPlugin[]): PluginPlan {
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
    (plugin) => !isUnchanged(plugin, after.get(plugin.name)),
  );
  const changesOf = (name: string) => valueChanges(before.get(name)?.options ?? {}, after.get(name)?.options ?? {});
  const step = (what: PluginStep['do'], name: string, reason: string): PluginStep => ({
    do: what,
    plugin: name,
    reason,
    changes: what === 'plugin_load' ? changesOf(name) : [],
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

/** Names of those that only a new daemon can set up again, and of those that they require. */
function withRequired(plugins: readonly PlannedPlugin[]): ReadonlySet<string> {
  const names = new Set<string>();
  for (const { name, requires, applies } of plugins.toReversed()) {
    if (applies !== 'daemon' && !names.has(name)) continue;
    for (const one of [name, ...requires]) names.add(one);
  }
  return names;
}

/** Those that are `changed`, and those that require one of them, each with the reason; in the order given. */
function withDependents(plugins: readonly PlannedPlugin[], changed: (plugin: PlannedPlugin) => boolean): ReadonlyMap<string, string> {
  const reasons = new Map<string, string>();
  for (const plugin of plugins) {
    const required = plugin.requires.find((name) => reasons.has(name));
    if (changed(plugin)) reasons.set(plugin.name, 'changed');
    else if (required !== undefined) reasons.set(plugin.name, `requires ${required}`);
  }
  return reasons;
}

function isUnchanged(before: PlannedPlugin | undefined, after: PlannedPlugin | undefined): boolean {
  return before !== undefined && after !== undefined && before.source === after.source && isSame(before.options, after.options);
}
