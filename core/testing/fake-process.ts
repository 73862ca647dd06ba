import { constants } from 'node:os';
import type { Clock } from '../clock.js';
import type { Exit } from '../hooks.js';
import { signalName } from '../signals.js';

/** How a fake process behaves; by default it runs until a signal ends it. */
export interface FakeChild {
  /** Ends by itself so many milliseconds after it was started. */
  readonly exits_after_ms?: number;
  /** How it ends then; exit code 0 where nothing is given. */
  readonly exit?: Exit;
  /** Numbers of signals that it ignores; SIGKILL can't be ignored. */
  readonly deaf_to?: readonly number[];
  /** Milliseconds from a signal to its end, 0 where none is given; never within the call that signals. */
  readonly dies_after_ms?: number;
  /** Milliseconds from its end until that is told, 0 where none is given: until then it is a zombie. */
  readonly reaped_after_ms?: number;
  /** Outlives SIGKILL, as a process in uninterruptible sleep does. */
  readonly unkillable?: boolean;
  /** Processes that it has started; they stay when it ends. */
  readonly children?: readonly FakeChild[];
  /** Leads a group of its own, out of reach of its parent's; only for children. */
  readonly own_group?: boolean;
}

export const MS_PER_TICK = 10;
export const CLEAN_EXIT: Exit = { exit_code: 0, signal: null };

const { SIGKILL, SIGCHLD, SIGCONT, SIGSTOP, SIGTSTP, SIGTTIN, SIGTTOU, SIGURG, SIGWINCH } = constants.signals;
/** Signals that do not end a process that has not asked for them; 0 only looks. */
const HARMLESS: readonly number[] = [0, SIGCHLD, SIGCONT, SIGSTOP, SIGTSTP, SIGTTIN, SIGTTOU, SIGURG, SIGWINCH];

/** One process of the fake system. */
export class FakeProcess {
  readonly pid: number;
  readonly pgid: number;
  /** The process that was spawned and that it descends from, perhaps itself. */
  readonly leader: number;
  /** 1 once its parent has ended. */
  parent: number;
  /** What it was executed with. */
  readonly env: Readonly<Record<string, string>>;
  readonly start_ticks: number;
  /** Seconds since the epoch. */
  readonly started: number;
  readonly #behaviour: FakeChild;
  readonly #clock: Clock;
  readonly #onEnd: (exit: Exit) => void;
  readonly #onReaped: (exit: Exit) => void;
  readonly #timers: Disposable[] = [];
  #dying = false;
  /** What it has been sent since it stopped; null while it runs. */
  #held: number[] | null = null;
  #alive = true;
  #reaped = false;

  constructor(
    ids: Pick<FakeProcess, 'pid' | 'pgid' | 'parent' | 'leader' | 'env'>,
    behaviour: FakeChild,
    clock: Clock,
    on: { end(exit: Exit): void; reaped(exit: Exit): void },
  ) {
    this.pid = ids.pid;
    this.pgid = ids.pgid;
    this.parent = ids.parent;
    this.leader = ids.leader;
    this.env = ids.env;
    this.start_ticks = Math.floor(clock.now() / MS_PER_TICK);
    this.started = clock.wall() / 1000;
    this.#behaviour = behaviour;
    this.#clock = clock;
    this.#onEnd = on.end;
    this.#onReaped = on.reaped;
    const { exits_after_ms, exit } = behaviour;
    if (exits_after_ms !== undefined) this.#timers.push(clock.setTimeout(() => this.exit(exit ?? CLEAN_EXIT), exits_after_ms));
  }

  get alive(): boolean {
    return this.#alive;
  }

  /** It has ended, and its pid is still its own because nobody has been told. */
  get zombie(): boolean {
    return !this.#alive && !this.#reaped;
  }

  receive(signum: number): void {
    const { deaf_to = [], unkillable, dies_after_ms } = this.#behaviour;
    if (unkillable) return;
    if (signum === SIGSTOP) this.#held ??= [];
    if (signum === SIGCONT) this.#goOn();
    if (HARMLESS.includes(signum)) return;
    if (this.#held !== null && signum !== SIGKILL) {
      this.#held.push(signum);
      return;
    }
    const die = (): void => this.exit({ exit_code: -signum, signal: signalName(signum) });
    if (signum === SIGKILL) this.#timers.push(this.#clock.setImmediate(die));
    if (signum === SIGKILL || this.#dying || deaf_to.includes(signum)) return;
    this.#dying = true;
    this.#timers.push(dies_after_ms === undefined ? this.#clock.setImmediate(die) : this.#clock.setTimeout(die, dies_after_ms));
  }

  #goOn(): void {
    const held = this.#held ?? [];
    this.#held = null;
    for (const signum of held) this.receive(signum);
  }

  /** Ends now. */
  exit(exit: Exit): void {
    if (!this.#alive) return;
    this.#alive = false;
    for (const timer of this.#timers) timer[Symbol.dispose]();
    this.#onEnd(exit);
    const reaped = (): void => {
      this.#reaped = true;
      this.#onReaped(exit);
    };
    const { reaped_after_ms } = this.#behaviour;
    if (reaped_after_ms === undefined) reaped();
    else this.#clock.setTimeout(reaped, reaped_after_ms);
  }
}
