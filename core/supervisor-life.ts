import { setMaxListeners } from 'node:events';
import type { SupervisorState } from './api.js';
import type { Config } from './config/schema/daemon.js';
import type { WatcherOptions } from './config/schema/watcher.js';
import { GOES_ON, START_REQUEST } from './decisions.js';
import { Deferred } from './deferred.js';
import { explain, RingmasterError } from './errors.js';
import type { EventBodies, EventName, SupervisorEvent } from './events.js';
import type { HookRegistry } from './hook-registry.js';
import type { LifeHost } from './life-host.js';
import type { DurableOs } from './os/durable.js';
import type { Os } from './os/port.js';
import { PluginContainer } from './plugin-container.js';
import { SafetyNet } from './safety-net.js';
import { Scope } from './scope.js';
import { SpawnQueue } from './spawn-queue.js';
import { ConfigApplier } from './supervisor-apply.js';
import type { PreparedConfig } from './supervisor-config.js';
import { SupervisorDurable } from './supervisor-durable.js';
import { supervisorHooks } from './supervisor-hooks.js';
import { leaveProcesses, type UpgradeStart } from './supervisor-leave.js';
import { inStartOrder, startInOrder } from './supervisor-order.js';
import { SupervisorSockets } from './supervisor-sockets.js';
import { stopProcesses } from './supervisor-stop.js';
import { Surroundings } from './surroundings.js';
import type { Watcher } from './watcher.js';
import { watcherFactory } from './watcher-factory.js';
import { WatcherTable } from './watcher-table.js';

/** Everything that a supervisor makes between a start and the end of its stop; the next start has a life of its own. */
export class SupervisorLife {
  readonly hooks: HookRegistry;
  readonly watchers: WatcherTable;
  readonly applier: ConfigApplier;
  readonly durable: SupervisorDurable;
  /** As `Supervisor.adopted`. */
  readonly adopted = new Deferred();
  readonly #host: LifeHost;
  readonly #scope = new Scope('supervisor');
  readonly #pauses = new AbortController();
  readonly #spawns: SpawnQueue;
  readonly #surroundings: Surroundings;
  readonly #net: SafetyNet;
  readonly #closed = new Deferred();
  readonly #created = new Deferred();
  #state: SupervisorState = 'idle';
  #os: Os | null = null;
  #config: Config | null = null;
  #sockets: SupervisorSockets | null = null;
  #container: PluginContainer | null = null;
  #makeWatcher: ReturnType<typeof watcherFactory> | null = null;
  #settingUp = false;
  #starting: Promise<void> | null = null;
  #stopping: Promise<void> | null = null;

  constructor(host: LifeHost) {
    this.#host = host;
    // Each request that starts many may wait in one.
    setMaxListeners(0, this.#pauses.signal);
    this.hooks = supervisorHooks(host.clock, host.log, (watcher, name, body) => this.#emit(watcher, name, body));
    this.durable = new SupervisorDurable({ ...host, os: () => this.os('keep processes') });
    this.#spawns = new SpawnQueue(host.clock);
    this.#surroundings = new Surroundings(this.#spawns, () => this.#os);
    this.watchers = this.#table();
    this.#net = new SafetyNet(host.clock, () => this.watchers.all);
    this.applier = this.#newApplier();
  }

  get state(): SupervisorState {
    return this.#state;
  }

  /** Ends the pauses between watchers: aborted when all of them were asked to stop. */
  get signal(): AbortSignal {
    return this.#pauses.signal;
  }

  get sockets(): SupervisorSockets | null {
    return this.#sockets;
  }

  get container(): PluginContainer | null {
    return this.#container;
  }

  /** Resolves when it has ended, however that came about. */
  get closed(): Promise<void> {
    return this.#closed.promise;
  }

  /** The config in effect. @throws RM_STATE before there is one */
  get config(): Config {
    return this.#config ?? this.fail('read the options');
  }

  /** @throws as `Supervisor.start` */
  start(): Promise<void> {
    this.#state = 'starting';
    this.#starting = this.#boot();
    return this.#starting;
  }

  /** The same promise however often it is asked for. */
  stop(): Promise<void> {
    this.#stopping ??= this.#shutdown();
    return this.#stopping;
  }

  /** As `Supervisor.leave`. */
  async leave(start: UpgradeStart): Promise<DurableOs> {
    if (this.#state === 'running') await this.durable.prepareToLeave(this.config);
    if (this.#state !== 'running') this.fail('upgrade');
    this.#state = 'stopping';
    const leaving = leaveProcesses(this, this.#host, start).then(async (os) => {
      await this.#close().catch((error: unknown) => this.#host.log.error(`not everything was closed: ${explain(error)}`));
      return os;
    });
    this.#stopping = leaving.then(() => {});
    return leaving;
  }

  /** What new processes are run by. @throws RM_STATE before it is known */
  os(what: string): Os {
    return this.#os ?? this.fail(what);
  }

  /** @throws RM_STATE unless it starts or runs */
  mustRun(what: string): void {
    if (this.#state !== 'starting' && this.#state !== 'running') this.fail(what);
  }

  /** @throws RM_STATE */
  fail(what: string): never {
    throw new RingmasterError('RM_STATE', [what, this.#state]);
  }

  async #boot(): Promise<void> {
    try {
      this.#os = await this.#host.os();
      this.#proceed();
      const { config, asked } = await this.#prepare();
      const { config: first, watchers, resumed } = await this.durable.open(config);
      this.#use(first);
      this.#sockets = new SupervisorSockets(this.#os, this.#host.clock, this.#scope, this.durable, () => this.watchers.all);
      await this.#sockets.open(first.sockets);
      // What an earlier life has left is taken over though a stop was asked for meanwhile: it has to stop as well.
      if (!resumed) this.#proceed();
      for (const [name, spec] of watchers) this.watchers.create(name, spec);
      this.durable.adopt(this.watchers, (watcher) => this.applier.adoptAdded(watcher));
      this.adopted.resolve();
      this.durable.tellLeft(this.hooks, new Set(this.#container?.names()));
      this.durable.troubles.announce((watcher, name, body) => this.#emit(watcher, name, body));
      this.#proceed();
      await this.hooks.step('boot', {});
      this.#proceed();
      this.#created.resolve();
      const starting = this.watchers.all.filter((watcher) => this.durable.starts(watcher));
      const cause = resumed ? GOES_ON : START_REQUEST;
      const started = startInOrder(starting, this.#host.clock, config.warmup_delay * 1000, this.signal, cause);
      // What the config has changed waits for that, and the others do not.
      await Promise.all([started, this.durable.catchUp(this.applier, resumed ? asked : null)]);
      this.#sockets.renewUsers();
      this.#proceed();
      this.#state = 'running';
      this.hooks.watch('ready', {});
    } catch (error) {
      if (this.#stopping) throw new RingmasterError('RM_CLOSED', ['the supervisor'], { cause: error });
      this.#starting = null;
      await this.stop();
      throw error;
    } finally {
      this.#created.resolve();
      this.adopted.resolve();
    }
  }

  async #prepare(): Promise<Pick<PreparedConfig, 'config' | 'asked'>> {
    const { config, asked, entries } = await this.#host.reader.prepare(this.#host.input);
    this.#config = config;
    this.#proceed();
    this.#container = new PluginContainer({
      hooks: this.hooks,
      clock: this.#host.clock,
      log: this.#host.log,
      scope: this.#scope,
      random: () => this.#host.random(),
      supervisor: this.#host.supervisor,
      directory: this.#host.reader.directory,
      emit: (watcher, name, body) => this.#emit(watcher, name, body),
      keep: (plugin, key, value) => this.durable.plugins.keep(plugin, key, value),
      faultBudget: () => this.config.plugin_fault_budget,
    });
    this.#settingUp = true;
    await this.#container.load(entries);
    this.#settingUp = false;
    this.applier.plugins.settle(entries);
    this.#proceed();
    return { config: await this.hooks.shape('config', config, { plugins: entries.map(({ plugin }) => plugin.name) }), asked };
  }

  /** @throws RM_CLOSED when `stop` was called meanwhile */
  #proceed(): void {
    if (this.#stopping) throw new RingmasterError('RM_CLOSED', ['the supervisor']);
  }

  async #shutdown(): Promise<void> {
    const idle = this.#state === 'idle';
    this.#state = 'stopping';
    this.durable.freeze();
    this.watchers.close('the supervisor is stopping');
    // A plugin that hangs in its setup is not waited for.
    if (this.#settingUp) await this.#container?.close();
    const endPauses = (): void => this.#pauses.abort();
    if (!idle) await stopProcesses(this, { clock: this.#host.clock, starting: this.#starting, endPauses });
    this.watchers.dispose('the supervisor has stopped');
    await this.#close();
  }

  async #close(): Promise<void> {
    this.#pauses.abort();
    this.#spawns[Symbol.dispose]();
    this.#net[Symbol.dispose]();
    try {
      await this.#scope.dispose();
    } finally {
      await this.durable.close();
      this.#state = 'stopped';
      this.#closed.resolve();
    }
  }

  #newApplier(): ConfigApplier {
    return new ConfigApplier({
      clock: this.#host.clock,
      log: this.#host.log,
      hooks: this.hooks,
      reader: this.#host.reader,
      signal: this.signal,
      created: this.#created.promise,
      isOpen: () => this.#stopping === null,
      isReady: () => this.#state === 'running',
      container: () => this.#container ?? this.fail('change plugins'),
      sockets: () => this.#sockets ?? this.fail('change sockets'),
      config: () => this.config,
      use: (config) => this.#use(config),
      durable: this.durable,
      watchers: () => inStartOrder(this.watchers.all),
      find: (name) => this.watchers.find(name),
      add: (name, spec) => this.watchers.add(name, spec),
      remove: (name) => this.watchers.remove(name, {}),
    });
  }

  #use(config: Config): void {
    this.#config = config;
    this.#net.every(config.check_delay * 1000);
  }

  #table(): WatcherTable {
    const told = (watcher: Watcher, event: 'add' | 'remove', hook: 'watcher_added' | 'watcher_removed'): void => {
      this.durable.changed(watcher, event);
      this.#emit(watcher.name, event, { time: this.#host.clock.wall() / 1000 });
      this.hooks.watch(hook, { watcher: watcher.view });
    };
    return new WatcherTable({
      make: (name, spec) => this.#make(name, spec),
      added: (watcher) => told(watcher, 'add', 'watcher_added'),
      removed: (watcher) => told(watcher, 'remove', 'watcher_removed'),
      left: ({ name }) => {
        if (!this.watchers.find(name)) this.durable.keeper(name)?.forget();
      },
    });
  }

  #make(name: string, spec: WatcherOptions): Watcher {
    this.#makeWatcher ??= watcherFactory({
      clock: this.#host.clock,
      hooks: this.hooks,
      log: this.#host.log,
      spawns: this.#spawns,
      surroundings: this.#surroundings,
      os: this.os('add a watcher'),
      sockets: this.#sockets ?? this.fail('add a watcher'),
      container: this.#container ?? this.fail('add a watcher'),
      random: () => this.#host.random(),
      config: () => this.config,
      keeper: (watcher: string) => this.durable.keeper(watcher),
      keptOutputs: (options: WatcherOptions) => this.durable.keptOutputs(options),
      emit: <N extends EventName>(source: string, event: N, body: EventBodies[N]) => this.#emit(source, event, body),
    });
    return this.#makeWatcher(name, spec);
  }

  #emit<N extends EventName>(watcher: string, name: N, body: EventBodies[N]): void {
    if (this.hooks.wants(name)) this.hooks.watch('event', { watcher, name, body } as SupervisorEvent);
  }
}
