import type { KillOptions, Outcome, WatcherApi } from './api.js';
import type { WatcherOptions } from './config/schema/watcher.js';
import type { Decisions } from './decisions.js';
import type { WishRecord } from './durable/records.js';
import type { Survivor } from './durable/survivor.js';
import { EngineParts } from './engine-parts.js';
import type { Logger } from './log.js';
import type { Slots } from './slots.js';
import { type Progress, untilGone, Waiters } from './waiters.js';
import type { WatcherDeps } from './watcher-deps.js';
import { type Plan, plan } from './watcher-plan.js';
import { actualOf, desiredOf, type Hold, resume, settled, type WatcherState } from './watcher-state.js';
import { takeStep } from './watcher-steps.js';

const NO_PLAN: Plan = { steps: [], wake_at: null, filled: false, clean: true, renewed: false, again: false };

/** What the engine has of its watcher. */
export interface EngineHost {
  readonly name: string;
  /** What hooks and plugins get to see. */
  readonly view: WatcherApi;
  /** The options as they are now. */
  readonly spec: WatcherOptions;
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
  readonly #host: EngineHost;
  readonly #parts: EngineParts;
  readonly #waiters: Waiters;
  #plan: Plan = NO_PLAN;

  constructor(deps: WatcherDeps, host: EngineHost) {
    this.#host = host;
    this.#parts = new EngineParts(deps, host, () => this.#pass());
    this.#waiters = new Waiters(this);
  }

  /** What is wanted, and where the watcher is on its way round; changed within `request` only. */
  get state(): WatcherState {
    return this.#parts.state;
  }

  get slots(): Slots {
    return this.#parts.slots;
  }

  get decisions(): Decisions {
    return this.#parts.decisions;
  }

  get log(): Logger {
    return this.#parts.log;
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
    this.#parts.reconciler.after(change);
    const done = this.#waiters.add(before, progress);
    this.#parts.reconciler.now();
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
    const hold = this.#parts.reconciler.hold();
    const { from, to } = resume(this.state, wish, survivors);
    if (wish) this.slots.spent = wish.spent;
    return () => {
      this.slots.adopt(survivors);
      const count = this.pids().length;
      if (count > 0) this.#parts.decisions.add('adopt', 'core', `taken over from the supervisor before: ${count}`);
      if (from !== to) this.#parts.hooks.watch('state_changed', { watcher: this.#parts.watcher, from, to });
      this.#parts.reconciler.now();
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
    this.#parts.reconciler.now();
  }

  /** Forgets everything; processes that are left live on, supervised by nobody. @param why told to whoever waits */
  dispose(why: string): void {
    this.#parts.reconciler[Symbol.dispose]();
    this.slots.release();
    this.slots[Symbol.dispose]();
    this.#waiters.close(why);
  }

  #pass(): number | null {
    const { clock, phases, slots, state } = this.#parts;
    const { spec } = this.#host;
    this.#plan = plan(desiredOf(state, spec), actualOf(state, slots), clock.now());
    const { steps, again, wake_at } = this.#plan;
    if (steps.length > 0) {
      const warmUp = (): void => {
        state.nextBegin_at = clock.now() + spec.warmup_delay * 1000;
      };
      const target = { phases, slots, warmUp };
      for (const step of steps) takeStep(step, target);
    }
    if (again) this.#parts.kick();
    else this.#waiters.look();
    this.#host.wished(slots.spent);
    return wake_at;
  }
}
