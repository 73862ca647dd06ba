import type { WatcherApi } from './api.js';
import type { Clock } from './clock.js';
import type { WatcherOptions } from './config/schema/watcher.js';
import { type Decision, Decisions, type DecisionsHost } from './decisions.js';
import type { Keeper } from './durable/keeper.js';
import type { KeptOutputs } from './durable/kept-outputs.js';
import { withoutSources } from './env-sources.js';
import type { EventBodies, EventName } from './events.js';
import type { Refusal } from './hook-compile.js';
import type { HookRegistry } from './hook-registry.js';
import type { SpawnOptions } from './hooks.js';
import type { Logger } from './log.js';
import type { Os } from './os/port.js';
import { Reconciler } from './reconciler.js';
import { Slots } from './slots.js';
import type { SlotsHost } from './slots-host.js';
import type { SocketTable } from './sockets.js';
import type { SpawnQueue } from './spawn-queue.js';
import type { WatcherDeps } from './watcher-deps.js';
import type { EngineHost } from './watcher-engine.js';
import { Phases, type PhasesHost } from './watcher-phases.js';
import { newWatcherState, type WatcherState } from './watcher-state.js';

/**
 * What moves in an engine, and what slots and phases get from each other, from their watcher and from the supervisor: one object without a
 * function of its own, for there may be thousands of watchers.
 */
export class EngineParts implements SlotsHost, PhasesHost, DecisionsHost {
  readonly name: string;
  readonly watcher: WatcherApi;
  readonly decisions: Decisions;
  readonly log: Logger;
  readonly state: WatcherState = newWatcherState();
  readonly slots: Slots;
  readonly phases: Phases;
  readonly reconciler: Reconciler;
  readonly #deps: WatcherDeps;
  readonly #host: EngineHost;

  /** @param pass as for a `Reconciler` */
  constructor(deps: WatcherDeps, host: EngineHost, pass: () => number | null) {
    const { name, view } = host;
    this.#deps = deps;
    this.#host = host;
    this.name = name;
    this.watcher = view;
    this.decisions = new Decisions(this, deps.keeper(name)?.takeDecisions());
    this.log = deps.log.child({ watcher: name });
    this.reconciler = new Reconciler(deps.clock, pass);
    this.slots = new Slots(this);
    this.phases = new Phases(this.state, this);
  }

  get os(): Os {
    return this.#deps.os;
  }

  get clock(): Clock {
    return this.#deps.clock;
  }

  get hooks(): HookRegistry {
    return this.#deps.hooks;
  }

  get spawns(): SpawnQueue {
    return this.#deps.spawns;
  }

  get sockets(): SocketTable {
    return this.#deps.sockets;
  }

  random(): number {
    return this.#deps.random();
  }

  spec(): WatcherOptions {
    return this.#host.spec;
  }

  generation(): number {
    return this.state.generation;
  }

  keptOutputs(): Promise<KeptOutputs> | null {
    return this.#deps.keptOutputs(this.#host.spec);
  }

  command(wid: number, sources = true): SpawnOptions {
    const { spec } = this.#host;
    return this.#deps.command(sources ? spec : withoutSources(spec), wid);
  }

  keeper(): Keeper | null {
    return this.#deps.keeper(this.name);
  }

  decided(wid: number | null, decisions: readonly Decision[]): void {
    this.keeper()?.decided(this.spec(), wid, decisions);
  }

  emit<N extends EventName>(event: N, body: EventBodies[N]): void {
    this.#deps.emit(this.name, event, body);
  }

  after<T>(change: () => T): T {
    return this.reconciler.after(change);
  }

  changed(): void {
    this.reconciler.soon();
  }

  refused(refusal: Refusal): boolean {
    return this.phases.refused(refusal);
  }

  paused(reason: string, delay_ms: number): boolean {
    return this.phases.pause(reason, delay_ms, this.clock.now());
  }

  gaveUp(reason: string, generation: number): boolean {
    return this.phases.giveUp(reason, generation, this.slots.table.hasOlder(generation));
  }

  time(): number {
    return this.clock.wall() / 1000;
  }

  clear(): void {
    this.slots.clear();
  }

  count(): number {
    return this.slots.live().length;
  }

  stopped(): void {
    this.#host.stopped();
  }

  kick(): void {
    this.reconciler.now();
  }
}
