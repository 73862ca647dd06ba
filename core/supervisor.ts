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
import { type Clock, systemClock } from './clock.js';
import type { Config, DaemonOptions } from './config/schema/daemon.js';
import type { WatcherOptions } from './config/schema/watcher.js';
import { Deferred } from './deferred.js';
import { RingmasterError } from './errors.js';
import type { EventBodies, EventName, SupervisorEvent } from './events.js';
import { extendStats } from './extend-stats.js';
import type { HookRegistry } from './hook-registry.js';
import type { Stats } from './hooks.js';
import { type Logger, silentLogger } from './log.js';
import { chooseOs } from './os/choose.js';
import type { Os } from './os/port.js';
import type { AppliedPlan, ConfigPlan, PlanOptions } from './plan.js';
import type { Drift } from './plan-drift.js';
import { PluginContainer } from './plugin-container.js';
import type { PluginStatus } from './plugin-status.js';
import { optionsToAdd } from './run-time-options.js';
import { SafetyNet } from './safety-net.js';
import { Scope } from './scope.js';
import type { HitCounter } from './socket-hits.js';
import type { SocketView } from './sockets.js';
import { SpawnQueue } from './spawn-queue.js';
import { ConfigApplier } from './supervisor-apply.js';
import { ConfigReader } from './supervisor-config.js';
import { supervisorHooks } from './supervisor-hooks.js';
import type { SupervisorOptions } from './supervisor-options.js';
import { inStartOrder, reloadInOrder, restartInOrder, startInOrder, stopInOrder } from './supervisor-order.js';
import { SupervisorSockets } from './supervisor-sockets.js';
import type { Watcher } from './watcher.js';
import { makeWatcher } from './watcher-factory.js';
import { WatcherTable } from './watcher-table.js';

/**
 * Keeps watchers running: the whole of ringmaster as an object.
 *
 * It takes nothing of its host: no signal handlers, no exit, no children but its own, no globals. Any number of them work side
 * by side, and each can be started again after it was stopped.
 */
export class Supervisor implements SupervisorApi, AsyncDisposable {
  readonly #input: unknown;
  readonly #options: SupervisorOptions;
  readonly #clock: Clock;
  #os: Os | null;
  readonly #log: Logger;
  readonly #watchers: WatcherTable;
  #state: SupervisorState = 'idle';
  #config: Config | null = null;
  #scope = new Scope('supervisor');
  #hooks: HookRegistry;
  #spawns: SpawnQueue;
  #sockets: SupervisorSockets | null = null;
  #container: PluginContainer | null = null;
  #preparing = false;
  #starting: Promise<void> | null = null;
  #stopping: Promise<void> | null = null;
  #closed = new Deferred();
  #created = new Deferred();
  readonly #net: SafetyNet;
  readonly #reader: ConfigReader;
  #applier: ConfigApplier;

  /** @param config what a config file may hold, as a value; it is checked by `start` */
  constructor(config: unknown, options: SupervisorOptions = {}) {
    this.#input = config;
    this.#options = options;
    this.#clock = options.clock ?? systemClock;
    this.#os = options.os ?? null;
    this.#log = options.log ?? silentLogger;
    this.#hooks = this.#registry();
    this.#spawns = new SpawnQueue(this.#clock);
    this.#watchers = this.#table();
    this.#net = new SafetyNet(this.#clock, () => this.#watchers.all);
    this.#reader = new ConfigReader({ plugins: options.plugins ?? [], file: options.config_file, log: this.#log });
    this.#applier = this.#newApplier();
  }

  get state(): SupervisorState {
    return this.#state;
  }

  get options(): Readonly<DaemonOptions> {
    return this.#checked();
  }

  /** Resolves when it has stopped, however that came about. */
  get closed(): Promise<void> {
    return this.#closed.promise;
  }

  /**
   * Checks the config, sets plugins up and starts the watchers by priority. Resolves when all of them were started.
   *
   * @throws RM_CONFIG_INVALID, RM_PLUGIN_UNKNOWN, RM_PLUGIN_FAILED and what plugins throw: then nothing is left running;
   * RM_CLOSED when `stop` was called meanwhile; RM_STATE when it runs already
   */
  start(): Promise<void> {
    if (this.#state !== 'idle' && this.#state !== 'stopped') {
      return Promise.reject(new RingmasterError('RM_STATE', ['start', this.#state]));
    }
    if (this.#state === 'stopped') this.#renew();
    this.#state = 'starting';
    this.#starting = this.#boot();
    return this.#starting;
  }

  extendStats(watcher: WatcherApi, process: ProcessView, stats: Stats): Promise<Stats> {
    return extendStats(this.#hooks, watcher, process, stats);
  }

  stop(): Promise<void> {
    this.#stopping ??= this.#shutdown();
    return this.#stopping;
  }

  /** Kills every process group at once and waits for nothing: the last resort of a host that ends when `stop` has failed. */
  killAll(): void {
    for (const watcher of this.#watchers.everybody) watcher.killAll();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.stop();
  }

  watchers(): readonly WatcherApi[] {
    return inStartOrder(this.#watchers.all).map((watcher) => watcher.view);
  }

  sockets(): readonly SocketView[] {
    return this.#sockets?.list() ?? [];
  }

  countHits(): HitCounter {
    return (this.#sockets ?? this.#fail('count connections')).countHits();
  }

  find(name: string): WatcherApi | undefined {
    return this.#watchers.find(name)?.view;
  }

  startWatchers(which?: readonly WatcherApi[]): Promise<Outcome> {
    const watchers = this.#watchers.of(which).filter((watcher) => which !== undefined || watcher.spec.autostart);
    return startInOrder(watchers, this.#clock, this.options.warmup_delay * 1000, this.#scope.signal);
  }

  stopWatchers(which?: readonly WatcherApi[]): Promise<Outcome> {
    return stopInOrder(this.#watchers.of(which), this.#clock);
  }

  restartWatchers(which?: readonly WatcherApi[]): Promise<Outcome> {
    const watchers = this.#watchers
      .of(which)
      .filter((watcher) => which !== undefined || watcher.spec.autostart || watcher.status !== 'stopped');
    return restartInOrder(watchers, this.#clock, this.options.warmup_delay * 1000, this.#scope.signal);
  }

  reloadWatchers(options?: ReloadOptions): Promise<Outcome> {
    return reloadInOrder(this.#watchers.all, options);
  }

  add(name: string, options: Readonly<Record<string, unknown>>, warn?: Warn): WatcherApi {
    this.#mustRun('add a watcher');
    if (this.find(name)) throw new RingmasterError('RM_WATCHER_EXISTS', [name]);
    const host = {
      os: this.#os ?? this.#fail('add a watcher'),
      log: this.#log.child({ watcher: name }),
      plugins: this.#container?.plugins(),
      warn,
    };
    const watcher = this.#watchers.add(name, optionsToAdd(name, options, host));
    this.#applier.markAdded(watcher);
    return watcher.view;
  }

  remove(name: string, options: RemoveOptions = {}): Promise<void> {
    return this.#watchers.remove(name, options);
  }

  readConfig(source: ConfigSource = {}): Promise<Config> {
    return this.#reader.read(source);
  }

  async reloadConfig({ graceful = false }: Pick<PlanOptions, 'graceful'> = {}): Promise<AppliedPlan> {
    this.#mustRun('reload the config');
    return this.apply(this.readConfig(), { graceful, keep_drift: true });
  }

  async plan(config: Config, options: PlanOptions = {}): Promise<ConfigPlan> {
    this.#mustRun('plan a config');
    return this.#applier.plan(config, options);
  }

  async apply(config: Config | PromiseLike<Config>, options: PlanOptions = {}): Promise<AppliedPlan> {
    this.#mustRun('apply a config');
    return this.#applier.apply(config, options);
  }

  drift(): readonly Drift[] {
    return this.#applier.drift();
  }

  plugins(): readonly PluginStatus[] {
    return this.#container?.status() ?? [];
  }

  async addPlugin(name: string, options: Readonly<Record<string, unknown>> = {}): Promise<PluginStatus> {
    this.#mustRun('add a plugin');
    return this.#applier.plugins.add(name, options);
  }

  async removePlugin(name: string): Promise<readonly string[]> {
    this.#mustRun('remove a plugin');
    return this.#applier.plugins.remove(name);
  }

  async reconfigurePlugin(name: string, options: Readonly<Record<string, unknown>> = {}): Promise<PluginStatus> {
    this.#mustRun('change a plugin');
    return this.#applier.plugins.reconfigure(name, options);
  }

  inspect(): Inspection {
    return this.#hooks.inspect();
  }

  async #boot(): Promise<void> {
    try {
      this.#os ??= await chooseOs(this.#log);
      this.#proceed();
      this.#preparing = true;
      const config = await this.#prepare();
      this.#preparing = false;
      this.#use(config);
      this.#sockets = new SupervisorSockets(this.#os, this.#clock, this.#scope, () => this.#watchers.all);
      await this.#sockets.open(config.sockets);
      this.#proceed();
      for (const [name, spec] of Object.entries(config.watchers)) this.#watchers.create(name, spec);
      await this.#hooks.step('boot', {});
      this.#proceed();
      this.#created.resolve();
      await this.startWatchers();
      this.#proceed();
      this.#state = 'running';
      this.#hooks.watch('ready', {});
    } catch (error) {
      if (this.#stopping) throw new RingmasterError('RM_CLOSED', ['the supervisor'], { cause: error });
      this.#starting = null;
      await this.stop();
      throw error;
    } finally {
      this.#created.resolve();
    }
  }

  async #prepare(): Promise<Config> {
    const { config, entries } = await this.#reader.prepare(this.#input);
    this.#config = config;
    this.#proceed();
    this.#container = new PluginContainer({
      hooks: this.#hooks,
      clock: this.#clock,
      random: this.#options.random ?? Math.random,
      log: this.#log,
      scope: this.#scope,
      supervisor: this,
      directory: this.#reader.directory,
      emit: (watcher, name, body) => this.#emit(watcher, name, body),
      faultBudget: () => this.#checked().plugin_fault_budget,
    });
    await this.#container.load(entries);
    this.#applier.plugins.settle(entries);
    this.#proceed();
    return this.#hooks.shape('config', config, {});
  }

  /** @throws RM_CLOSED when `stop` was called meanwhile */
  #proceed(): void {
    if (this.#stopping) throw new RingmasterError('RM_CLOSED', ['the supervisor']);
  }

  async #shutdown(): Promise<void> {
    const idle = this.#state === 'idle';
    this.#state = 'stopping';
    this.#watchers.close('the supervisor is stopping');
    // A plugin that hangs in its setup is not waited for.
    if (this.#preparing) await this.#container?.close();
    if (!idle) {
      await this.#hooks.step('before_shutdown', {});
      await stopInOrder(this.#watchers.everybody, this.#clock);
      await this.#starting?.catch(() => undefined);
      this.#starting = null;
      await this.#hooks.step('shutdown', {});
    }
    this.#watchers.dispose('the supervisor has stopped');
    this.#spawns[Symbol.dispose]();
    this.#net[Symbol.dispose]();
    try {
      await this.#scope.dispose();
    } finally {
      this.#state = 'stopped';
      this.#closed.resolve();
    }
  }

  #renew(): void {
    this.#scope = new Scope('supervisor');
    this.#hooks = this.#registry();
    this.#spawns = new SpawnQueue(this.#clock);
    this.#stopping = null;
    this.#preparing = false;
    this.#closed = new Deferred();
    this.#created = new Deferred();
    this.#applier = this.#newApplier();
  }

  #newApplier(): ConfigApplier {
    const { signal } = this.#scope;
    return new ConfigApplier({
      clock: this.#clock,
      log: this.#log,
      hooks: this.#hooks,
      reader: this.#reader,
      signal,
      created: this.#created.promise,
      isOpen: () => !signal.aborted && this.#stopping === null,
      isReady: () => this.#state === 'running',
      container: () => this.#container ?? this.#fail('change plugins'),
      sockets: () => this.#sockets ?? this.#fail('change sockets'),
      config: () => this.#checked(),
      use: (config) => this.#use(config),
      watchers: () => inStartOrder(this.#watchers.all),
      find: (name) => this.#watchers.find(name),
      add: (name, spec) => this.#watchers.add(name, spec),
      remove: (name) => this.remove(name),
    });
  }

  #registry(): HookRegistry {
    return supervisorHooks(this.#clock, this.#log, (watcher, name, body) => this.#emit(watcher, name, body));
  }

  #use(config: Config): void {
    this.#config = config;
    this.#net.every(config.check_delay * 1000);
  }

  #table(): WatcherTable {
    const told = (watcher: Watcher, event: 'add' | 'remove', hook: 'watcher_added' | 'watcher_removed'): void => {
      this.#emit(watcher.name, event, { time: this.#clock.wall() / 1000 });
      this.#hooks.watch(hook, { watcher: watcher.view });
    };
    return new WatcherTable({
      make: (name, spec) => this.#make(name, spec),
      added: (watcher) => told(watcher, 'add', 'watcher_added'),
      removed: (watcher) => told(watcher, 'remove', 'watcher_removed'),
    });
  }

  #make(name: string, spec: WatcherOptions): Watcher {
    const parts = {
      clock: this.#clock,
      hooks: this.#hooks,
      log: this.#log,
      spawns: this.#spawns,
      os: this.#os ?? this.#fail('add a watcher'),
      sockets: this.#sockets ?? this.#fail('add a watcher'),
      container: this.#container ?? this.#fail('add a watcher'),
      random: this.#options.random ?? Math.random,
      config: () => this.#checked(),
      emit: <N extends EventName>(source: string, event: N, body: EventBodies[N]) => this.#emit(source, event, body),
    };
    return makeWatcher(parts, name, spec);
  }

  #emit<N extends EventName>(watcher: string, name: N, body: EventBodies[N]): void {
    this.#hooks.watch('event', { watcher, name, body } as SupervisorEvent);
  }

  #checked(): Config {
    return this.#config ?? this.#fail('read the options');
  }

  #mustRun(what: string): void {
    if (this.#state !== 'starting' && this.#state !== 'running') this.#fail(what);
  }

  #fail(what: string): never {
    throw new RingmasterError('RM_STATE', [what, this.#state]);
  }
}
