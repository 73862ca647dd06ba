import { changedOptions, type ValueChange } from './config/diff.js';
import type { Config } from './config/schema/daemon.js';
import type { RunningWatcher } from './plan.js';

/** A watcher that was changed at run time: by `add`, `rm`, `set`, `incr`, `decr` or what stands for them in the API. */
export interface Drift {
  readonly watcher: string;
  readonly change: 'added' | 'removed' | 'changed';
  /** For `changed`: `from` the config in effect, `to` what runs. */
  readonly changes: readonly ValueChange[];
}

/** In what the running watchers are not those of the config in effect; in the order of that config, what was added last. */
export function findDrift(loaded: Config, running: readonly RunningWatcher[]): readonly Drift[] {
  const there = new Map(running.map((watcher) => [watcher.name, watcher]));
  const known = Object.entries(loaded.watchers).flatMap(([name, spec]): Drift[] => {
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
  return [...known, ...added.map(({ name }): Drift => ({ watcher: name, change: 'added', changes: [] }))];
}
