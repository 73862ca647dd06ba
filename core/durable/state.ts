import type { Clock } from '../clock.js';
import { isSame } from '../config/diff.js';
import type { SocketOptions } from '../config/schema/socket.js';
import type { WatcherOptions } from '../config/schema/watcher.js';
import { messageOf } from '../errors.js';
import type { Left } from '../hooks.js';
import type { JournalFile } from '../journal/file.js';
import { Journal } from '../journal/journal.js';
import type { Logger } from '../log.js';
import type { DurableOs, StateDirectory } from '../os/durable.js';
import type { Troubles } from '../troubles.js';
import type { UpgradeNote } from '../upgrade.js';
import { type Found, findLeft } from './found.js';
import type { History } from './history.js';
import { Keeper, type KeeperHost } from './keeper.js';
import { type ConfigRecord, HISTORY_KEYS, KEYS, type RecordedWatcher, type SpawnRecord } from './records.js';
import { recoverSpawns } from './recover.js';
import { SurvivorSearch } from './survivor.js';
import { idOf, spawnToken } from './token.js';
import { WatcherHistory } from './watcher-history.js';

export interface DurableStateOptions {
  readonly os: DurableOs;
  readonly log: Logger;
  readonly clock: Clock;
  readonly troubles: Troubles;
  /** Kept in the directory from now on. */
  readonly history: History;
  /** What is to be in effect in the end. */
  readonly config: ConfigRecord;
  /** Whether a watcher that does not say is durable. */
  isDefault(): boolean;
}

/** What a supervisor keeps for the one after it, for as long as it runs. */
export class DurableState implements KeeperHost {
  readonly os: DurableOs;
  readonly journal: Journal;
  readonly directory: StateDirectory;
  /** What was decided about watchers. */
  readonly decided: WatcherHistory;
  /** What the supervisor before has left; null where that ended as it should, or there was none. */
  readonly found: Found | null;
  readonly #isDefault: () => boolean;
  readonly #history: History;
  readonly #log: Logger;
  readonly #keepers = new Map<string, Keeper>();
  #tokens = 0;
  #writesWishes = true;

  /** @throws RM_STATE_DIR, RM_STATE_DIR_HELD, RM_JOURNAL_VERSION */
  constructor(path: string, { os, log, clock, troubles, history, config, isDefault }: DurableStateOptions) {
    this.os = os;
    this.#isDefault = isDefault;
    this.#history = history;
    this.#log = log;
    this.directory = os.take(path);
    const failing = (why: string | null): void => {
      if (why === null) troubles.end('journal', 'the journal is written again; nothing is missing in it');
      else troubles.begin('journal', `cannot write the journal in ${path}, a crash now would lose sight of processes: ${why}`);
    };
    try {
      this.journal = new Journal(this.directory.journal, { boot_id: os.boot_id, id: os.newId(), log, clock, failing });
    } catch (error) {
      this.directory.close();
      throw error;
    }
    const past = openHistory(this.directory, { log, clock, troubles });
    history.open(past);
    this.decided = new WatcherHistory(history);
    const { id, found, isDamaged } = this.journal;
    const former = (past.get(HISTORY_KEYS.ids) as readonly string[] | undefined) ?? (found ? [id] : []);
    const released = this.#releasedBefore(past);
    const isRecovered = (isDamaged || !found) && former.length > 0 && this.#recover(new Set(former), released);
    past.put(HISTORY_KEYS.ids, [...new Set([id, ...this.journal.under(KEYS.process).map(([token]) => idOf(token))])]);
    const isCut = isDamaged || isRecovered || this.journal.under(KEYS.process).length > 0;
    // The one of then is lost: the one of now stands for it, and has to be found by whoever comes next, too.
    if (isCut && this.journal.get(KEYS.config) === undefined) this.configured(config.watchers, config.sockets);
    this.found = found || isRecovered ? findLeft(this.journal, log) : null;
  }

  /** Puts on record again what was lost of the journal and is there still. @param ids of all journals that it may be of. @returns whether anything is */
  #recover(ids: ReadonlySet<string>, released: ReadonlySet<string>): boolean {
    const known = new Map(this.journal.under(KEYS.process) as readonly (readonly [string, SpawnRecord])[]);
    const isLost = (token: string): boolean =>
      !known.has(token) && !released.has(token) && !this.journal.deleted.has(`${KEYS.process}${token}`);
    const lost = new Map([...this.os.findOf(ids)].filter(([token]) => isLost(token)));
    const { records, unknown } = recoverSpawns(lost, known);
    for (const [token, record] of records) this.journal.put(`${KEYS.process}${token}`, record);
    const recovered = [...records.keys()].filter((token) => lost.has(token)).length;
    if (recovered > 0) this.#log.warn(`processes that the journal tells of no more, and that were found all the same: ${recovered}`);
    if (unknown.length > 0)
      this.#log.warn(`processes that workers of the daemon before have left, or that nobody knows any more: ${unknown.join(' ')}`);
    return recovered > 0;
  }

  /** Tokens of what was given up and lives on, which the journal has as such from now on, whatever became of it; the others are forgotten. */
  #releasedBefore(past: Journal): ReadonlySet<string> {
    const tokens = new Set(past.under(HISTORY_KEYS.released).map(([token]) => token));
    if (tokens.size === 0) return tokens;
    for (const token of tokens) {
      const record = this.journal.get(`${KEYS.process}${token}`) as SpawnRecord | undefined;
      if (record !== undefined) this.keeper(record.watcher).kept(token, record).released();
    }
    const there = new Set(this.os.find(tokens).keys());
    past.change([...tokens].flatMap((token) => (there.has(token) ? [] : [[`${HISTORY_KEYS.released}${token}`, undefined] as const])));
    return there;
  }

  get writesWishes(): boolean {
    return this.#writesWishes;
  }

  newToken(record: SpawnRecord): string {
    return spawnToken(`${this.journal.id}.${this.journal.life}.${++this.#tokens}`, record);
  }

  released(token: string): void {
    this.#history.put(`${HISTORY_KEYS.released}${token}`, true);
  }

  isDurable({ durable }: WatcherOptions): boolean {
    return durable ?? this.#isDefault();
  }

  keeper(name: string): Keeper {
    let keeper = this.#keepers.get(name);
    if (keeper === undefined) {
      keeper = new Keeper(this, name);
      this.#keepers.set(name, keeper);
    }
    return keeper;
  }

  /** Looks for the processes of what was found. */
  search({ running }: Found): SurvivorSearch {
    return new SurvivorSearch(
      this.os,
      running.flatMap(({ spawns }) => spawns),
    );
  }

  /** A config is in effect, as far as these watchers do not differ from it. */
  configured(watchers: Readonly<Record<string, WatcherOptions>>, sockets: Readonly<Record<string, SocketOptions>>): void {
    const record: ConfigRecord = { watchers, sockets };
    if (!isSame(this.journal.get(KEYS.config), record)) this.journal.put(KEYS.config, record);
  }

  /** These are on their way out because the config has them no more: should it have them again after a crash, nobody else has removed them. */
  removing(names: readonly string[]): void {
    const config = this.journal.get(KEYS.config) as ConfigRecord | undefined;
    if (config === undefined || names.length === 0) return;
    const gone = new Set(names);
    const watchers = Object.fromEntries(Object.entries(config.watchers).filter(([name]) => !gone.has(name)));
    this.configured(watchers, config.sockets);
  }

  /** The same once a config was applied: what was on record of watchers is put in order. */
  applied(
    watchers: Readonly<Record<string, WatcherOptions>>,
    sockets: Readonly<Record<string, SocketOptions>>,
    running: readonly RecordedWatcher[],
  ): void {
    const now = new Map(running.map((watcher) => [watcher.name, watcher]));
    for (const [name, spec] of Object.entries(watchers)) {
      if (!now.has(name)) this.keeper(name).removed(spec);
    }
    this.configured(watchers, sockets);
    // How to end what is still on its way out has to be known.
    const leaving = new Set(this.journal.under(KEYS.process).map(([, record]) => (record as SpawnRecord).watcher));
    for (const [name] of this.journal.under(KEYS.watcher)) {
      if (!now.has(name) && !Object.hasOwn(watchers, name) && !leaving.has(name)) this.journal.delete(`${KEYS.watcher}${name}`);
    }
    this.decided.keepOnly((name) => now.has(name) || Object.hasOwn(watchers, name));
    for (const { name, spec, origin } of running) this.keeper(name).note(spec, origin);
  }

  /** Word of the version before, if it was replaced by this one; only once. */
  takeNote(): UpgradeNote | null {
    const note = this.journal.get(KEYS.upgrade) as UpgradeNote | undefined;
    this.journal.delete(KEYS.upgrade);
    return note ?? null;
  }

  /** What plugins of the version before have left; only once. */
  takeLeft(): Left | null {
    const left = this.journal.get(KEYS.left) as Left | undefined;
    this.journal.delete(KEYS.left);
    return left ?? null;
  }

  leaveNote(note: UpgradeNote, left: Left): void {
    this.journal.put(KEYS.upgrade, note);
    this.journal.put(KEYS.left, left);
  }

  /** Everything is about to be stopped, which is no wish of anybody's for the next start. */
  freeze(): void {
    this.#writesWishes = false;
  }

  /** Everything has stopped: whatever becomes of this process now, the next start is an ordinary one. */
  retire(): void {
    try {
      this.#history.erase();
    } catch (error) {
      this.#log.warn(`the history is left in the state directory: ${messageOf(error)}`);
    }
    this.journal.erase();
  }

  /** @param clean nothing is left, so that the next start is an ordinary one */
  end(clean: boolean): void {
    try {
      if (clean) this.retire();
      else {
        this.#history.close();
        this.journal.close();
      }
    } finally {
      this.directory.close();
    }
  }
}

/** What can't be read of it is lost, which keeps nobody from starting. */
function openHistory(
  { path, history }: StateDirectory,
  { log, clock, troubles }: Pick<DurableStateOptions, 'log' | 'clock' | 'troubles'>,
): Journal {
  const failing = (why: string | null): void => {
    if (why === null) troubles.end('history', 'the history is written again; nothing is missing in it');
    else troubles.begin('history', `cannot write the history in ${path}, a crash now would lose what audit and why tell: ${why}`);
  };
  const options = { called: 'the history', boot_id: null, id: '', log, clock, failing };
  try {
    return new Journal(history, options);
  } catch (error) {
    log.warn(`what audit and why told before is lost, the history in ${path} can not be read: ${messageOf(error)}`);
    const anew: JournalFile = {
      read: () => null,
      append: (text) => history.append(text),
      replace: (text, room_bytes) => history.replace(text, room_bytes),
      remove: () => history.remove(),
      close: () => history.close(),
    };
    return new Journal(anew, options);
  }
}
