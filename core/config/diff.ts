import type { Config } from './schema/daemon.js';
import { daemonProperties } from './schema/daemon.js';
import { type WatcherOptions, watcherSchema } from './schema/watcher.js';

/** What is different in one watcher. */
export interface WatcherChange {
  readonly name: string;
  /** Options that differ, in the order of the schema. */
  readonly keys: readonly string[];
  /** Only the number of processes; only what takes effect at once; or something that needs new processes. */
  readonly effect: 'numprocesses' | 'live' | 'restart';
}

/** Names in the order of the config that has them. */
export interface NameDiff {
  readonly added: readonly string[];
  readonly removed: readonly string[];
  readonly changed: readonly string[];
}

/** What is different between two configs. */
export interface ConfigDiff {
  readonly watchers: { readonly added: readonly string[]; readonly removed: readonly string[]; readonly changed: readonly WatcherChange[] };
  readonly sockets: NameDiff;
  readonly plugins: NameDiff;
  /** The daemon's own options that differ; they need a restart of the daemon. */
  readonly daemon: readonly string[];
  /** Watchers of the later config that use a socket that is added, removed or changed. */
  readonly socket_users: readonly string[];
}

/**
 * Compares two checked configs. The config's `env` is part of each watcher's own, so a change there shows in the watchers.
 *
 * @source Circus's reload_from_config
 */
export function diffConfigs(before: Config, after: Config): ConfigDiff {
  const watchers = diffNames(before.watchers, after.watchers);
  const sockets = diffNames(before.sockets, after.sockets);
  const touched = [...sockets.added, ...sockets.removed, ...sockets.changed];
  return {
    watchers: { ...watchers, changed: watchers.changed.map((name) => watcherChange(name, before.watchers[name], after.watchers[name])) },
    sockets,
    plugins: diffNames(before.plugins, after.plugins),
    daemon: changedKeys(daemonProperties, before, after),
    socket_users: Object.entries(after.watchers).flatMap(([name, watcher]) =>
      touched.some((socket) => usesSocket(watcher, socket)) ? [name] : [],
    ),
  };
}

/** Whether a watcher names a managed socket in its command or as standard input, or inherits them all. */
export function usesSocket(watcher: WatcherOptions, socket: string): boolean {
  const name = socket.toLowerCase();
  if (watcher.use_sockets || watcher.stdin_socket?.toLowerCase() === name) return true;
  const texts = [watcher.cmd, watcher.args, watcher.shell_args].flat().filter((text) => text !== null);
  return texts.some((text) =>
    [...text.matchAll(/(?:\$\(|\(\(circus\.)(?:circus\.)?sockets\.([\w.-]+)\)/gi)].some((match) => match[1]?.toLowerCase() === name),
  );
}

/** Watcher options that differ, in the order of the schema. */
export function changedOptions(before: WatcherOptions, after: WatcherOptions): string[] {
  return changedKeys(watcherSchema.properties, before, after);
}

/** Whether a change of this watcher option needs new processes. */
export function needsRestart(key: string): boolean {
  const properties: Readonly<Record<string, { readonly applies: string }>> = watcherSchema.properties;
  return properties[key]?.applies === 'restart';
}

function watcherChange(name: string, before: WatcherOptions | undefined, after: WatcherOptions | undefined): WatcherChange {
  const keys = before === undefined || after === undefined ? [] : changedOptions(before, after);
  if (keys.length === 1 && keys[0] === 'numprocesses') return { name, keys, effect: 'numprocesses' };
  return { name, keys, effect: keys.some(needsRestart) ? 'restart' : 'live' };
}

function diffNames(before: Readonly<Record<string, unknown>>, after: Readonly<Record<string, unknown>>): NameDiff {
  return {
    added: Object.keys(after).filter((name) => !Object.hasOwn(before, name)),
    removed: Object.keys(before).filter((name) => !Object.hasOwn(after, name)),
    changed: Object.keys(after).filter((name) => Object.hasOwn(before, name) && !isSame(before[name], after[name])),
  };
}

function changedKeys(schema: object, before: object, after: object): string[] {
  const [old, now] = [new Map(Object.entries(before)), new Map(Object.entries(after))];
  return Object.keys(schema).filter((key) => !isSame(old.get(key), now.get(key)));
}

/** Whether two JSON values are the same, whatever the order of their keys. */
function isSame(a: unknown, b: unknown): boolean {
  if (Object.is(a, b)) return true;
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null || Array.isArray(a) !== Array.isArray(b)) return false;
  const [left, right] = [new Map(Object.entries(a)), new Map(Object.entries(b))];
  return left.size === right.size && [...left].every(([key, value]) => right.has(key) && isSame(value, right.get(key)));
}
