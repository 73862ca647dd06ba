import { fitsSchema } from '../config/fits-schema.js';
import { type SocketOptions, socketSchema } from '../config/schema/socket.js';
import { type WatcherOptions, watcherSchema } from '../config/schema/watcher.js';
import type { Journal } from '../journal/journal.js';
import type { JsonSchema } from '../json-schema.js';
import type { Logger } from '../log.js';
import { type ConfigRecord, KEYS, type SpawnRecord, type WatcherRecord, type WishRecord } from './records.js';

type ObjectSchema = JsonSchema & { readonly properties: Readonly<Record<string, JsonSchema>> };

/** A spawn on record. */
export interface FoundSpawn {
  readonly token: string;
  readonly record: SpawnRecord;
}

/** A watcher of the supervisor before. */
export interface FoundWatcher {
  readonly name: string;
  /** Null where this version can't use them. */
  readonly spec: WatcherOptions | null;
  readonly origin: 'config' | 'run_time';
  /** It was on its way out. */
  readonly removed: boolean;
  readonly wish: WishRecord | undefined;
  /** In the order in which they were spawned. */
  readonly spawns: readonly FoundSpawn[];
}

/** What a supervisor that did not end as it should has left. */
export interface Found {
  /** The watchers and sockets of the config that was in effect. */
  readonly watchers: Readonly<Record<string, WatcherOptions>>;
  readonly sockets: Readonly<Record<string, SocketOptions>>;
  /** Those that were there, the config's and others. */
  readonly running: readonly FoundWatcher[];
}

/** Null where nothing was ever spawned. Options that this version does not know are left out, and its own defaults filled in. */
export function findLeft(journal: Journal, log: Logger): Found | null {
  const config = journal.get(KEYS.config) as ConfigRecord | undefined;
  if (config === undefined) return null;
  const watchers = fitting(config.watchers, watcherSchema, (name) => log.warn(UNFIT('watcher', name)));
  const sockets = fitting(config.sockets, socketSchema, (name) => log.warn(UNFIT('socket', name)));
  const records = new Map(recordsUnder<WatcherRecord>(journal, KEYS.watcher));
  const changed = fitting(Object.fromEntries([...records].map(([name, { spec }]) => [name, spec])), watcherSchema, () => {});
  const wishes = new Map(recordsUnder<WishRecord>(journal, KEYS.wish));
  const spawns = new Map<string, FoundSpawn[]>();
  // One that was removed may have left processes to another of its name, case ignored.
  const names = new Map<string, string>();
  const isRemoved = (name: string): boolean => records.get(name)?.removed === true;
  const named = (name: string): void => {
    const other = names.get(name.toLowerCase());
    if (other === undefined || (isRemoved(other) && !isRemoved(name))) names.set(name.toLowerCase(), name);
  };
  for (const name of [...Object.keys(config.watchers), ...records.keys()]) named(name);
  for (const [token, record] of recordsUnder<SpawnRecord>(journal, KEYS.process)) {
    const key = record.watcher.toLowerCase();
    if (!names.has(key)) names.set(key, record.watcher);
    const all = spawns.get(key);
    if (all) all.push({ token, record });
    else spawns.set(key, [{ token, record }]);
  }
  const running = [...names].map(([key, name]): FoundWatcher => {
    const record = records.get(name);
    return {
      name,
      spec: changed[name] ?? watchers[name] ?? null,
      origin: record?.origin ?? 'config',
      removed: record?.removed === true,
      wish: wishes.get(name),
      spawns: spawns.get(key) ?? [],
    };
  });
  return { watchers, sockets, running };
}

const UNFIT = (what: string, name: string): string => `the options of ${what} ${name} in the journal are not those of this version`;

function recordsUnder<T>(journal: Journal, prefix: string): readonly (readonly [name: string, record: T])[] {
  return journal.under(prefix) as readonly (readonly [string, T])[];
}

/** Those whose options are what the schema asks for, once what is unknown is left out and what is new has its default. */
function fitting<T extends object>(
  all: Readonly<Record<string, T>>,
  schema: ObjectSchema,
  refused: (name: string) => void,
): Record<string, T> {
  const defaults = Object.entries(schema.properties).flatMap(([name, one]) => ('default' in one ? [[name, one.default] as const] : []));
  const fit: Record<string, T> = {};
  for (const [name, options] of Object.entries(all)) {
    const known = Object.entries(options).filter(([option]) => Object.hasOwn(schema.properties, option));
    const whole = Object.fromEntries([...defaults, ...known]);
    if (fitsSchema(whole, schema)) fit[name] = whole as T;
    else refused(name);
  }
  return fit;
}
