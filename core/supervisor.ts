import { absentPlugin } from './absent-plugin.js';
import type {
  ConfigSource,
  Inspection,
  Outcome,
  ProcessView,
  ReloadOptions,
  RemoveOptions,
  SupervisorApi,
  SupervisorState,
  Warn,
  WatcherApi,
} from './api.js';
import { systemClock } from './clock.js';
import type { Config, DaemonOptions } from './config/schema/daemon.js';
import { RingmasterError } from './errors.js';
import { extendStats } from './extend-stats.js';
import type { Stats } from './hooks.js';
import type { LifeHost } from './life-host.js';
import { silentLogger } from './log.js';
import { chooseOs } from './os/choose.js';
import type { DurableOs } from './os/durable.js';
import type { Os } from './os/port.js';
import type { AppliedPlan, ConfigPlan, PlanOptions } from './plan.js';
import type { Drift } from './plan-drift.js';
import type { PluginDescription, PluginStatus } from './plugin-status.js';
import { optionsToAdd } from './run-time-options.js';
import type { HitCounter } from './socket-hits.js';
import type { SocketView } from './sockets.js';
import { ConfigReader } from './supervisor-config.js';
import type { UpgradeStart } from './supervisor-leave.js';
import { SupervisorLife } from './supervisor-life.js';
import type { SupervisorOptions } from './supervisor-options.js';
import { inStartOrder, reloadInOrder, restartInOrder, startInOrder, stopInOrder } from './supervisor-order.js';
import type { Trouble } from './troubles.js';
import type { Upgraded, UpgradeNote, UpgradeRequest } from './upgrade.js';

/**
 * Keeps watchers running: the whole of ringmaster as an object.
 *
 * It takes nothing of its host: no signal handlers, no exit, no children but its own, no globals. Any number of them work side
 * by side, and each can be started again after it was stopped.
 */
export class Supervisor implements SupervisorApi, AsyncDisposable {
  readonly #host: LifeHost;
  readonly #upgrade: SupervisorOptions['upgrade'];
  #life: SupervisorLife;

  /** @param config what a config file may hold, as a value; it is checked by `start` */
  constructor(config: unknown, options: SupervisorOptions = {}) {
    const { clock = systemClock, log = silentLogger, plugins = [], config_file: file, random = Math.random, durable = false } = options;
    this.#upgrade = options.upgrade;
    const reader = new ConfigReader({ plugins, file, log });
    let chosen = options.os;
    const os = async (): Promise<Os> => {
      chosen ??= await chooseOs(log);
      return chosen;
    };
    this.#host = {
      input: config,
      clock,
      log,
      reader,
      supervisor: this,
      random,
      os,
      file,
      durable_by_default: durable,
      config_trouble: options.config_trouble,
    };
    this.#life = new SupervisorLife(this.#host);
  }

  get state(): SupervisorState {
    return this.#life.state;
  }

  get options(): Readonly<DaemonOptions> {
    return this.#life.config;
  }

  /** Resolves when it has stopped, however that came about. */
  get closed(): Promise<void> {
    return this.#life.closed;
  }

  /**
   * Checks the config, sets plugins up and starts the watchers by priority. Resolves when all of them were started.
   *
   * @throws RM_CONFIG_INVALID, RM_PLUGIN_UNKNOWN, RM_PLUGIN_FAILED and what plugins throw: then nothing is left running;
   * RM_CLOSED when `stop` was called meanwhile; RM_STATE when it runs already
   */
  start(): Promise<void> {
    const { state } = this.#life;
    if (state !== 'idle' && state !== 'stopped') return Promise.reject(new RingmasterError('RM_STATE', ['start', state]));
    if (state === 'stopped') this.#life = new SupervisorLife(this.#host);
    return this.#life.start();
  }

  extendStats(watcher: WatcherApi, process: ProcessView, stats: Stats): Promise<Stats> {
    return extendStats(this.#life.hooks, watcher, process, stats);
  }

  stop(): Promise<void> {
    return this.#life.stop();
  }

  /** Kills every process group at once and waits for nothing: the last resort of a host that ends when `stop` has failed. */
  killAll(): void {
    for (const watcher of this.#life.watchers.everybody) watcher.killAll(false);
    this.#life.durable.kill();
  }

  /**
   * Where processes are kept over a crash: kills those that are not, and leaves the others to the next supervisor. For a host that
   * ends at once.
   *
   * @returns whether anything is kept; if not, nothing was done
   */
  forsake(): boolean {
    if (!this.#life.durable.isOpen) return false;
    for (const watcher of this.#life.watchers.everybody) watcher.killAll(true);
    return true;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.stop();
  }

  watchers(): readonly WatcherApi[] {
    return inStartOrder(this.#life.watchers.all).map((watcher) => watcher.view);
  }

  sockets(): readonly SocketView[] {
    return this.#life.sockets?.list() ?? [];
  }

  countHits(): HitCounter {
    return (this.#life.sockets ?? this.#life.fail('count connections')).countHits();
  }

  find(name: string): WatcherApi | undefined {
    return this.#life.watchers.find(name)?.view;
  }

  startWatchers(which?: readonly WatcherApi[]): Promise<Outcome> {
    const watchers = this.#life.watchers.of(which).filter((watcher) => which !== undefined || watcher.spec.autostart);
    return startInOrder(watchers, this.#host.clock, this.options.warmup_delay * 1000, this.#life.signal);
  }

  stopWatchers(which?: readonly WatcherApi[]): Promise<Outcome> {
    return stopInOrder(this.#life.watchers.of(which), this.#host.clock);
  }

  restartWatchers(which?: readonly WatcherApi[]): Promise<Outcome> {
    const watchers = this.#life.watchers
      .of(which)
      .filter((watcher) => which !== undefined || watcher.spec.autostart || watcher.status !== 'stopped');
    return restartInOrder(watchers, this.#host.clock, this.options.warmup_delay * 1000, this.#life.signal);
  }

  reloadWatchers(options?: ReloadOptions): Promise<Outcome> {
    return reloadInOrder(this.#life.watchers.all, options);
  }

  add(name: string, options: Readonly<Record<string, unknown>>, warn?: Warn): WatcherApi {
    this.#life.mustRun('add a watcher');
    if (this.find(name)) throw new RingmasterError('RM_WATCHER_EXISTS', [name]);
    const host = {
      os: this.#life.os('add a watcher'),
      log: this.#host.log.child({ watcher: name }),
      plugins: this.#life.container?.plugins(),
      keeps: this.#life.durable.keeper(name) !== null,
      warn,
    };
    const watcher = this.#life.watchers.add(name, optionsToAdd(name, options, host));
    this.#life.applier.markAdded(watcher);
    // That nobody has started it is to be known after a crash.
    watcher.kick();
    return watcher.view;
  }

  remove(name: string, options: RemoveOptions = {}): Promise<void> {
    return this.#life.watchers.remove(name, options);
  }

  readConfig(source: ConfigSource = {}): Promise<Config> {
    return this.#host.reader.read(source);
  }

  async reloadConfig({ graceful = false }: Pick<PlanOptions, 'graceful'> = {}): Promise<AppliedPlan> {
    this.#life.mustRun('reload the config');
    return this.apply(this.readConfig(), { graceful, keep_drift: true });
  }

  async plan(config: Config, options: PlanOptions = {}): Promise<ConfigPlan> {
    this.#life.mustRun('plan a config');
    return this.#life.applier.plan(config, options);
  }

  async apply(config: Config | PromiseLike<Config>, options: PlanOptions = {}): Promise<AppliedPlan> {
    // Where it does not run nobody awaits the config, which may be refused too.
    void Promise.allSettled([config]);
    this.#life.mustRun('apply a config');
    return this.#life.applier.apply(config, options);
  }

  drift(): readonly Drift[] {
    return this.#life.applier.drift();
  }

  plugins(): readonly PluginStatus[] {
    return this.#life.container?.status() ?? [];
  }

  describePlugin(name: string): PluginDescription {
    const { container } = this.#life;
    if (container === null) throw absentPlugin(name, []);
    return container.describe(name);
  }

  async addPlugin(name: string, options: Readonly<Record<string, unknown>> = {}): Promise<PluginStatus> {
    this.#life.mustRun('add a plugin');
    return this.#life.applier.plugins.add(name, options);
  }

  async removePlugin(name: string): Promise<readonly string[]> {
    this.#life.mustRun('remove a plugin');
    return this.#life.applier.plugins.remove(name);
  }

  async reconfigurePlugin(name: string, options: Readonly<Record<string, unknown>> = {}): Promise<PluginStatus> {
    this.#life.mustRun('change a plugin');
    return this.#life.applier.plugins.reconfigure(name, options);
  }

  async upgrade(request: UpgradeRequest = {}): Promise<Upgraded> {
    this.#life.mustRun('upgrade');
    if (this.#upgrade === undefined) throw new RingmasterError('RM_UPGRADE', ['this supervisor is part of another program']);
    return this.#upgrade(request);
  }

  /** Resolves when what an earlier supervisor has left is taken over, so that a stop ends it, or when the start has failed. */
  get adopted(): Promise<void> {
    return this.#life.adopted.promise;
  }

  /** Word of the version that this one has replaced; null where there was none. */
  get predecessor(): UpgradeNote | null {
    return this.#life.durable.note;
  }

  /** Names of the watchers that run and whose processes would not go on without this supervisor. */
  notDurable(): readonly string[] {
    return this.#life.watchers.all.flatMap((watcher) => {
      const lost = watcher.status !== 'stopped' && !this.#life.durable.keeps(watcher);
      return lost ? [watcher.name] : [];
    });
  }

  /**
   * Ends as by a crash, but in order: durable processes go on, for whoever uses the same state directory next; those of other watchers
   * are ended. Resolves with what a program can be executed by in this process.
   *
   * @throws RM_STATE, RM_NOT_DURABLE
   */
  leave(start: UpgradeStart): Promise<DurableOs> {
    return this.#life.leave(start);
  }

  troubles(): readonly Trouble[] {
    return this.#life.durable.troubles.list();
  }

  inspect(): Inspection {
    return this.#life.hooks.inspect();
  }
}
