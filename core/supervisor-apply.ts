import type { Outcome } from './api.js';
import type { Clock } from './clock.js';
import type { Config } from './config/schema/daemon.js';
import type { WatcherOptions } from './config/schema/watcher.js';
import { explain, RingmasterError } from './errors.js';
import type { HookRegistry } from './hook-registry.js';
import type { Logger } from './log.js';
import {
  type AppliedPlan,
  type ConfigPlan,
  configInEffect,
  type PlanOptions,
  type PlanStep,
  planConfig,
  type RunningWatcher,
  withRunningOptions,
} from './plan.js';
import { type Drift, findDrift } from './plan-drift.js';
import { keepDrift, type PlannedPlugin } from './plan-plugins.js';
import type { PluginContainer } from './plugin-container.js';
import type { PluginEntry } from './plugin-instance.js';
import { replacePlugins, unloadPlugins } from './supervisor-apply-plugins.js';
import type { ConfigReader } from './supervisor-config.js';
import type { SupervisorDurable } from './supervisor-durable.js';
import { cycleInOrder } from './supervisor-order.js';
import { PluginChanges, plannedPlugin } from './supervisor-plugins.js';
import type { SupervisorSockets } from './supervisor-sockets.js';
import type { Watcher } from './watcher.js';
import { countWanted } from './watcher-state.js';

/** The supervisor as far as a config changes it. */
export interface ApplyHost {
  readonly clock: Clock;
  readonly log: Logger;
  readonly hooks: HookRegistry;
  readonly reader: ConfigReader;
  /** Aborted at the end of the supervisor's life. */
  readonly signal: AbortSignal;
  /** Settles when the watchers of the first config are there, or will never be. */
  readonly created: Promise<void>;
  /** Whether nobody has asked it to stop. */
  isOpen(): boolean;
  /** Whether all watchers were started. */
  isReady(): boolean;
  container(): PluginContainer;
  sockets(): SupervisorSockets;
  /** The config in effect. */
  config(): Config;
  use(config: Config): void;
  /** In start order. */
  watchers(): readonly Watcher[];
  find(name: string): Watcher | undefined;
  add(name: string, spec: WatcherOptions): Watcher;
  remove(name: string): Promise<void>;
  /** What a later supervisor has to know. */
  readonly durable: Pick<SupervisorDurable, 'prepare' | 'begun' | 'applied' | 'keeper' | 'troubles'>;
}

/** A plugin as plans see it, and what it is set up with. */
type PlannedEntry = PlannedPlugin & { readonly entry: PluginEntry };

/** A config as plugins have shaped it, and the way to it. */
interface PlannedConfig {
  readonly target: Config;
  readonly plan: ConfigPlan;
  /** The plugins that the config asks for, and those that are to be there: they differ by what stays as it was set at run time. */
  readonly asked: readonly PluginEntry[];
  readonly wanted: readonly PluginEntry[];
}

/** Brings what runs in line with a config, one config after the other, by the steps of a plan and nothing else. */
export class ConfigApplier {
  readonly #host: ApplyHost;
  /** Plugins that are changed by request. */
  readonly plugins: PluginChanges;
  readonly #addedAtRunTime = new WeakSet<Watcher>();
  #last: Promise<unknown> = Promise.resolve();

  constructor(host: ApplyHost) {
    this.#host = host;
    this.plugins = new PluginChanges(host, (work) => this.#inTurn(work));
  }

  /** Remembers that no config brought this watcher. */
  markAdded(watcher: Watcher): void {
    this.#addedAtRunTime.add(watcher);
    this.#host.durable.keeper(watcher.name)?.note(watcher.spec, 'run_time');
  }

  /** The same for one that an earlier supervisor had. */
  adoptAdded(watcher: Watcher): void {
    this.#addedAtRunTime.add(watcher);
  }

  drift(): readonly Drift[] {
    const now = this.#host.container().entries().map(plannedPlugin);
    return findDrift(this.#host.config(), this.#running(), { now, loaded: this.plugins.loaded.map(plannedPlugin) });
  }

  async plan(config: Config, options: PlanOptions): Promise<ConfigPlan> {
    await this.#host.created;
    return (await this.#planned(config, options)).plan;
  }

  /** Takes its turn when it is called, whenever the config is there. */
  apply(config: Config | PromiseLike<Config>, options: PlanOptions): Promise<AppliedPlan> {
    return this.#inTurn(async () => this.#apply(await config, options), config);
  }

  /** Does one thing after the other, in the order of the calls. */
  #inTurn<T>(work: () => Promise<T>, given?: unknown): Promise<T> {
    const before = this.#last;
    const done = (async () => {
      await before;
      await this.#host.created;
      this.#proceed();
      return work();
    })();
    // Nobody may be waiting for either yet, so that a rejection would pass for one that is not handled.
    this.#last = Promise.allSettled([done, given]);
    return done;
  }

  async #apply(config: Config, options: PlanOptions): Promise<AppliedPlan> {
    const planned = await this.#planned(config, options);
    const { hooks } = this.#host;
    hooks.watch('config_applying', { config: planned.target });
    try {
      return await this.#execute(planned);
    } catch (error) {
      hooks.watch('config_refused', { reason: explain(error) });
      throw error;
    }
  }

  async #execute({ plan, target, wanted, asked }: PlannedConfig): Promise<AppliedPlan> {
    const { hooks, log } = this.#host;
    // First of all: where one can't be opened, nothing has been touched. Those that were replaced are closed in the end.
    using sockets = await this.#host.sockets().change(target.sockets);
    await this.#host.durable.prepare(target);
    this.#proceed();
    await replacePlugins(plan.steps, wanted, this.#host);
    this.#proceed();
    sockets.commit();
    const inEffect = configInEffect(this.#host.config(), target, plan);
    this.#host.use(inEffect);
    this.#report(plan);
    const changes = this.#applyToWatchers(plan.steps);
    this.#host.durable.begun(plan.steps.flatMap((step) => (step.do === 'remove' ? [step.watcher] : [])));
    const outcomes = await changes;
    this.#proceed();
    await unloadPlugins(plan.steps, this.#host.container());
    this.plugins.settle(this.#inEffect(plan, asked));
    this.#host.durable.applied(inEffect, this.#running());
    this.#host.durable.troubles.end('config', 'a config was applied, all is as it should be');
    hooks.watch('config_applied', { config: inEffect });
    log.info(plan.steps.length === 0 ? 'the config has not changed' : 'the config was applied', { steps: plan.steps.length });
    return {
      steps: plan.steps.map((step) => {
        const outcome = outcomes.get(step);
        return outcome === undefined ? step : { ...step, outcome };
      }),
    };
  }

  /** @throws RM_CLOSED when the supervisor was asked to stop meanwhile */
  #proceed(): void {
    if (!this.#host.isOpen()) throw new RingmasterError('RM_CLOSED', ['the supervisor']);
  }

  /** The plugins of the config in effect: those that only a new daemon can take over stay what they were. */
  #inEffect({ steps }: ConfigPlan, asked: readonly PluginEntry[]): readonly PluginEntry[] {
    const waits = new Set(steps.flatMap((step) => (step.do === 'restart_daemon' && step.what === 'plugin' ? [step.name] : [])));
    return [...asked.filter(({ name }) => !waits.has(name)), ...this.plugins.loaded.filter(({ name }) => waits.has(name))];
  }

  async #planned(config: Config, options: PlanOptions): Promise<PlannedConfig> {
    this.#proceed();
    const prepared = await this.#host.reader.prepare(config, (target) => withRunningOptions(this.#host.config(), target));
    const planned = (entry: PluginEntry): PlannedEntry => ({ ...plannedPlugin(entry), entry });
    const [loaded, asked] = [this.plugins.loaded.map(planned), prepared.entries.map(planned)];
    const wantedOf = (now: readonly PlannedEntry[]): readonly PlannedEntry[] =>
      options.keep_drift === true ? keepDrift(now, asked, loaded, this.plugins.removed) : asked;
    const names = wantedOf(this.#host.container().entries().map(planned)).map(({ name }) => name);
    const target = await this.#host.hooks.shape('config', prepared.config, { plugins: names });
    this.#proceed();
    // It may have taken a while.
    const now = this.#host.container().entries().map(planned);
    const wanted = wantedOf(now);
    const plan = planConfig(
      {
        loaded: this.#host.config(),
        running: this.#running(),
        plugins: now,
        loaded_plugins: loaded,
        target,
        target_plugins: wanted,
      },
      options,
    );
    return { asked: prepared.entries, wanted: wanted.map(({ entry }) => entry), target, plan };
  }

  #running(): readonly RunningWatcher[] {
    return this.#host.watchers().map((watcher) => {
      const { name, spec, status, intent } = watcher;
      const origin = this.#addedAtRunTime.has(watcher) ? 'run_time' : 'config';
      const oldestFirst = watcher.processes().toSorted((a, b) => a.started - b.started || a.pid - b.pid);
      return { name, spec, status, intent, pids: oldestFirst.map(({ pid }) => pid), origin };
    });
  }

  #report({ steps }: ConfigPlan): void {
    for (const step of steps) {
      if (step.do !== 'restart_daemon') continue;
      const { what, name, change } = step;
      this.#host.log.warn(`${what} ${name} was ${change} in the config; it takes effect when the daemon is started again`);
    }
  }

  /** Asks for all changes before it returns. Everything that goes down does so at once; what comes up does so in start order, when that is gone. */
  async #applyToWatchers(steps: readonly PlanStep[]): Promise<ReadonlyMap<PlanStep, Outcome>> {
    const outcomes = new Map<PlanStep, Outcome>();
    const goes: Promise<unknown>[] = [];
    const changes: Promise<unknown>[] = [];
    const comesUp = new Map<Watcher, { readonly step: PlanStep; readonly options: Partial<WatcherOptions> }>();
    for (const step of steps) {
      if (!('watcher' in step)) continue;
      const watcher = this.#host.find(step.watcher);
      if (step.do === 'add') {
        const added = watcher ?? this.#host.add(step.watcher, step.options);
        if (step.start) comesUp.set(added, { step, options: step.options });
        else if (watcher) changes.push(watcher.update(step.options, false));
      } else if (watcher === undefined) {
        this.#host.log.warn(`${step.watcher} was removed while the config was applied`);
      } else if (step.do === 'remove') {
        const pids = watcher.pids();
        goes.push(this.#host.remove(step.watcher).then(() => outcomes.set(step, { started: [], stopped: pids, kept: [] })));
      } else {
        const options = Object.fromEntries(step.changes.map(({ option, to }) => [option, to]));
        this.#addedAtRunTime.delete(watcher);
        if (step.do === 'restart' || step.do === 'start') comesUp.set(watcher, { step, options });
        else {
          const updated = watcher.update(changed(watcher.spec, options), step.do === 'reload');
          changes.push(updated.then((outcome) => outcomes.set(step, outcome)));
        }
      }
    }
    const cycled = cycleInOrder([...comesUp.keys()], {
      clock: this.#host.clock,
      pause_ms: this.#host.config().warmup_delay * 1000,
      signal: this.#host.signal,
      between: async (holds) => {
        for (const [watcher, hold] of holds) watcher.replace(changed(watcher.spec, comesUp.get(watcher)?.options), hold);
        await Promise.all(goes);
      },
    });
    await Promise.all([...goes, ...changes]);
    for (const [watcher, outcome] of await cycled) {
      const step = comesUp.get(watcher)?.step;
      if (step !== undefined) outcomes.set(step, outcome);
    }
    return outcomes;
  }
}

/** Somebody may have asked for more processes since it was planned, and a singleton has one. */
function changed(spec: WatcherOptions, options: Partial<WatcherOptions> | undefined): WatcherOptions {
  const to = { ...spec, ...options };
  return { ...to, numprocesses: countWanted(to.numprocesses, to.singleton) };
}
