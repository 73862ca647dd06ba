import type { WatcherApi } from './api.js';
import type { Decisions } from './decisions.js';
import type { EventBodies, EventName } from './events.js';
import type { Refusal } from './hook-compile.js';
import type { HookRegistry } from './hook-registry.js';
import type { Logger } from './log.js';
import type { Phase } from './watcher-plan.js';
import type { WatcherState } from './watcher-state.js';

/** What the phases need from their watcher. */
export interface PhasesHost {
  readonly name: string;
  readonly watcher: WatcherApi;
  readonly hooks: HookRegistry;
  readonly log: Logger;
  readonly decisions: Decisions;
  emit<N extends EventName>(name: N, body: EventBodies[N]): void;
  /** Seconds since the epoch. */
  time(): number;
  /** Forgets what has no process. */
  clear(): void;
  /** It has come to rest. */
  stopped(): void;
  /** How many processes live. */
  count(): number;
  /** Have the plan asked again. */
  kick(): void;
}

/** Takes a watcher round its circle: asks the gates, tells the events, and drops answers that come too late. */
export class Phases {
  readonly #state: WatcherState;
  readonly #host: PhasesHost;

  constructor(state: WatcherState, host: PhasesHost) {
    this.#state = state;
    this.#host = host;
  }

  enter(phase: Phase): void {
    const { hooks, watcher } = this.#host;
    const from = this.#state.phase;
    this.#state.phase = phase;
    this.#state.visit++;
    hooks.watch('state_changed', { watcher, from, to: phase });
    Phases.#arrive[phase](this);
    this.#host.kick();
  }

  /** A gate has refused. Returns whether the watcher stops for it. */
  refused({ veto, plugin, hook }: Refusal): boolean {
    this.#host.decisions.add('halt', plugin, veto, { hook });
    return this.halt(veto);
  }

  /** Its last process has ended, and none takes its place. */
  finish(): void {
    const reason = 'its last process has ended and respawn is off';
    if (this.halt(reason)) this.#host.decisions.add('halt', 'core', reason);
  }

  /** Stops for a reason of the watcher's own; a request that came meanwhile stands. Returns whether it stops. */
  halt(reason: string): boolean {
    const state = this.#state;
    if (state.epoch !== state.takenEpoch || !state.run) return false;
    state.run = false;
    state.instead = reason;
    this.#host.log.warn(`${this.#host.name} stops: ${reason}`);
    this.#host.kick();
    return true;
  }

  /** Stops, and starts again after the delay unless a request comes first. Returns whether it stops. */
  pause(reason: string, delay_ms: number, now: number): boolean {
    if (!this.halt(reason)) return false;
    this.#state.resume_at = now + delay_ms;
    return true;
  }

  /** A pause is over. */
  resume(): void {
    this.#state.resume_at = null;
    this.#state.run = true;
    this.#host.decisions.add('resume', 'core', 'the pause is over');
    this.#host.kick();
  }

  /** A generation can't be started; where an older one runs, that stays. Returns whether the watcher stops. */
  giveUp(reason: string, generation: number, older: boolean): boolean {
    this.#host.emit('gave_up', { time: this.#host.time(), reason });
    if (!older) return this.halt(reason);
    this.#state.stalled = generation;
    this.#state.instead = reason;
    this.#host.log.warn(`${this.#host.name} keeps its old processes: ${reason}`);
    return false;
  }

  static readonly #arrive: Readonly<Record<Phase, (phases: Phases) => void>> = {
    before_start: (phases) => {
      const state = phases.#state;
      state.takenEpoch = state.epoch;
      state.instead = undefined;
      state.stalled = null;
      phases.#host.clear();
      phases.#ask('before_start', 'starting');
    },
    starting: () => {},
    after_start: (phases) => phases.#ask('after_start', 'active'),
    active: (phases) => {
      phases.#host.log.info(`${phases.#host.name} started`, { numprocesses: phases.#host.count() });
      phases.#host.emit('start', { time: phases.#host.time() });
    },
    before_stop: (phases) => phases.#tell('before_stop', 'stopping'),
    stopping: () => {},
    after_stop: (phases) => {
      phases.#state.takenEpoch = phases.#state.epoch;
      phases.#host.clear();
      phases.#host.log.info(`${phases.#host.name} stopped`);
      phases.#host.emit('stop', { time: phases.#host.time() });
      phases.#tell('after_stop', 'stopped');
    },
    stopped: (phases) => {
      phases.#state.takenEpoch = phases.#state.epoch;
      phases.#host.stopped();
    },
  };

  #ask(gate: 'before_start' | 'after_start', next: Phase): void {
    const { hooks, name, watcher } = this.#host;
    this.#goOn(hooks.used(gate, name) ? hooks.gate(gate, { watcher }) : null, next);
  }

  #tell(step: 'before_stop' | 'after_stop', next: Phase): void {
    const { hooks, name, watcher } = this.#host;
    this.#goOn(hooks.used(step, name) ? hooks.step(step, { watcher }).then(() => null) : null, next);
  }

  /** Goes on when the hooks have answered, at once where there are none; a late answer is dropped. */
  #goOn(answer: Promise<Refusal | null> | null, next: Phase): void {
    if (answer === null) {
      this.enter(next);
      return;
    }
    const { visit } = this.#state;
    void answer.then((veto) => {
      if (visit !== this.#state.visit) return;
      if (veto) this.refused(veto);
      else this.enter(next);
    });
  }
}
