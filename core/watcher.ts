import type { KillOptions, Outcome, ProcessView, ReloadOptions, SignalOptions, WatcherApi, WatcherStatus } from './api.js';
import type { Clock } from './clock.js';
import { checkWatcherChange } from './config/index.js';
import type { WatcherOptions } from './config/schema/watcher.js';
import { RingmasterError } from './errors.js';
import type { EventBodies, EventName } from './events.js';
import type { HookRegistry } from './hook-registry.js';
import type { SpawnOptions } from './hooks.js';
import type { Logger } from './log.js';
import type { Os } from './os/port.js';
import { Reconciler } from './reconciler.js';
import type { Slot } from './slot-state.js';
import { Slots } from './slots.js';
import type { SlotsHost } from './slots-host.js';
import type { SpawnQueue } from './spawn-queue.js';
import { outcome, type Progress, Waiters } from './waiters.js';
import { type Desired, type Phase, type Plan, plan, type Step } from './watcher-plan.js';
import { watcherView } from './watcher-view.js';

const SIGHUP = 1;
const STATUS: Readonly<Record<Phase, WatcherStatus>> = {
  stopped: 'stopped',
  before_start: 'starting',
  starting: 'starting',
  after_start: 'starting',
  active: 'active',
  before_stop: 'stopping',
  stopping: 'stopping',
  after_stop: 'stopped',
};

/** What a watcher needs from its supervisor. */
export interface WatcherDeps {
  readonly os: Os;
  readonly clock: Clock;
  readonly hooks: HookRegistry;
  readonly log: Logger;
  readonly spawns: SpawnQueue;
  random(): number;
  /** What to execute for one worker id. @throws where the options make no command */
  command(spec: WatcherOptions, wid: number): SpawnOptions;
  emit<N extends EventName>(watcher: string, name: N, body: EventBodies[N]): void;
}

/** It is not this watcher's turn yet, in a start or stop of many; whoever made it gives way, unless a later request took its place. */
export interface Hold {
  up: boolean;
  down: boolean;
}

/**
 * One command and its processes. Requests change what is wanted and have a pass made; a pass asks the plan what to do next, does
 * it, and goes on until the plan has nothing more; then whoever waits is told.
 */
export class Watcher implements WatcherApi {
  readonly name: string;
  /** What hooks and plugins get to see of it. */
  readonly view: WatcherApi = watcherView(this);
  readonly #deps: WatcherDeps;
  readonly #slots: Slots;
  readonly #reconciler: Reconciler;
  readonly #waiters: Waiters;
  #spec: WatcherOptions;
  #phase: Phase = 'stopped';
  #run = false;
  #epoch = 0;
  #takenEpoch = 0;
  #generation = 1;
  #sequential = false;
  #stalled: number | null = null;
  #hold: Hold | null = null;
  #blocked = false;
  #nextBegin_at = 0;
  #visit = 0;
  #instead: string | undefined;
  #plan: Plan = { steps: [], wake_at: null, filled: false, clean: true, renewed: false };
  #closed: string | null = null;

  constructor(deps: WatcherDeps, name: string, spec: WatcherOptions) {
    this.name = name;
    this.#deps = deps;
    this.#spec = spec;
    this.#reconciler = new Reconciler(deps.clock, () => this.#pass());
    this.#slots = new Slots(this.#slotsHost());
    this.#waiters = new Waiters(() => this.pids());
  }

  get status(): WatcherStatus {
    return STATUS[this.#phase];
  }

  get spec(): Readonly<WatcherOptions> {
    return this.#spec;
  }

  get numprocesses(): number {
    return this.#spec.numprocesses;
  }

  processes(): readonly ProcessView[] {
    return this.#slots.views();
  }

  pids(): number[] {
    return this.#slots.live().map((slot) => slot.pid);
  }

  /** @param hold whoever starts many lets each come up in its turn */
  start(hold: Hold | null = null): Promise<Outcome> {
    if (this.#closed !== null) return Promise.resolve({ ...outcome(new Set(), []), instead: this.#closed });
    return this.#request(
      hold,
      () => this.#settled(),
      () => {
        this.#run = true;
        this.#slots.hasten();
      },
    );
  }

  stop(hold: Hold | null = null): Promise<Outcome> {
    if (this.#phase !== 'stopped') this.#epoch++;
    const epoch = this.#epoch;
    return this.#request(
      hold,
      () => this.#takenEpoch >= epoch,
      () => {
        this.#run = false;
      },
    );
  }

  restart(hold: Hold | null = null): Promise<Outcome> {
    if (this.#phase !== 'stopped') this.#epoch++;
    return this.start(hold);
  }

  /** Whether everything that ran when `stop` or `restart` was asked for is gone. */
  whenDown(): Promise<Outcome> {
    const epoch = this.#epoch;
    return this.#request(
      this.#hold,
      () => this.#takenEpoch >= epoch,
      () => {},
    );
  }

  async reload({ graceful = true, sequential = false }: ReloadOptions = {}): Promise<Outcome> {
    if (!graceful) return this.restart();
    const result = await this.#renew(sequential);
    if (result.instead === undefined) {
      this.#emit('reload', { time: this.#now() });
      this.#deps.log.info(`${this.name} reloaded`);
    }
    return result;
  }

  async setNumprocesses(count: number): Promise<number> {
    const numprocesses = Math.max(0, this.#spec.singleton ? Math.min(1, count) : count);
    await this.#request(
      this.#hold,
      () => this.#settled(true),
      () => {
        this.#spec = { ...this.#spec, numprocesses };
      },
    );
    return numprocesses;
  }

  incr(by = 1): Promise<number> {
    return this.setNumprocesses(this.#spec.numprocesses + by);
  }

  decr(by = 1): Promise<number> {
    return this.setNumprocesses(this.#spec.numprocesses - by);
  }

  async kill({ pid, signum, graceful_timeout }: KillOptions = {}): Promise<void> {
    const targets = this.#slots.live().filter((slot) => pid === undefined || slot.pid === pid);
    const attempts = targets.map((slot): [Slot, number] => [slot, slot.attempt]);
    const gone = (): Progress =>
      attempts.every(([slot, attempt]) => slot.attempt !== attempt || slot.state === 'idle' || slot.state === 'stuck');
    await this.#request(this.#hold, gone, () => {
      const grace_ms = graceful_timeout === undefined ? undefined : graceful_timeout * 1000;
      for (const slot of targets) this.#slots.end(slot, { signum, grace_ms, retire: false });
    });
  }

  signal(signum: number, { pid, child_pid, children = false, recursive = false }: SignalOptions = {}): void {
    const pids = this.pids();
    if (pid !== undefined && !pids.includes(pid)) throw new RingmasterError('RM_PROCESS_UNKNOWN', [pid, this.name]);
    const { os } = this.#deps;
    for (const target of pid === undefined ? pids : [pid]) {
      const family = children || recursive || child_pid !== undefined ? os.children(target, recursive) : [];
      if (child_pid !== undefined) {
        if (!family.includes(child_pid)) throw new RingmasterError('RM_PROCESS_UNKNOWN', [child_pid, this.name]);
        os.signal(child_pid, signum);
        continue;
      }
      if (!children) this.#slots.ender.signal(target, signum, () => os.signal(target, signum));
      for (const child of family) os.signal(child, signum);
    }
  }

  async set(options: Readonly<Record<string, unknown>>): Promise<Outcome> {
    const change = checkWatcherChange(this.#spec, options);
    for (const _ of Object.keys(options)) this.#emit('updated', { time: this.#now() });
    return this.update(change.spec, change.restart);
  }

  /** Takes over checked options: at once, or by a graceful reload. */
  update(spec: WatcherOptions, renew: boolean): Promise<Outcome> {
    this.#spec = spec;
    if (renew && this.#phase !== 'stopped') return this.#renew(false, true);
    return this.#request(
      this.#hold,
      () => this.#settled(true),
      () => {},
    );
  }

  /** No start until `other`, a watcher of the same name, is gone. */
  after(other: Promise<unknown>): void {
    this.#blocked = true;
    const free = (): void => {
      this.#blocked = false;
      this.#reconciler.now();
    };
    other.then(free, free);
  }

  /** Looks again, after a hold has given way. */
  kick(): void {
    this.#reconciler.now();
  }

  /** The safety net: looks for processes that are gone though nobody told. */
  verify(): void {
    this.#slots.verify();
    this.#reconciler.now();
  }

  /** From now on it can only be stopped. */
  close(why: string): void {
    this.#closed = why;
  }

  /** Forgets everything; processes that are left live on, supervised by nobody. */
  dispose(why: string): void {
    this.close(why);
    this.#reconciler[Symbol.dispose]();
    this.#slots.release();
    this.#slots[Symbol.dispose]();
    this.#waiters.close(why);
  }

  #now(): number {
    return this.#deps.clock.wall() / 1000;
  }

  #emit<N extends EventName>(name: N, body: EventBodies[N]): void {
    this.#deps.emit(this.name, name, body);
  }

  /** Makes a change, has it acted on, and resolves when there is progress. */
  #request(hold: Hold | null, progress: () => Progress, change: () => void): Promise<Outcome> {
    const before = new Set(this.pids());
    this.#hold = hold;
    this.#reconciler.after(change);
    const done = this.#waiters.add(before, progress);
    this.#reconciler.now();
    return done;
  }

  /** Replaces all processes without a gap. */
  #renew(sequential: boolean, always = false): Promise<Outcome> {
    if (!this.#run) return this.start();
    if (this.#spec.send_hup && !always) {
      const before = new Set(this.pids());
      this.signal(SIGHUP);
      return Promise.resolve(outcome(before, this.pids()));
    }
    return this.#request(
      this.#hold,
      () => this.#settled(true, true),
      () => {
        this.#generation++;
        this.#sequential = sequential;
        this.#stalled = null;
        this.#slots.hasten();
      },
    );
  }

  /** Whether what is wanted is there; and, where asked for, what is not wanted is gone, or only the newest generation is left. */
  #settled(clean = false, renewed = false): Progress {
    if (this.#phase === 'stopped' && !this.#run) return { instead: this.#instead ?? 'it is stopped' };
    if (this.#phase !== 'active' || this.#takenEpoch !== this.#epoch) return false;
    const { filled } = this.#plan;
    if (!filled || (clean && !this.#plan.clean) || (renewed && !this.#plan.renewed)) return false;
    return renewed && this.#stalled === this.#generation ? { instead: this.#instead ?? 'new processes can not be started' } : true;
  }

  #desired(): Desired {
    const { numprocesses, respawn, singleton, max_retry, warmup_delay } = this.#spec;
    return {
      run: this.#run,
      epoch: this.#epoch,
      generation: this.#generation,
      sequential: this.#sequential,
      count: numprocesses,
      respawn,
      gives_up: max_retry !== -1,
      singleton,
      warmup_ms: warmup_delay * 1000,
      hold: this.#hold,
    };
  }

  #pass(): number | null {
    const { clock } = this.#deps;
    const actual = {
      phase: this.#phase,
      epoch: this.#takenEpoch,
      slots: this.#slots.map,
      leftovers: this.#slots.leftovers,
      blocked: this.#blocked,
      next_begin_at: this.#nextBegin_at,
      spent: this.#slots.spent,
      stalled: this.#stalled,
    };
    this.#plan = plan(this.#desired(), actual, clock.now());
    for (const one of this.#plan.steps) this.#do(one);
    if (this.#plan.steps.length > 0) this.#reconciler.now();
    else this.#waiters.look();
    return this.#plan.wake_at;
  }

  #do(one: Step): void {
    if (one.do === 'phase') {
      this.#enter(one.to);
      return;
    }
    if (one.do === 'finish') {
      this.#halt('its last process has ended and respawn is off');
      return;
    }
    if (one.do === 'begin') {
      this.#nextBegin_at = this.#deps.clock.now() + this.#spec.warmup_delay * 1000;
      this.#slots.begin(one.wid, one.from);
      return;
    }
    const slot = this.#slots.map.get(one.wid);
    if (slot === undefined) return;
    if (one.do === 'end') this.#slots.end(slot, { retire: one.retire });
    else if (one.do === 'retire') slot.retired = true;
    else if (one.do === 'deadline') this.#slots.deadline(slot);
    else this.#slots.map.delete(one.wid);
  }

  /** Stops for a reason of its own; a request that came meanwhile stands. */
  #halt(reason: string): boolean {
    if (this.#epoch !== this.#takenEpoch || !this.#run) return false;
    this.#run = false;
    this.#instead = reason;
    this.#deps.log.warn(`${this.name} stops: ${reason}`);
    this.#reconciler.now();
    return true;
  }

  #enter(phase: Phase): void {
    const { hooks, log } = this.#deps;
    const args = { watcher: this.view };
    const from = this.#phase;
    this.#phase = phase;
    this.#visit++;
    hooks.watch('state_changed', { ...args, from, to: phase });
    switch (phase) {
      case 'before_start':
        this.#takenEpoch = this.#epoch;
        this.#instead = undefined;
        this.#stalled = null;
        this.#slots.clear();
        this.#pause(hooks.used('before_start', this.name) ? hooks.gate('before_start', args) : null, 'starting');
        break;
      case 'after_start':
        this.#pause(hooks.used('after_start', this.name) ? hooks.gate('after_start', args) : null, 'active');
        break;
      case 'active':
        log.info(`${this.name} started`, { numprocesses: this.pids().length });
        this.#emit('start', { time: this.#now() });
        break;
      case 'before_stop':
        this.#pause(hooks.used('before_stop', this.name) ? hooks.step('before_stop', args) : null, 'stopping');
        break;
      case 'after_stop':
        this.#takenEpoch = this.#epoch;
        this.#slots.clear();
        log.info(`${this.name} stopped`);
        this.#emit('stop', { time: this.#now() });
        this.#pause(hooks.used('after_stop', this.name) ? hooks.step('after_stop', args) : null, 'stopped');
        break;
      case 'stopped':
        this.#takenEpoch = this.#epoch;
        break;
      case 'starting':
      case 'stopping':
        break;
    }
    this.#reconciler.now();
  }

  /** Goes on to `next` when the hooks have answered, at once where there are none; a late answer is dropped. */
  #pause(answer: Promise<{ readonly veto: string } | null | void> | null, next: Phase): void {
    if (answer === null) {
      this.#enter(next);
      return;
    }
    const visit = this.#visit;
    void answer.then((veto) => {
      if (visit !== this.#visit) return;
      if (veto) this.#halt(veto.veto);
      else this.#enter(next);
    });
  }

  #gaveUp(reason: string, generation: number): boolean {
    this.#emit('gave_up', { time: this.#now(), reason });
    const older = [...this.#slots.map.values()].some((slot) => slot.pid !== null && slot.generation !== generation);
    if (!older) return this.#halt(reason);
    this.#stalled = generation;
    this.#instead = reason;
    this.#deps.log.warn(`${this.name} keeps its old processes: ${reason}`);
    return false;
  }

  #slotsHost(): SlotsHost {
    return {
      ...this.#deps,
      watcher: this.view,
      random: () => this.#deps.random(),
      spec: () => this.#spec,
      generation: () => this.#generation,
      command: (wid) => this.#deps.command(this.#spec, wid),
      emit: (name, body) => this.#emit(name, body),
      after: (change) => this.#reconciler.after(change),
      changed: () => this.#reconciler.soon(),
      refused: (reason) => this.#halt(reason),
      gaveUp: (reason, generation) => this.#gaveUp(reason, generation),
    };
  }
}
