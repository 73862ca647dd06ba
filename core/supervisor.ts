import { dirname, resolve } from 'node:path';
import type { Outcome, ReloadOptions, RemoveOptions, SupervisorApi, SupervisorState, WatcherApi } from './api.js';
import { type Clock, systemClock } from './clock.js';
import { commandLine } from './command-line.js';
import { checkConfig, checkWatcher, formatProblem, loadConfig, type Problem } from './config/index.js';
import type { Config, DaemonOptions } from './config/schema/daemon.js';
import type { WatcherOptions } from './config/schema/watcher.js';
import { Deferred } from './deferred.js';
import { messageOf, RingmasterError } from './errors.js';
import type { EventBodies, EventName, SupervisorEvent } from './events.js';
import { HookRegistry } from './hook-registry.js';
import { checkWithImplied } from './implied-plugins.js';
import { type Logger, silentLogger } from './log.js';
import type { Os } from './os/port.js';
import { portableOs } from './os/portable.js';
import type { AnyPlugin } from './plugin.js';
import { PluginContainer } from './plugin-container.js';
import { resolvePlugin } from './plugin-resolve.js';
import { Scope } from './scope.js';
import { SpawnQueue } from './spawn-queue.js';
import { applyConfig } from './supervisor-apply.js';
import { inStartOrder, restartInOrder, startInOrder, stopInOrder } from './supervisor-order.js';
import { Watcher } from './watcher.js';
import { workingDirectory } from './working-directory.js';

export interface SupervisorOptions {
  /** Plugins by object; those that the config names otherwise are imported at start. All of these are set up, named in the config or not. */
  readonly plugins?: readonly AnyPlugin[];
  /** Nothing is logged where none is given. */
  readonly log?: Logger;
  readonly clock?: Clock;
  readonly os?: Os;
  /** From 0 to 1; Math.random where none is given. */
  readonly random?: () => number;
  /** The file that the config was read from, which `reloadConfig` reads again and relative plugins refer to. */
  readonly config_file?: string;
}

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
  readonly #os: Os;
  readonly #log: Logger;
  readonly #watchers = new Map<string, Watcher>();
  readonly #leaving = new Map<Watcher, Promise<unknown>>();
  #state: SupervisorState = 'idle';
  #config: Config | null = null;
  #scope = new Scope('supervisor');
  #hooks: HookRegistry;
  #spawns: SpawnQueue;
  #container: PluginContainer | null = null;
  #preparing = false;
  #starting: Promise<void> | null = null;
  #stopping: Promise<void> | null = null;
  #closed = new Deferred();

  /** @param config what a config file may hold, as a value; it is checked by `start` */
  constructor(config: unknown, options: SupervisorOptions = {}) {
    this.#input = config;
    this.#options = options;
    this.#clock = options.clock ?? systemClock;
    this.#os = options.os ?? portableOs();
    this.#log = options.log ?? silentLogger;
    this.#hooks = this.#registry();
    this.#spawns = new SpawnQueue(this.#clock);
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

  stop(): Promise<void> {
    this.#stopping ??= this.#shutdown();
    return this.#stopping;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.stop();
  }

  watchers(): readonly WatcherApi[] {
    return inStartOrder(this.#watchers.values()).map((watcher) => watcher.view);
  }

  find(name: string): WatcherApi | undefined {
    return this.#watchers.get(name.toLowerCase())?.view;
  }

  startWatchers(which?: readonly WatcherApi[]): Promise<Outcome> {
    const watchers = this.#own(which).filter((watcher) => which !== undefined || watcher.spec.autostart);
    return startInOrder(watchers, this.#clock, this.options.warmup_delay * 1000, this.#scope.signal);
  }

  stopWatchers(which?: readonly WatcherApi[]): Promise<Outcome> {
    return stopInOrder(this.#own(which), this.#clock);
  }

  restartWatchers(which?: readonly WatcherApi[]): Promise<Outcome> {
    const watchers = this.#own(which).filter((watcher) => which !== undefined || watcher.spec.autostart || watcher.status !== 'stopped');
    return restartInOrder(watchers, this.#clock, this.options.warmup_delay * 1000, this.#scope.signal);
  }

  async reloadWatchers(options?: ReloadOptions): Promise<Outcome> {
    const outcomes = [];
    for (const watcher of this.watchers()) outcomes.push(await watcher.reload(options));
    return {
      started: outcomes.flatMap((one) => one.started),
      stopped: outcomes.flatMap((one) => one.stopped),
      kept: outcomes.flatMap((one) => one.kept),
    };
  }

  add(name: string, options: Readonly<Record<string, unknown>>): WatcherApi {
    if (this.#state !== 'starting' && this.#state !== 'running') throw new RingmasterError('RM_STATE', ['add a watcher', this.#state]);
    if (this.find(name)) throw new RingmasterError('RM_WATCHER_EXISTS', [name]);
    const watcher = this.#create(name, checkWatcher(name, options));
    for (const [other, gone] of this.#leaving) if (other.name.toLowerCase() === name.toLowerCase()) watcher.after(gone);
    this.#emit(name, 'add', { time: this.#clock.wall() / 1000 });
    this.#hooks.watch('watcher_added', { watcher: watcher.view });
    return watcher.view;
  }

  async remove(name: string, { nostop = false }: RemoveOptions = {}): Promise<void> {
    const watcher = this.#watchers.get(name.toLowerCase());
    if (!watcher) throw new RingmasterError('RM_WATCHER_UNKNOWN', [name]);
    this.#watchers.delete(name.toLowerCase());
    this.#emit(watcher.name, 'remove', { time: this.#clock.wall() / 1000 });
    this.#hooks.watch('watcher_removed', { watcher: watcher.view });
    if (!nostop) {
      const gone = watcher.stop();
      watcher.close('it was removed');
      this.#leaving.set(watcher, gone);
      await gone;
      this.#leaving.delete(watcher);
    }
    watcher.dispose('it was removed');
  }

  async reloadConfig(): Promise<void> {
    const file = this.#options.config_file;
    if (file === undefined) throw new RingmasterError('RM_NO_CONFIG_FILE', []);
    const loaded = await loadConfig(file, { resolvePlugin: (name) => this.#resolve(name) });
    if (!loaded.config) throw invalid(loaded.problems);
    for (const problem of loaded.problems) this.#log.warn(formatProblem(problem));
    await this.apply(loaded.config);
  }

  async apply(config: Config): Promise<void> {
    const before = this.#checked();
    this.#config = config;
    const log = this.#log;
    await applyConfig(before, config, { log, api: this, find: (name) => this.#watchers.get(name.toLowerCase()) });
    this.#hooks.watch('config_applied', { config });
  }

  async #boot(): Promise<void> {
    try {
      this.#preparing = true;
      const config = await this.#prepare();
      this.#preparing = false;
      this.#config = config;
      for (const [name, spec] of Object.entries(config.watchers)) this.#create(name, spec);
      await this.#hooks.step('boot', {});
      this.#proceed();
      this.#guard(config.check_delay * 1000);
      await this.startWatchers();
      this.#proceed();
      this.#state = 'running';
      this.#hooks.watch('ready', {});
    } catch (error) {
      if (this.#stopping) throw new RingmasterError('RM_CLOSED', ['the supervisor'], { cause: error });
      this.#starting = null;
      await this.stop();
      throw error;
    }
  }

  /** Plugins are imported first, for their schemas are part of the config's. */
  async #prepare(): Promise<Config> {
    const plugins = new Map<string, AnyPlugin>((this.#options.plugins ?? []).map((plugin) => [plugin.name, plugin]));
    const resolvePlugin = async (name: string): Promise<AnyPlugin> => {
      const plugin = plugins.get(name) ?? (await this.#resolve(name));
      plugins.set(name, plugin);
      return plugin;
    };
    const check = (names: readonly string[]) => checkConfig(withPlugins(this.#input, names), { resolvePlugin });
    const checked = await checkWithImplied(plugins, check);
    if (!checked.config) throw invalid(checked.problems);
    this.#config = checked.config;
    this.#proceed();
    this.#container = new PluginContainer({
      hooks: this.#hooks,
      clock: this.#clock,
      log: this.#log,
      scope: this.#scope,
      supervisor: this,
      directory: this.#directory(),
      emit: (watcher, name, body) => this.#emit(watcher, name, body),
    });
    const { plugins: options } = checked.config;
    const entries = [...plugins].map(([name, plugin]) => ({ name, plugin, config: options[name] ?? {} }));
    await this.#container.load(
      entries.filter((entry): entry is typeof entry & { config: Record<string, unknown> } => typeof entry.config === 'object'),
    );
    this.#proceed();
    return this.#hooks.shape('config', checked.config, {});
  }

  #resolve(name: string): Promise<AnyPlugin> {
    const given = this.#options.plugins?.find((plugin) => plugin.name === name);
    return given ? Promise.resolve(given) : resolvePlugin(name, this.#directory());
  }

  /** What relative paths in the config refer to. */
  #directory(): string {
    return this.#options.config_file === undefined ? process.cwd() : dirname(resolve(this.#options.config_file));
  }

  /** @throws RM_CLOSED when `stop` was called meanwhile */
  #proceed(): void {
    if (this.#stopping) throw new RingmasterError('RM_CLOSED', ['the supervisor']);
  }

  async #shutdown(): Promise<void> {
    const idle = this.#state === 'idle';
    this.#state = 'stopping';
    const everybody = (): Watcher[] => [...this.#watchers.values(), ...this.#leaving.keys()];
    for (const watcher of everybody()) watcher.close('the supervisor is stopping');
    // A plugin that hangs in its setup is not waited for.
    if (this.#preparing) await this.#container?.close();
    if (!idle) {
      await this.#hooks.step('before_shutdown', {});
      await stopInOrder(everybody(), this.#clock);
      await this.#starting?.catch(() => undefined);
      this.#starting = null;
      await this.#hooks.step('shutdown', {});
    }
    for (const watcher of everybody()) watcher.dispose('the supervisor has stopped');
    this.#watchers.clear();
    this.#spawns[Symbol.dispose]();
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
  }

  #registry(): HookRegistry {
    return new HookRegistry({
      clock: this.#clock,
      log: this.#log,
      onFailure: ({ hook, watcher, error }) => {
        if (watcher !== null)
          this.#emit(watcher, 'hook_failure', { name: hook, time: this.#clock.wall() / 1000, error: messageOf(error.cause ?? error) });
      },
    });
  }

  /** The safety net: every check_delay, look for what should have been told. */
  #guard(period_ms: number): void {
    if (period_ms <= 0) return;
    let timer: Disposable;
    const look = (): void => {
      for (const watcher of this.#watchers.values()) watcher.verify();
      timer = this.#clock.setTimeout(look, period_ms);
    };
    timer = this.#clock.setTimeout(look, period_ms);
    this.#scope.add('check_delay', () => timer[Symbol.dispose]());
  }

  #create(name: string, spec: WatcherOptions): Watcher {
    const watcher = new Watcher(
      {
        os: this.#os,
        clock: this.#clock,
        hooks: this.#hooks,
        log: this.#log.child({ watcher: name }),
        spawns: this.#spawns,
        random: this.#options.random ?? Math.random,
        command: (options, wid) =>
          commandLine(options, { wid, sockets: {}, env: this.#checked().env, daemonEnv: process.env, cwd: workingDirectory() }),
        emit: (source, event, body) => this.#emit(source, event, body),
      },
      name,
      spec,
    );
    this.#watchers.set(name.toLowerCase(), watcher);
    return watcher;
  }

  #emit<N extends EventName>(watcher: string, name: N, body: EventBodies[N]): void {
    this.#hooks.watch('event', { watcher, name, body } as SupervisorEvent);
  }

  #own(which?: readonly WatcherApi[]): Watcher[] {
    if (which === undefined) return [...this.#watchers.values()];
    return which.map((view) => this.#watchers.get(view.name.toLowerCase())).filter((watcher) => watcher !== undefined);
  }

  #checked(): Config {
    if (!this.#config) throw new RingmasterError('RM_STATE', ['read the options', this.#state]);
    return this.#config;
  }
}

/** Plugins given as objects need not be named in the config. */
function withPlugins(input: unknown, names: readonly string[]): unknown {
  if (typeof input !== 'object' || input === null || names.length === 0) return input;
  const named = 'plugins' in input && typeof input.plugins === 'object' ? input.plugins : {};
  return { ...input, plugins: { ...Object.fromEntries(names.map((name) => [name, {}])), ...named } };
}

function invalid(problems: readonly Problem[]): RingmasterError {
  const errors = problems.filter((problem) => problem.severity === 'error').map(formatProblem);
  return new RingmasterError('RM_CONFIG_INVALID', [errors.join('\n')], { context: { problems } });
}
