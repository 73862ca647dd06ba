import '../fixtures/durable/loaded.js';
import { definePlugin, isRingmasterError, messageOf, Supervisor, type SupervisorEvent, type WatcherApi } from '../../core/index.js';
import { observeScopes, type Scope } from '../../core/scope.js';
import { FakeOs, VirtualClock } from '../../core/testing.js';
import { type Mortal, mortal } from '../fixtures/mortal.js';
import { behaviourOf, HOLDER, holderOf } from './behaviour.js';
import { NO_OPTIONS, SimulatedControl } from './control.js';
import { CountedClock } from './counted-clock.js';
import { hostilePlugin } from './hostile.js';
import { violations } from './invariants.js';
import { Random } from './random.js';
import { GRACE_S, type Scenario, SHORT_GRACE_S, type Step, TROUBLE_MS } from './scenario.js';

/** Longer than anything takes once nothing goes wrong any more: all deadlines of hooks in a row, the slowest death. */
const PATIENCE_MS = 100_000;
/** How long the last orders may take. */
const ORDERS_MS = 60_000;

/** The circle that a watcher goes round, and where it may leave it. */
const NEXT: Readonly<Record<string, readonly string[]>> = {
  stopped: ['before_start'],
  before_start: ['starting', 'stopped'],
  starting: ['after_start', 'before_stop'],
  after_start: ['active', 'before_stop'],
  active: ['before_stop'],
  before_stop: ['stopping'],
  stopping: ['after_stop'],
  after_stop: ['stopped'],
};

/** A whole supervisor with everything around it, for one run of a scenario. */
export class World {
  readonly problems: string[] = [];
  readonly lines: string[] = [];
  readonly #scenario: Scenario;
  readonly #tracing: boolean;
  readonly #clock = new VirtualClock();
  readonly #counted = new CountedClock(this.#clock);
  readonly #os = new FakeOs(this.#clock);
  readonly #random: Random;
  readonly #control: SimulatedControl;
  #life: Mortal;
  #supervisor: Supervisor;
  readonly #events: { readonly at_ms: number; readonly event: SupervisorEvent }[] = [];
  readonly #scopes: Scope[] = [];
  readonly #asked = new Set<string>();
  readonly #killsAsked_ms = new Set<number>();
  readonly #queue: Step[];
  #over = false;
  /** Where the supervisor is to die. */
  #dies: 'before' | 'after' | null = null;
  #down_ms = 0;
  #crashes = 0;
  /** How often it was to die while it writes, when what is told is not on record yet. */
  #cuts = 0;
  #reads = false;
  #traced = 0;
  #requests = 0;

  constructor(scenario: Scenario, tracing: boolean) {
    this.#scenario = scenario;
    this.#tracing = tracing;
    this.#random = new Random(scenario.seed + 1);
    this.#queue = [...scenario.steps];
    this.#control = new SimulatedControl(
      (what) => this.#wrong(what),
      (line) => this.#trace(line),
      ({ signum }) => {
        if (signum === 'KILL') this.#killsAsked_ms.add(this.#clock.now());
      },
    );
    this.#os.behave(({ file }, nth) => (this.#over ? {} : file === HOLDER ? holderOf(scenario, nth) : behaviourOf(scenario, nth)));
    this.#life = this.#newLife();
    this.#supervisor = this.#newSupervisor(this.#life);
  }

  #newLife(): Mortal {
    this.#dies = null;
    return mortal(
      this.#counted,
      this.#os,
      (when, life) => {
        if (this.#dies === when) life.kill();
      },
      () => this.#crashed(),
    );
  }

  #newSupervisor(life: Mortal): Supervisor {
    const { config, hook_faults: faults, hook_rate: rate } = this.#scenario;
    const hostile = hostilePlugin({
      random: this.#random,
      over: () => this.#over || life.dead,
      faults,
      rate,
      trace: (line) => this.#trace(line),
      asked: (what, answer) => this.#ask(what, answer, life),
    });
    const plugins = [this.#control.plugin(() => life.dead), this.#recorder(life), hostile];
    return new Supervisor(config, { clock: life.clock, os: life.os, plugins, random: () => this.#random.number() });
  }

  /** Nobody hears of what was asked of it; somebody starts it anew, with the config that it was first started with. */
  #crashed(): void {
    this.#trace('the supervisor is dead');
    this.#asked.clear();
    this.#control.crashed();
    this.#crashes++;
    this.#clock.setTimeout(() => {
      this.#trace('it is started anew');
      this.#life = this.#newLife();
      this.#supervisor = this.#newSupervisor(this.#life);
      this.#ask('start', this.#supervisor.start());
    }, this.#down_ms);
  }

  /** Plays the scenario to its end and looks whether all is as it should be: `problems` says what is not. */
  async play(): Promise<void> {
    // Loaded later, it would take real time, which differs.
    await import('../../core/durable/state.js');
    using _observation = observeScopes((scope) => void this.#scopes.push(scope));
    const rejected = (reason: unknown): void => this.#wrong(`a rejection that nobody handles: ${reasonOf(reason)}`);
    process.on('unhandledRejection', rejected);
    try {
      for (const { at_ms, after_timer } of this.#queue) if (!after_timer) this.#clock.setTimeout(() => {}, at_ms);
      this.#ask('start', this.#supervisor.start());
      await this.#pass(TROUBLE_MS);
      await this.#flush();
      this.#over = true;
      this.#dies = this.#life.dies_after_bytes = null;
      this.#trace('the trouble is over');
      await this.#pass(PATIENCE_MS);
      this.#expectRest();
      await this.#giveOrders();
      await this.#stop();
      this.#expectNothing();
    } catch (error) {
      this.#wrong(error instanceof Error ? (error.stack ?? error.message) : String(error));
    } finally {
      process.off('unhandledRejection', rejected);
    }
    this.#traceActions();
  }

  #wrong(what: string): void {
    this.#trace(`WRONG: ${what}`);
    this.problems.push(what);
  }

  #trace(line: string): void {
    if (!this.#tracing) return;
    this.#traceActions();
    this.lines.push(`${this.#clock.now().toFixed(1).padStart(9)} ${line}`);
  }

  #traceActions(): void {
    for (; this.#traced < this.#os.actions.length; this.#traced++) {
      const action = this.#os.actions[this.#traced];
      // The safety net's looks tell nothing.
      if (action === undefined || !this.#tracing || ('signum' in action && action.signum === 0)) continue;
      const { at_ms, ...rest } = action;
      const what = 'request' in rest ? { ...rest, request: rest.request.argv.join(' ') } : rest;
      this.lines.push(`${at_ms.toFixed(1).padStart(9)} os ${JSON.stringify(what)}`);
    }
  }

  #recorder(life: Mortal) {
    return definePlugin({
      name: 'recorder',
      summary: 'Keeps events.',
      schema: NO_OPTIONS,
      hooks: ['event', 'state_changed'],
      setup: ({ hooks }) => {
        hooks.event.tap((event) => {
          if (life.dead) return;
          this.#events.push({ at_ms: this.#clock.now(), event });
          this.#trace(`event ${event.watcher}.${event.name} ${JSON.stringify(event.body)}`);
        });
        hooks.state_changed.tap(({ watcher, from, to }) => {
          if (life.dead) return;
          this.#trace(`${watcher.name}: ${from} -> ${to}`);
          const isAdopted = this.#crashes > 0 && from === 'stopped' && (to === 'active' || to === 'starting');
          if (NEXT[from]?.includes(to) !== true && !isAdopted)
            this.#wrong(`${watcher.name} went from ${from} to ${to}, at ${this.#clock.now()}`);
        });
      },
    });
  }

  #pass(ms: number): Promise<void> {
    return this.#clock.advanceAsync(ms, () => this.#settle());
  }

  /** Everything that can settle has settled; steps that are due are taken somewhere on the way. */
  async #settle(): Promise<void> {
    for (let next = this.#queue[0]; next !== undefined && next.at_ms <= this.#clock.now(); next = this.#queue[0]) {
      this.#queue.shift();
      for (let tick = 0; tick < next.ticks; tick++) await null;
      this.#take(next);
    }
    do await turn();
    while (this.#reads && process.getActiveResourcesInfo().some((name) => name.startsWith('FSReq')));
  }

  /** What had to wait for a timer that never came. */
  async #flush(): Promise<void> {
    for (const step of this.#queue.splice(0)) this.#take(step);
    await this.#settle();
  }

  #take(step: Step): void {
    this.#trace(`do ${JSON.stringify(step)}`);
    switch (step.do) {
      case 'request':
        // To find packaged plugins a directory is read, for which no timer stands.
        if (step.command === 'plugin_add') this.#reads = true;
        this.#control.send(step.command, step.properties);
        return;
      case 'apply': {
        const config = this.#supervisor.readConfig({ config: step.config });
        this.#ask('apply', this.#supervisor.apply(config, { graceful: step.graceful }));
        return;
      }
      case 'die': {
        const { alive } = this.#os;
        const pid = alive[step.nth % alive.length];
        if (pid !== undefined) this.#os.exit(pid, { exit_code: step.exit_code, signal: null });
        return;
      }
      case 'jump_wall':
        this.#clock.jumpWall(step.by_ms);
        return;
      case 'crash':
        this.#down_ms = step.down_ms;
        if (step.where === 'now') this.#life.kill();
        else if (step.where === 'in_journal') {
          this.#life.dies_after_bytes = step.bytes;
          this.#cuts++;
        } else this.#dies = step.where === 'before_spawn' ? 'before' : 'after';
        return;
      case 'stop':
        this.#ask('stop', this.#supervisor.stop());
        return;
      case 'start':
        this.#ask('start', this.#supervisor.start());
        return;
    }
  }

  /** A request that must come to an end, and may be refused in ringmaster's own words only. */
  #ask(what: string, answer: Promise<unknown>, life = this.#life): void {
    if (life.dead) {
      void Promise.allSettled([answer]);
      return;
    }
    const key = `${what}, the ${++this.#requests}th request`;
    this.#asked.add(key);
    const done = (): void => void this.#asked.delete(key);
    answer.then(done, (error: unknown) => {
      done();
      this.#trace(`${key} is refused: ${messageOf(error)}`);
      if (!life.dead && !isRingmasterError(error)) this.#wrong(`${key} has failed: ${reasonOf(error)}`);
    });
  }

  /** With no more trouble everything gets where it is to be. */
  #expectRest(): void {
    for (const what of this.#asked) this.#wrong(`${what} was never answered`);
    const { state } = this.#supervisor;
    if (state !== 'running' && state !== 'stopped') this.#wrong(`the supervisor is ${state} and stays so`);
    if (state !== 'running') return;
    for (const watcher of this.#supervisor.watchers()) this.#expectSettled(watcher);
    // The config in effect has more than what its type tells.
    const config: object = this.#supervisor.options;
    const open = this.#supervisor.sockets().map(({ name }) => name);
    const wanted = Object.keys(('sockets' in config && config.sockets) || {});
    if (open.join() !== wanted.join()) this.#wrong(`open are the sockets ${open.join()} instead of ${wanted.join()}`);
  }

  #expectSettled(watcher: WatcherApi): void {
    const { name, status, spec } = watcher;
    const processes = watcher.processes();
    if (status === 'stopped') {
      if (processes.length > 0) this.#wrong(`${name} is stopped and has ${processes.length} processes`);
    } else if (status === 'active') {
      const wanted = spec.singleton ? Math.min(1, spec.numprocesses) : spec.numprocesses;
      // One of an old age is replaced at any moment; without respawn those that are gone stay gone.
      const least = spec.respawn ? wanted : 0;
      if (processes.length > wanted + (spec.max_age > 0 ? 1 : 0) || (processes.length < least && spec.max_age === 0))
        this.#wrong(`${name} has ${processes.length} processes instead of ${wanted}`);
    } else this.#wrong(`${name} is ${status} and stays so`);
  }

  /** Everybody is told once more what to do, and does it. */
  async #giveOrders(): Promise<void> {
    this.#control.giveUp();
    if (this.#supervisor.state !== 'running') await this.#until('start', this.#supervisor.start());
    const orders = this.#supervisor
      .watchers()
      .map((watcher) => ({ watcher, runs: this.#random.chance(0.7), count: this.#random.between(0, 3) }));
    for (const { watcher, runs, count } of orders) {
      this.#trace(`order ${watcher.name}: ${runs ? `run ${count}` : 'stop'}`);
      this.#ask(`set ${watcher.name}`, watcher.set({ respawn: true, singleton: false, max_age: 0, warmup_delay: 0, numprocesses: count }));
      this.#ask(`order to ${watcher.name}`, runs ? watcher.start() : watcher.stop());
    }
    await this.#pass(ORDERS_MS);
    for (const what of this.#asked) this.#wrong(`${what} was never answered`);
    for (const { watcher, runs, count } of orders) {
      const pids = watcher.processes().map(({ pid }) => pid);
      const [status, wanted] = runs ? ['active', count] : ['stopped', 0];
      if (watcher.status !== status || pids.length !== wanted)
        this.#wrong(`${watcher.name} is ${watcher.status} with ${pids.length} processes, it was to be ${status} with ${wanted}`);
      for (const pid of pids) if (!this.#os.alive.includes(pid)) this.#wrong(`${watcher.name} counts ${pid}, which is dead`);
    }
  }

  async #stop(): Promise<void> {
    await this.#until('stop', this.#supervisor.stop());
    if (this.#supervisor.state !== 'stopped') this.#wrong(`after stop it is ${this.#supervisor.state}`);
  }

  async #until(what: string, done: Promise<unknown>): Promise<void> {
    let settled = false;
    const mark = (): void => {
      settled = true;
    };
    done.then(mark, (error: unknown) => {
      mark();
      this.#wrong(`the last ${what} has failed: ${reasonOf(error)}`);
    });
    for (let waited_ms = 0; !settled && waited_ms < PATIENCE_MS; waited_ms += 50) await this.#pass(50);
    if (!settled) this.#wrong(`the last ${what} does not come to an end`);
  }

  /** After a stop nothing is left, and nothing forbidden has ever happened. */
  #expectNothing(): void {
    for (const timer of this.#counted.waiting) this.#wrong(`a timer is left: ${timer}`);
    // Those of a supervisor that is dead are never disposed of.
    for (const scope of this.#crashes > 0 ? [] : this.#scopes) {
      if (!scope.disposed || scope.owned.length > 0) this.#wrong(`scope ${scope.name} is left with ${scope.owned.join(', ') || 'nothing'}`);
    }
    for (const { plugin, hook } of this.#supervisor.inspect().counts) this.#wrong(`a tap of ${hook} by ${plugin} is left`);
    this.#expectNobody();
    const { fifos, holders } = this.#os.state;
    for (const file of [...fifos, ...holders.keys()]) this.#wrong(`${file} is left`);
    this.#control.check();
    const short = new Set(
      this.#scenario.steps.flatMap((step) =>
        step.do === 'request' && 'graceful_timeout' in step.properties ? [step.properties.name] : [],
      ),
    );
    for (const wrong of violations({
      actions: this.#os.actions,
      events: this.#events,
      leaderOf: (pid) => this.#os.leaderOf(pid),
      graceMs: (name) => 1000 * (short.has(name) ? SHORT_GRACE_S : (GRACE_S[name] ?? 0)),
      kills_asked_ms: this.#killsAsked_ms,
      cuts: this.#cuts,
    }))
      this.#wrong(wrong);
  }

  /** Whom nobody supervises any more, and who has left the group that it was born in, may live. */
  #expectNobody(): void {
    const released = new Set(this.#os.of('release').map(({ pid }) => pid));
    for (const pid of this.#os.alive) {
      const leader = this.#os.leaderOf(pid);
      if (leader === undefined || released.has(leader) || !this.#os.inGroupOf(pid, leader)) continue;
      this.#wrong(`process ${pid} is left`);
    }
  }
}

function turn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

function reasonOf(error: unknown): string {
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}
