import type { KillOptions, Outcome, ProcessView, ReloadOptions, SignalOptions, Warn, WatcherApi, WatcherStatus } from './api.js';
import type { WatcherOptions } from './config/schema/watcher.js';
import { type Decision, START_REQUEST, STOP_REQUEST } from './decisions.js';
import type { Keeper } from './durable/keeper.js';
import type { WishRecord } from './durable/records.js';
import type { Survivor } from './durable/survivor.js';
import type { EventBodies, EventName } from './events.js';
import type { Intent } from './plan.js';
import { optionsToSet } from './run-time-options.js';
import { outcome, type Progress } from './waiters.js';
import type { WatcherDeps } from './watcher-deps.js';
import { type EngineHost, WatcherEngine } from './watcher-engine.js';
import { countWanted, type Hold, STATUS, wishOf } from './watcher-state.js';
import { watcherView } from './watcher-view.js';

const SIGHUP = 1;
const START_GATES = ['before_start', 'before_spawn', 'after_spawn', 'after_start'] as const;

/**
 * One command and its processes, as requests see it: each changes what is wanted, and the engine does the rest.
 */
export class Watcher implements WatcherApi, EngineHost {
  readonly name: string;
  /** What hooks and plugins get to see of it. */
  readonly view: WatcherApi = watcherView(this);
  readonly #deps: WatcherDeps;
  readonly #engine: WatcherEngine;
  #spec: WatcherOptions;
  #closed: string | null = null;
  /** With `on_demand`: the next connection starts it. */
  #armed = false;

  constructor(deps: WatcherDeps, name: string, spec: WatcherOptions) {
    this.name = name;
    this.#deps = deps;
    this.#spec = spec;
    this.#engine = new WatcherEngine(deps, this);
  }

  get status(): WatcherStatus {
    return STATUS[this.#engine.state.phase];
  }

  get spec(): WatcherOptions {
    return this.#spec;
  }

  get numprocesses(): number {
    return this.#spec.numprocesses;
  }

  get reloadsInTurn(): boolean {
    return this.#engine.state.sequential && this.#engine.state.run && this.#engine.slots.table.hasOlder(this.#engine.state.generation);
  }

  /** Whether it is to run; if not, whether that was asked for, or it stopped for a reason of its own. */
  get intent(): Intent {
    if (this.#engine.state.run) return 'run';
    return this.#engine.state.instead === undefined ? 'stopped' : 'failed';
  }

  /** Whether its start is more than that of its processes: somebody is asked about it, or a `warmup_delay` passes between them. */
  get startsAlone(): boolean {
    return this.#spec.warmup_delay > 0 || START_GATES.some((gate) => this.#deps.hooks.used(gate, this.name));
  }

  decisions(): readonly Decision[] {
    return this.#engine.decisions.list();
  }

  processes(): readonly ProcessView[] {
    return this.#engine.slots.views();
  }

  pids(): number[] {
    return this.#engine.pids();
  }

  /** Whether it waits for a connection to start. */
  get waitsForDemand(): boolean {
    return this.#armed && this.#closed === null && this.#engine.state.phase === 'stopped';
  }

  /** As the engine tells it. */
  wished(spent: number): void {
    this.#record?.wish(wishOf(this.#engine.state, spent, this.#armed));
  }

  /** As the engine tells it. */
  stopped(): void {
    if (this.waitsForDemand) this.#deps.demand();
  }

  /** @param hold whoever starts many lets each come up in its turn. @param by nothing is decided where the core starts what runs */
  start(hold: Hold | null = null, { by, reason } = START_REQUEST): Promise<Outcome> {
    if (this.#closed !== null) return Promise.resolve({ ...outcome(new Set(), []), instead: this.#closed });
    if (by !== 'core' || !this.#engine.state.run) this.#engine.decisions.add('start', by, reason);
    if (this.#spec.on_demand && this.#engine.state.phase === 'stopped' && !this.#engine.state.run) return this.#arm();
    return this.#start(hold);
  }

  /** A connection is there. */
  wake(): void {
    if (!this.waitsForDemand) return;
    this.#engine.decisions.add('start', 'core', 'a connection came');
    void this.#start(null);
  }

  #arm(): Promise<Outcome> {
    this.#armed = true;
    this.#engine.kick();
    this.#deps.demand();
    // Nothing else comes instead: to wait for a connection is what its start is.
    return Promise.resolve(outcome(new Set(), []));
  }

  #start(hold: Hold | null): Promise<Outcome> {
    return this.#engine.request(
      hold,
      () => this.#engine.progress(),
      () => {
        this.#engine.state.run = true;
        this.#engine.state.resume_at = null;
        this.#engine.slots.hasten();
      },
    );
  }

  stop(hold: Hold | null = null, { by, reason } = STOP_REQUEST): Promise<Outcome> {
    this.#engine.decisions.add('stop', by, reason);
    if (this.#engine.state.phase !== 'stopped') this.#engine.state.epoch++;
    const epoch = this.#engine.state.epoch;
    return this.#engine.request(
      hold,
      () => this.#engine.state.takenEpoch >= epoch,
      () => {
        this.#armed = false;
        this.#engine.state.run = false;
        this.#engine.state.resume_at = null;
        this.#engine.state.instead = undefined;
      },
    );
  }

  restart(hold: Hold | null = null): Promise<Outcome> {
    this.#engine.decisions.add('restart', 'request', 'asked to restart');
    if (this.#engine.state.phase !== 'stopped') this.#engine.state.epoch++;
    return this.start(hold);
  }

  /** Whether everything that ran when `stop` or `restart` was asked for is gone. */
  whenDown(): Promise<Outcome> {
    const epoch = this.#engine.state.epoch;
    const down = (): Progress => this.#engine.state.takenEpoch >= epoch;
    return this.#engine.request(this.#engine.state.hold, down, () => {});
  }

  reload({ graceful = true, sequential = false }: ReloadOptions = {}): Promise<Outcome> {
    if (!graceful) return this.restart();
    this.#engine.decisions.add('reload', 'request', sequential ? 'asked to reload, one after the other' : 'asked to reload');
    return this.#reloaded(this.#renew(sequential));
  }

  setNumprocesses(count: number): Promise<number> {
    const numprocesses = countWanted(count, this.#spec.singleton);
    this.#engine.decisions.add('scale', 'request', `asked for ${numprocesses} instead of ${this.#spec.numprocesses}`);
    const change = (): void => this.#take({ ...this.#spec, numprocesses });
    return this.#engine.request(this.#engine.state.hold, () => this.#engine.progress('clean'), change).then(() => numprocesses);
  }

  incr(by = 1): Promise<number> {
    return this.setNumprocesses(this.#spec.numprocesses + by);
  }

  decr(by = 1): Promise<number> {
    return this.setNumprocesses(this.#spec.numprocesses - by);
  }

  kill(options: KillOptions = {}): Promise<void> {
    return this.#engine.kill(options);
  }

  signal(signum: number, options: SignalOptions = {}): void {
    this.#engine.slots.ender.signalFamilies(this.pids(), signum, options);
  }

  set(options: Readonly<Record<string, unknown>>, warn?: Warn): Promise<Outcome> {
    const { os, keeper, plugins } = this.#deps;
    const host = { os, log: this.#engine.log, plugins: plugins(), warn, keeps: keeper(this.name) !== null };
    const change = optionsToSet(this.#spec, options, host);
    this.#take(change.spec);
    for (const _ of Object.keys(options)) this.#emit('updated', { time: this.#deps.clock.wall() / 1000 });
    return this.update(change.spec, change.restart);
  }

  /** Takes over checked options: at once, or by a graceful reload. */
  update(spec: WatcherOptions, renew: boolean): Promise<Outcome> {
    this.#take(spec);
    if (renew && this.#engine.state.run) return this.#reloaded(this.#renew(false, true));
    const clean = (): Progress => this.#engine.progress('clean');
    return this.#engine.request(this.#engine.state.hold, clean, () => {});
  }

  /** Takes over options between a stop and the start that `hold` keeps back; gracefully, where a later request has started it. */
  replace(spec: WatcherOptions, hold: Hold): void {
    if (this.#closed === null) void this.update(spec, this.#engine.state.hold !== hold);
  }

  /** No spawn until `other` has settled. */
  after(other: Promise<unknown>): void {
    this.#engine.after(other);
  }

  /** Looks again, after a hold has given way. */
  kick(): void {
    this.#engine.kick();
  }

  /** The safety net: looks for one process with each step whether it is gone though nobody told. */
  *verify(): Generator<void> {
    yield* this.#engine.slots.verify();
    this.#engine.kick();
    yield;
  }

  /** Ends its processes at once, without a word to anybody: for a host that is about to crash. @param spared those that are kept */
  killAll(spared: boolean): void {
    this.#engine.slots.killAll(spared);
  }

  /** Lets its processes live on, or leaves them by `leave`. Returns whether those that are dead have left something to end, by `stop`. */
  release(leave?: (pid: number) => void): boolean {
    this.#engine.slots.release(leave);
    return this.#engine.slots.remains;
  }

  /** Goes on where an earlier supervisor was. @returns takes its processes over */
  adopt(wish: WishRecord | undefined, survivors: readonly Survivor[]): () => void {
    return this.#engine.adopt(wish, survivors);
  }

  /** From now on it can only be stopped. */
  close(why: string): void {
    this.#closed = why;
    this.#engine.state.resume_at = null;
  }

  /** Forgets everything; processes that are left live on, supervised by nobody. */
  dispose(why: string): void {
    this.close(why);
    this.#engine.dispose(why);
  }

  /** What is wanted is written here; of one that was removed nothing more is, for another may have its name. */
  get #record(): Keeper | null {
    return this.#closed === null ? this.#deps.keeper(this.name) : null;
  }

  #take(spec: WatcherOptions): void {
    this.#spec = spec;
    this.#record?.note(spec);
  }

  #emit<N extends EventName>(name: N, body: EventBodies[N]): void {
    this.#deps.emit(this.name, name, body);
  }

  /** Tells of a reload that has come about. */
  async #reloaded(renewed: Promise<Outcome>): Promise<Outcome> {
    const result = await renewed;
    if (result.instead === undefined) {
      this.#emit('reload', { time: this.#deps.clock.wall() / 1000 });
      this.#engine.log.info(`${this.name} reloaded`);
    }
    return result;
  }

  /** Replaces all processes without a gap. */
  #renew(sequential: boolean, always = false): Promise<Outcome> {
    if (!this.#engine.state.run) return this.start();
    if (this.#spec.send_hup && !always) {
      const before = new Set(this.pids());
      this.signal(SIGHUP);
      return Promise.resolve(outcome(before, this.pids()));
    }
    return this.#engine.request(
      this.#engine.state.hold,
      () => this.#engine.progress('renewed'),
      () => {
        this.#engine.state.generation++;
        this.#engine.state.sequential = sequential;
        this.#engine.state.stalled = null;
        this.#engine.slots.hasten();
      },
    );
  }
}
