import type { KillOptions, Outcome, WatcherApi } from './api.js';
import type { WatcherOptions } from './config/schema/watcher.js';
import type { Decisions } from './decisions.js';
import type { WishRecord } from './durable/records.js';
import type { Survivor } from './durable/survivor.js';
import type { EventBodies, EventName } from './events.js';
import { Reconciler } from './reconciler.js';
import { Slots } from './slots.js';
import type { SlotsHost } from './slots-host.js';
import { type Progress, untilGone, Waiters } from './waiters.js';
import type { WatcherDeps } from './watcher-deps.js';
import { Phases } from './watcher-phases.js';
import { type Plan, plan } from './watcher-plan.js';
import { actualOf, desiredOf, type Hold, newWatcherState, resume, settled, type WatcherState } from './watcher-state.js';
import { takeStep } from './watcher-steps.js';

/** What the engine is told by its watcher. */
export interface EngineHost {
  readonly name: string;
  /** What hooks and plugins get to see. */
  readonly view: WatcherApi;
  readonly decisions: Decisions;
  /** The options as they are now. */
  spec(): WatcherOptions;
  emit<N extends EventName>(name: N, body: EventBodies[N]): void;
  /** What is wanted may have changed. @param spent processes that have ended, with `respawn` off */
  wished(spent: number): void;
  /** It has come to rest. */
  stopped(): void;
}

/**
 * Brings the processes of a watcher in line with what is wanted: a pass asks the plan what to do next, does it, and goes on until the
 * plan has nothing more; then whoever waits is told.
 */
export class WatcherEngine {
  /** What is wanted, and where the watcher is on its way round; changed within `request` only. */
  readonly state: WatcherState = newWatcherState();
  readonly slots: Slots;
  readonly #deps: WatcherDeps;
  readonly #host: EngineHost;
  readonly #reconciler: Reconciler;
  readonly #waiters: Waiters;
  readonly #phases: Phases;
  #plan: Plan = { steps: [], wake_at: null, filled: false, clean: true, renewed: false, again: false };

  constructor(deps: WatcherDeps, host: EngineHost) {
    this.#deps = deps;
    this.#host = host;
    this.#reconciler = new Reconciler(deps.clock, () => this.#pass());
    this.slots = new Slots(this.#slotsHost());
    this.#waiters = new Waiters(() => this.pids());
    this.#phases = new Phases(this.state, {
      ...deps,
      name: host.name,
      view: host.view,
      decisions: host.decisions,
      emit: (event, body) => host.emit(event, body),
      time: () => deps.clock.wall() / 1000,
      clear: () => this.slots.clear(),
      count: () => this.pids().length,
      stopped: () => host.stopped(),
      kick: () => this.#reconciler.now(),
    });
  }

  /** Of live processes, in order of their worker ids. */
  pids(): number[] {
    return this.slots.live().map((slot) => slot.pid);
  }

  /** Whether what is wanted is reached. @param what all processes too: none too many, or none of an older generation */
  progress(what?: 'clean' | 'renewed'): Progress {
    return settled(this.state, this.#plan, what);
  }

  /** Makes a change, has it acted on, and resolves when there is progress. */
  request(hold: Hold | null, progress: () => Progress, change: () => void): Promise<Outcome> {
    const before = new Set(this.pids());
    this.state.hold = hold;
    this.#reconciler.after(change);
    const done = this.#waiters.add(before, progress);
    this.#reconciler.now();
    return done;
  }

  /** Ends one process or all, which are replaced; resolves when they are gone. */
  async kill({ pid, signum, graceful_timeout }: KillOptions): Promise<void> {
    const targets = this.slots.live().filter((slot) => pid === undefined || slot.pid === pid);
    await this.request(this.state.hold, untilGone(targets), () => {
      const grace_ms = graceful_timeout === undefined ? undefined : graceful_timeout * 1000;
      for (const slot of targets) this.slots.end(slot, { signum, grace_ms, retire: false });
    });
  }

  /**
   * Goes on where an earlier supervisor was: with its processes, whatever else was under way.
   *
   * @returns takes its processes over, and tells of that; until then whatever is asked of it waits
   */
  adopt(wish: WishRecord | undefined, survivors: readonly Survivor[]): () => void {
    const hold = this.#reconciler.hold();
    const { from, to } = resume(this.state, wish, survivors);
    if (wish) this.slots.spent = wish.spent;
    return () => {
      this.slots.adopt(survivors);
      const count = this.pids().length;
      if (count > 0) this.#host.decisions.add('adopt', 'core', `taken over from the supervisor before: ${count}`);
      if (from !== to) this.#deps.hooks.watch('state_changed', { watcher: this.#host.view, from, to });
      this.#reconciler.now();
      hold[Symbol.dispose]();
    };
  }

  /** No spawn until `other` has settled. */
  after(other: Promise<unknown>): void {
    this.state.blocks++;
    const free = (): void => {
      this.state.blocks--;
      this.kick();
    };
    other.then(free, free);
  }

  /** Asks the plan again. */
  kick(): void {
    this.#reconciler.now();
  }

  /** Forgets everything; processes that are left live on, supervised by nobody. @param why told to whoever waits */
  dispose(why: string): void {
    this.#reconciler[Symbol.dispose]();
    this.slots.release();
    this.slots[Symbol.dispose]();
    this.#waiters.close(why);
  }

  #pass(): number | null {
    const { clock } = this.#deps;
    const spec = this.#host.spec();
    this.#plan = plan(desiredOf(this.state, spec), actualOf(this.state, this.slots), clock.now());
    const { steps, again, wake_at } = this.#plan;
    if (steps.length > 0) {
      const warmUp = (): void => {
        this.state.nextBegin_at = clock.now() + spec.warmup_delay * 1000;
      };
      const target = { phases: this.#phases, slots: this.slots, warmUp };
      for (const step of steps) takeStep(step, target);
    }
    if (again) this.#reconciler.now();
    else this.#waiters.look();
    this.#host.wished(this.slots.spent);
    return wake_at;
  }

  #slotsHost(): SlotsHost {
    const { view: watcher, decisions, spec, emit } = this.#host;
    return {
      ...this.#deps,
      watcher,
      decisions,
      keptOutputs: () => this.#deps.keptOutputs(spec()),
      random: () => this.#deps.random(),
      spec,
      generation: () => this.state.generation,
      keeper: () => this.#deps.keeper(this.#host.name),
      command: (wid) => this.#deps.command(spec(), wid),
      emit,
      after: (change) => this.#reconciler.after(change),
      changed: () => this.#reconciler.soon(),
      refused: (refusal) => this.#phases.refused(refusal),
      paused: (reason, delay_ms) => this.#phases.pause(reason, delay_ms, this.#deps.clock.now()),
      gaveUp: (reason, generation) => this.#phases.giveUp(reason, generation, this.slots.hasOlder(generation)),
    };
  }
}
