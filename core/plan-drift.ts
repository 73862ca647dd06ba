import { changedOptions, type ValueChange } from './config/diff.js';
import type { Config } from './config/schema/daemon.js';
import type { RunningWatcher } from './plan.js';
import { driftOf, type PlannedPlugin, type PluginDrift } from './plan-plugins.js';

/** What differs from the config in effect. */
export type Drift = WatcherDrift | PluginDrift;

/** A watcher that was changed at run time: by `add`, `rm`, `set`, `incr`, `decr` or what stands for them in the API. */
export interface WatcherDrift {
  readonly watcher: string;
  readonly change: 'added' | 'removed' | 'changed';
  /** For `changed`: `from` the config in effect, `to` what runs. */
  readonly changes: readonly ValueChange[];
}

/** Plugins as they are, and those of the config in effect. */
export interface PluginsToCompare {
  readonly now: readonly PlannedPlugin[];
  readonly loaded: readonly PlannedPlugin[];
}

/** In what that which runs is not the config in effect: watchers in the order of that config, what was added last, then plugins. */
export function findDrift(loaded: Config, running: readonly RunningWatcher[], plugins: PluginsToCompare): readonly Drift[] {
  const there = new Map(running.map((watcher) => [watcher.name, watcher]));
  const known = Object.entries(loaded.watchers).flatMap(([name, spec]): WatcherDrift[] => {
    const watcher = there.get(name);
    if (watcher === undefined) return [{ watcher: name, change: 'removed', changes: [] }];
    const [before, after] = [new Map(Object.entries(spec)), new Map(Object.entries(watcher.spec))];
    const changes = changedOptions(spec, watcher.spec).map((option) => ({
      option,
      from: before.get(option) ?? null,
      to: after.get(option) ?? null,
    }));
    return changes.length === 0 ? [] : [{ watcher: name, change: 'changed', changes }];
  });
  const added = running.filter(({ name }) => !Object.hasOwn(loaded.watchers, name));
  return [
    ...known,
    ...added.map(({ name }): WatcherDrift => ({ watcher: name, change: 'added', changes: [] })),
    ...driftOf(plugins.now, plugins.loaded),
  ];
}
