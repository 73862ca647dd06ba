import { isObject, type JsonObject, own } from './json-value.js';
import type { Config } from './schema/daemon.js';

/** Options of watchers that have been through a whole check, and that nobody changes any more. */
const checked = new WeakSet<object>();

/**
 * Spares the watchers of a config all but what depends on others, when it is checked again: a daemon checks the same config for the file
 * and for each set of plugins. For whoever alone has it, and changes it no more.
 *
 * Watchers with options of their own for plugins are not spared, for another set of plugins may take them otherwise.
 */
export function markChecked({ watchers }: Config): void {
  for (const watcher of Object.values(watchers)) if (Object.keys(watcher.plugins).length === 0) checked.add(watcher);
}

/** The watchers of a config that `markChecked` has spared, by name, and the config without them. */
export function spared(value: unknown): { readonly known: ReadonlyMap<string, JsonObject>; readonly rest: unknown } {
  const known = new Map<string, JsonObject>();
  const watchers = own(value, 'watchers');
  if (!isObject(value) || !isObject(watchers)) return { known, rest: value };
  for (const [name, watcher] of Object.entries(watchers)) if (isObject(watcher) && checked.has(watcher)) known.set(name, watcher);
  if (known.size === 0) return { known, rest: value };
  const others = Object.entries(watchers).filter(([name]) => !known.has(name));
  return { known, rest: { ...value, watchers: Object.fromEntries(others) } };
}

/** Puts them back where `value` has them. Changes `config`, which was made of the rest. */
export function putBack(config: JsonObject, known: ReadonlyMap<string, JsonObject>, value: unknown): void {
  if (known.size === 0) return;
  const others = own(config, 'watchers');
  const names = [...Object.keys(own(value, 'watchers') as JsonObject), ...Object.keys(isObject(others) ? others : {})];
  config.watchers = Object.fromEntries(
    [...new Set(names)].flatMap((name) => {
      const watcher = known.get(name) ?? own(others, name);
      return watcher === undefined ? [] : [[name, watcher]];
    }),
  );
}
