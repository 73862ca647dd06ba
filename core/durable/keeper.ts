import { isSame } from '../config/diff.js';
import type { WatcherOptions } from '../config/schema/watcher.js';
import type { Journal } from '../journal/journal.js';
import type { DurableOs } from '../os/durable.js';
import type { KeptIndexes } from '../spawn-outputs.js';
import { type ConfigRecord, type DecisionsRecord, KEYS, type SpawnRecord, type WatcherRecord, type WishRecord } from './records.js';
import type { WatcherHistory } from './watcher-history.js';

/** The record of one spawn. Each change is written when the call returns. */
export interface KeptSpawn {
  /** What the process is known by, in its environment under SPAWN_VARIABLE. */
  readonly token: string;
  /** Of the kept pipes that it writes to; null where it writes to none. */
  readonly pipes: KeptIndexes | null;
  /** @param started seconds since the epoch */
  spawned(pid: number, started: number): void;
  /** It is about to be asked to end. */
  ending(retired: boolean): void;
  /** It has ended, but not its group. */
  ended(): void;
  /** No process of its group lives, or none ever did. */
  gone(): void;
  /** What lives of it is nobody's business any more. */
  released(): void;
  /** One of its kept pipes is read to the end, and may become another's. What is gone, and all read, is off the record. */
  read(pipe: number): void;
}

/** What the keepers of all watchers have in common. */
export interface KeeperHost {
  readonly journal: Journal;
  readonly os: DurableOs;
  readonly decided: WatcherHistory;
  /** Whether what is wanted of watchers is written: not while everything is being stopped. */
  readonly writesWishes: boolean;
  /** Another one each time. */
  newToken(record: SpawnRecord): string;
  /** What has this token is not to be found again, whatever becomes of the journal. */
  released(token: string): void;
  isDurable(spec: WatcherOptions): boolean;
}

/** Writes down what a later supervisor has to know of one watcher. */
export class Keeper {
  readonly #host: KeeperHost;
  readonly #name: string;
  #wish: WishRecord | undefined;
  /** Tokens of spawns on record. */
  readonly #spawns = new Set<string>();
  /** It is gone; its options are on record for as long as a spawn is. */
  #isGone = false;

  constructor(host: KeeperHost, name: string) {
    this.#host = host;
    this.#name = name;
    this.#wish = host.journal.get(`${KEYS.wish}${name}`) as WishRecord | undefined;
  }

  /** Notes that a process is about to be spawned; null where the watcher is not durable. */
  spawning(spec: WatcherOptions, spawned: Pick<SpawnRecord, 'wid' | 'generation' | 'pipes'>): KeptSpawn | null {
    if (!this.#host.isDurable(spec)) return null;
    const record: SpawnRecord = { watcher: this.#name, ...spawned };
    const spawn = this.kept(this.#host.newToken(record), record);
    spawn.begin();
    return spawn;
  }

  /** The record of a spawn that is on record already. */
  kept(token: string, record: SpawnRecord): KeptSpawn & { begin(): void } {
    const host = this.#host;
    const { journal, os } = host;
    const key = `${KEYS.process}${token}`;
    const pipes = record.pipes ?? null;
    let current: SpawnRecord | null = record;
    const isRead = (): boolean => current?.pipes?.every((pipe) => pipe === null) ?? true;
    this.#spawns.add(token);
    const forget = (): void => {
      if (current === null) return;
      journal.delete(key);
      current = null;
      this.#spawns.delete(token);
      if (this.#isGone) this.#forgetOptions();
    };
    const change = (more: Partial<SpawnRecord>): void => {
      if (current === null) return;
      current = { ...current, ...more };
      journal.put(key, current);
    };
    const gone = (how: Pick<SpawnRecord, 'gone' | 'released'>): void => {
      if (isRead()) forget();
      else if (current?.gone !== true) change(how);
    };
    return {
      token,
      pipes,
      begin: () => change({}),
      spawned(pid, started) {
        const start_ticks = os.identify(pid)?.start_ticks;
        change({ pid, started, ...(start_ticks !== undefined && { start_ticks }) });
      },
      ending(retired) {
        const ending = retired ? 'retired' : 'replaced';
        if (current?.ending !== ending) change({ ending });
      },
      ended() {
        if (current?.ended !== true) change({ ended: true });
      },
      gone: () => gone({ gone: true }),
      released() {
        if (current === null) return;
        host.released(token);
        gone({ gone: true, released: true });
      },
      read(pipe) {
        const [stdout = null, stderr = null] = current?.pipes ?? [];
        change({ pipes: [stdout === pipe ? null : stdout, stderr === pipe ? null : stderr] });
        if (current?.gone === true && isRead()) forget();
      },
    };
  }

  wish(wish: WishRecord): void {
    if (!this.#host.writesWishes || (this.#wish !== undefined && isSame(this.#wish, wish))) return;
    this.#wish = wish;
    this.#host.journal.put(`${KEYS.wish}${this.#name}`, wish);
  }

  /** It is there, with these options as they are now, and whether a config brought it, where that is other than it was. */
  note(spec: WatcherOptions, origin = this.#recorded?.origin ?? 'config'): void {
    this.#isGone = false;
    const { journal } = this.#host;
    const config = journal.get(KEYS.config) as ConfigRecord | undefined;
    const loaded = config?.watchers[this.#name];
    const record: WatcherRecord = { spec, origin };
    if (origin === 'config' && loaded !== undefined && isSame(loaded, spec)) journal.delete(this.#key);
    else if (!isSame(this.#recorded, record)) journal.put(this.#key, record);
  }

  /** It is on its way out, with these options. */
  removed(spec: WatcherOptions): void {
    const { journal } = this.#host;
    const record: WatcherRecord = { spec, origin: this.#recorded?.origin ?? 'config', removed: true };
    journal.put(this.#key, record);
    journal.delete(`${KEYS.wish}${this.#name}`);
    this.#wish = undefined;
  }

  /** What was decided, as far as it is kept: all of one worker id, or of the whole watcher. */
  decided(spec: WatcherOptions, wid: number | null, decisions: DecisionsRecord): void {
    if (this.#host.isDurable(spec)) this.#host.decided.put(this.#name, wid, decisions);
  }

  /** For the version that takes over, whether the watcher is durable or not. */
  leave(decisions: DecisionsRecord): void {
    for (const wid of new Set(decisions.map((decision) => decision.wid))) {
      this.#host.decided.put(
        this.#name,
        wid,
        decisions.filter((decision) => decision.wid === wid),
      );
    }
  }

  /** What was decided under an earlier supervisor, oldest first; only once. */
  takeDecisions(): DecisionsRecord {
    return this.#host.decided.take(this.#name);
  }

  /** It is gone, and there is no other of its name. */
  forget(): void {
    this.#isGone = true;
    this.#forgetOptions();
    this.#host.journal.delete(`${KEYS.wish}${this.#name}`);
    this.#host.decided.forget(this.#name);
  }

  #forgetOptions(): void {
    const { journal } = this.#host;
    const config = journal.get(KEYS.config) as ConfigRecord | undefined;
    // That one of the config was removed is to be known, and where the output goes of what is not read to the end.
    if (this.#spawns.size === 0 && (config === undefined || !Object.hasOwn(config.watchers, this.#name))) journal.delete(this.#key);
  }

  get #key(): string {
    return `${KEYS.watcher}${this.#name}`;
  }

  get #recorded(): WatcherRecord | undefined {
    return this.#host.journal.get(this.#key) as WatcherRecord | undefined;
  }
}
