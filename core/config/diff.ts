import { daemonProperties } from './schema/daemon.js';
import { type WatcherOptions, watcherSchema } from './schema/watcher.js';

/** Names in the order of the config that has them. */
export interface NameDiff {
  readonly added: readonly string[];
  readonly removed: readonly string[];
  readonly changed: readonly string[];
}

/** A value that differs; null where there is none. */
export interface ValueChange {
  readonly option: string;
  readonly from: unknown;
  readonly to: unknown;
}

/** Whether a watcher names a managed socket in its command or as standard input, or inherits them all because its command names none. */
export function usesSocket(watcher: WatcherOptions, socket: string): boolean {
  return namedSockets(watcher).includes(socket.toLowerCase()) || (watcher.use_sockets && commandSockets(watcher).length === 0);
}

/** Managed sockets that a watcher names in its command or as standard input, in lower case. */
export function namedSockets(watcher: WatcherOptions): readonly string[] {
  const { stdin_socket } = watcher;
  return [...commandSockets(watcher), ...(stdin_socket === null ? [] : [stdin_socket.toLowerCase()])];
}

/** Managed sockets that a watcher's command names, in lower case. */
export function commandSockets(watcher: WatcherOptions): readonly string[] {
  const texts = [watcher.cmd, watcher.args, watcher.shell_args].flat().filter((text) => text !== null);
  return texts.flatMap((text) =>
    [...text.matchAll(/(?:\$\(|\(\(circus\.)(?:circus\.)?sockets\.([\w.-]+)\)/gi)].map((match) => (match[1] ?? '').toLowerCase()),
  );
}

/** Watcher options that differ, in the order of the schema. */
export function changedOptions(before: WatcherOptions, after: WatcherOptions): string[] {
  return changedKeys(watcherSchema.properties, before, after);
}

/** The daemon's own options that differ, in the order of the schema. */
export function changedDaemonOptions(before: object, after: object): string[] {
  return changedKeys(daemonProperties, before, after);
}

/** Whether a change of this watcher option needs new processes. */
export function needsRestart(key: string): boolean {
  return appliesOf(watcherSchema.properties, key) === 'restart';
}

/** Whether a change of this option of the daemon's own takes effect only when the daemon is started again. */
export function needsDaemonRestart(key: string): boolean {
  return appliesOf(daemonProperties, key) === 'daemon';
}

/** What comes, goes and differs between two maps of JSON values. */
export function diffNames(before: Readonly<Record<string, unknown>>, after: Readonly<Record<string, unknown>>): NameDiff {
  return {
    added: Object.keys(after).filter((name) => !Object.hasOwn(before, name)),
    removed: Object.keys(before).filter((name) => !Object.hasOwn(after, name)),
    changed: Object.keys(after).filter((name) => Object.hasOwn(before, name) && !isSame(before[name], after[name])),
  };
}

/** Keys that differ between two objects, with both values. */
export function valueChanges(before: object, after: object): ValueChange[] {
  const [old, now] = [Object.fromEntries(Object.entries(before)), Object.fromEntries(Object.entries(after))];
  const { added, removed, changed } = diffNames(old, now);
  return [...removed, ...changed, ...added].map((option) => ({ option, from: old[option] ?? null, to: now[option] ?? null }));
}

function appliesOf(properties: Readonly<Record<string, { readonly applies: string }>>, key: string): string | undefined {
  return properties[key]?.applies;
}

function changedKeys(schema: object, before: object, after: object): string[] {
  const [old, now] = [new Map(Object.entries(before)), new Map(Object.entries(after))];
  return Object.keys(schema).filter((key) => !isSame(old.get(key), now.get(key)));
}

/** Whether two JSON values are the same, whatever the order of their keys. */
export function isSame(a: unknown, b: unknown): boolean {
  if (Object.is(a, b)) return true;
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null || Array.isArray(a) !== Array.isArray(b)) return false;
  const [left, right] = [a as Readonly<Record<string, unknown>>, b as Readonly<Record<string, unknown>>];
  const keys = Object.keys(left);
  return keys.length === Object.keys(right).length && keys.every((key) => Object.hasOwn(right, key) && isSame(left[key], right[key]));
}
