import { join } from 'node:path';
import type { Clock } from './clock.js';
import { usesSocket } from './config/diff.js';
import type { Config } from './config/schema/daemon.js';
import type { WatcherOptions } from './config/schema/watcher.js';
import { History } from './durable/history.js';
import type { Keeper } from './durable/keeper.js';
import type { KeptOutputs } from './durable/kept-outputs.js';
import { PluginHistory } from './durable/plugin-history.js';
import type { RecordedWatcher, SpawnRecord } from './durable/records.js';
import type { SocketKeeper } from './durable/socket-keeper.js';
import type { DurableState } from './durable/state.js';
import { explain, isRingmasterError, messageOf, RingmasterError } from './errors.js';
import type { HookRegistry } from './hook-registry.js';
import type { Logger } from './log.js';
import type { Os } from './os/port.js';
import { statePath } from './state-path.js';
import type { ConfigApplier } from './supervisor-apply.js';
import { SupervisorOutputs } from './supervisor-outputs.js';
import type { Beginning, TakeOver } from './supervisor-take-over.js';
import { Troubles } from './troubles.js';
import type { UpgradeNote } from './upgrade.js';
import type { Watcher } from './watcher.js';
import type { WatcherTable } from './watcher-table.js';

export interface DurableHost {
  readonly clock: Clock;
  readonly log: Logger;
  /** The config file, which names the state directory where the config does not. */
  readonly file: string | undefined;
  /** Whether processes are kept where the config does not say, as far as that can be here. */
  readonly durable_by_default: boolean;
  /** Why that file can't be used, and the config is another. */
  readonly config_trouble: string | undefined;
  os(): Os;
}

/** Keeps processes over a crash of the supervisor, where that is asked for; nothing is loaded where it is not. */
export class SupervisorDurable {
  readonly troubles: Troubles;
  /** What is told of the past, over a crash where a state directory is used. */
  readonly history: History;
  readonly plugins: PluginHistory;
  readonly #host: DurableHost;
  readonly #begun_ms: number;
  /** Word of the version before, where this supervisor replaces it. */
  note: UpgradeNote | null = null;
  #state: DurableState | null = null;
  #isDefault = false;
  /** Whether everything is left for another version. */
  #isLeft = false;
  /** What an earlier supervisor has left; null where it has left nothing. */
  #takeOver: TakeOver | null = null;
  #sockets: SocketKeeper | null = null;
  #outputs: SupervisorOutputs | null = null;
  #watch: Disposable | null = null;

  constructor(host: DurableHost) {
    this.#host = host;
    this.#begun_ms = host.clock.now();
    this.troubles = new Troubles(host.clock, host.log);
    this.history = new History(host.clock);
    this.plugins = new PluginHistory(this.history);
  }

  /**
   * Looks for what an earlier supervisor has left, and writes down from now on what a later one has to know.
   *
   * @throws RM_NOT_DURABLE, RM_STATE_DIR where the config asks for it; RM_STATE_DIR_HELD, RM_JOURNAL_VERSION
   */
  async open(config: Config): Promise<Beginning> {
    const path = this.#path(config);
    const isWanted = this.#wants(config) || this.#host.durable_by_default;
    if (isWanted || (path !== null && this.#host.os().hasJournal(path))) await this.#open(config, path);
    const state = this.#state;
    if (state === null || state.found === null) {
      state?.configured(config.watchers, config.sockets);
      return { config, watchers: Object.entries(config.watchers), resumed: false };
    }
    const { TakeOver: Taking } = await import('./supervisor-take-over.js');
    this.#takeOver = new Taking({ ...this.#host, begun_ms: this.#begun_ms, state }, state.found, config);
    return this.#takeOver.beginning();
  }

  /** Keeps managed sockets open over a crash; null where that is not asked for. */
  get sockets(): SocketKeeper | null {
    return this.#sockets;
  }

  /** Whether nothing is left for the next start, once everything has ended: it was never taken over, or is to go on. */
  get isClean(): boolean {
    return this.#takeOver?.adopted !== false && !this.#isLeft;
  }

  /** Says what is wrong, and that it goes on. */
  complain(error: unknown): void {
    this.#host.log.error(`goes on without what can not be had: ${explain(error)}`);
  }

  /** Has what is needed where a config asks for it that comes later. @throws as `open` */
  async prepare(config: Config): Promise<void> {
    if (this.#state === null && this.#wants(config)) await this.#open(config, this.#path(config));
  }

  /** Takes over the processes that were found. @param added told of each watcher that no config had brought */
  adopt(table: WatcherTable, added: (watcher: Watcher) => void): void {
    this.#takeOver?.adopt(table, this.#outputs, added);
  }

  /** Tells plugins what those of the daemon before have left, where it was upgraded or has crashed; those of these names are there. */
  tellLeft(hooks: Pick<HookRegistry, 'watch'>, plugins: ReadonlySet<string>): void {
    const state = this.#state;
    if (state === null) return;
    const left = state.takeLeft();
    const kept = this.plugins.of(plugins);
    const hasCrashed = this.note === null && (state.journal.found || this.history.found);
    if (left === null && !hasCrashed) return;
    const { last_alive } = state.directory;
    const crashed = hasCrashed ? { last_alive } : null;
    if (hasCrashed) {
      const when = last_alive === null ? '' : `; it was last known to live at ${new Date(last_alive * 1000).toISOString()}`;
      this.#host.log.warn(`the daemon before did not end in order${when}`);
    }
    hooks.watch('taken_over', { left: left ?? {}, token: this.note?.token ?? null, kept, crashed });
  }

  /** Whether a watcher starts with the supervisor. */
  starts(watcher: Watcher): boolean {
    return this.#takeOver?.starts(watcher) ?? watcher.spec.autostart;
  }

  /** All that a config changes of watchers was asked for. @param removed names of those that it has no more, and are on their way out */
  begun(removed: readonly string[]): void {
    this.#state?.removing(removed);
    this.#takeOver?.begun();
  }

  /** As `TakeOver.catchUp`, and tells why that can't be until another is applied. @param asked null where that is in effect from the start */
  async catchUp(applier: ConfigApplier, asked: Config | null): Promise<void> {
    const failed = asked === null ? null : await this.#takeOver?.catchUp(applier, asked);
    const trouble = this.#host.config_trouble ?? failed ?? null;
    if (trouble !== null) this.troubles.begin('config', trouble);
  }

  /** A watcher has come or goes. */
  changed({ name, spec }: Watcher, event: 'add' | 'remove'): void {
    if (event === 'add') this.keeper(name)?.note(spec);
    else this.keeper(name)?.removed(spec);
  }

  /** Whether anything is kept. */
  get isOpen(): boolean {
    return this.#state !== null;
  }

  keeper(name: string): Keeper | null {
    return this.#state?.keeper(name) ?? null;
  }

  applied({ watchers, sockets }: Config, running: readonly RecordedWatcher[]): void {
    this.#state?.applied(watchers, sockets, running);
  }

  /** Whether the processes of a watcher go on when the supervisor is replaced. */
  keeps({ spec }: Pick<Watcher, 'spec'>): boolean {
    return this.#state?.isDurable(spec) ?? false;
  }

  /** Has what it takes to leave word for the next supervisor, also where nothing is durable. @throws as `open`, and RM_NOT_DURABLE */
  async prepareToLeave(config: Config): Promise<void> {
    if (this.#state === null) await this.#open(config, this.#path(config));
    if (this.#state === null) throw new RingmasterError('RM_NOT_DURABLE', ['see the log']);
    const { failing } = this.#state.journal;
    if (failing !== null) throw new RingmasterError('RM_NOT_DURABLE', [`the journal can not be written: ${failing}`]);
  }

  /** What there is to leave; no wish is written any more. @throws RM_NOT_DURABLE */
  leaving(): DurableState {
    if (this.#state === null) throw new RingmasterError('RM_NOT_DURABLE', ['nothing was prepared']);
    this.#state.freeze();
    this.#isLeft = true;
    return this.#state;
  }

  /** Everything is about to be stopped. */
  freeze(): void {
    this.#state?.freeze();
  }

  /** Everything has stopped: from now on the next start is an ordinary one, and what is open ends with this process. */
  async retire(): Promise<void> {
    if (!this.isClean) return;
    await this.#sockets?.end();
    try {
      this.#state?.retire();
    } catch (error) {
      this.#host.log.debug(`the journal is removed last of all: ${messageOf(error)}`);
    }
  }

  /** Pipes that outlive this supervisor, for processes with these options; null where those do not. @throws where none can be had */
  keptOutputs(spec: WatcherOptions): Promise<KeptOutputs> | null {
    return this.#state?.isDurable(spec) ? (this.#outputs?.open() ?? null) : null;
  }

  /** Ends at once what keeps things open. */
  kill(): void {
    this.#sockets?.kill();
    this.#outputs?.kill();
  }

  /** Nothing is read any more. */
  async closeOutputs(): Promise<void> {
    try {
      await this.#outputs?.close(this.isClean);
    } catch (error) {
      this.#host.log.warn(`pipes are left in the state directory: ${messageOf(error)}`);
    }
    this.#outputs = null;
  }

  /** Everything has stopped; what was never adopted is left for the next start. What can't be cleared away is told of, and left too. */
  async close(): Promise<void> {
    this.#watch?.[Symbol.dispose]();
    await this.closeOutputs();
    const holder = this.#sockets?.holder ?? null;
    if (this.#isLeft && holder !== null) this.#state?.os.leave(holder);
    try {
      this.#state?.end(this.isClean);
    } catch (error) {
      this.#host.log.error(`the journal is left, so that the next start looks for what ran: ${messageOf(error)}`);
    }
    this.#state = this.#sockets = null;
  }

  async #open(config: Config, path: string | null): Promise<void> {
    this.#isDefault = config.durable ?? this.#host.durable_by_default;
    try {
      if (path === null)
        throw new RingmasterError('RM_NOT_DURABLE', ['there is no config file to name a state directory after: give state_dir']);
      const os = await this.#host.os().durable();
      const { DurableState: State } = await import('./durable/state.js');
      const { troubles, history } = this;
      this.#state = new State(path, { ...this.#host, os, troubles, history, config, isDefault: () => this.#isDefault });
      this.note = this.#state.takeNote();
      await this.#keep(this.#state);
    } catch (error) {
      if (this.#wants(config) || !(isRingmasterError(error, 'RM_NOT_DURABLE') || isRingmasterError(error, 'RM_STATE_DIR'))) throw error;
      this.#host.log.info(messageOf(error));
    }
  }

  async #keep(state: DurableState): Promise<void> {
    const { os: durable, journal, directory, found } = state;
    const [{ SocketKeeper: Sockets }, { StateWatch }] = await Promise.all([
      import('./durable/socket-keeper.js'),
      import('./durable/state-watch.js'),
    ]);
    const spawns = found?.running.flatMap(({ spec, spawns }) => spawns.map(({ record }) => ({ spec, record }))) ?? [];
    const { clock, log } = this.#host;
    const holders = {
      os: this.#host.os(),
      durable,
      clock,
      log,
      directory: join(directory.path, 'holders'),
      isOurs: () => directory.isThere(),
    };
    this.#outputs = new SupervisorOutputs(holders, state);
    const lives = ({ pid, start_ticks }: SpawnRecord): boolean => {
      const there = pid === undefined ? null : durable.identify(pid);
      return there?.alive === true && there.start_ticks === start_ticks;
    };
    const sockets = new Sockets({
      ...holders,
      journal,
      survivors: spawns.flatMap(({ record }) => record.pid ?? []),
      isUsed: (name) => spawns.some(({ spec, record }) => spec !== null && usesSocket(spec, name) && lives(record)),
    });
    this.#sockets = sockets;
    const renewed = (): void => {
      this.#outputs?.renew();
      sockets.renew().catch((error: unknown) => this.complain(error));
    };
    this.#watch = new StateWatch({ clock, directory, journal, history: this.history, troubles: this.troubles, renewed });
  }

  #wants({ durable, watchers }: Config): boolean {
    return durable === true || Object.values(watchers).some((spec) => spec.durable === true);
  }

  #path({ state_dir }: Config): string | null {
    return statePath(state_dir, this.#host.file);
  }
}
