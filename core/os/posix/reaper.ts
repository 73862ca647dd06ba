import type { Deaths } from './deaths.js';
import { C, type Libc } from './libc.js';
import { Orphans } from './orphans.js';

interface Child {
  /** Told once, with the status of waitpid(2). */
  readonly ended: (status: number) => void;
  /** Whether it keeps the host process alive. */
  readonly holds: boolean;
  /** Whether the kernel was asked to tell of its end. */
  watched: boolean;
}
const LONGEST_MS = 2 ** 31 - 1;
/** The kernel looks through all children for one that has ended. Where there are more than this it is asked to tell. */
const FEW = 256;
/** It is asked so much later, when a start of many is over, and then of so many in one turn of the event loop. */
const ASKED_AFTER_MS = 500;
const ASKED_AT_ONCE = 256;
/** Where a look takes longer than this, the next one waits until what the last death led to is done: most likely nobody else has died. */
const LONG_LOOK_MS = 0.1;
const PAUSE_MS = 2;
/** A look for those that nobody tells of waits so many times as long as the last one took. */
const REST = 20;
/** Which word of siginfo_t is si_pid, on 64 bits. */
const SI_PID = 4;

/**
 * Takes the exits of our own children, and of nobody else's: SIGCHLD says that somebody has ended, `Deaths` or a look that changes nothing
 * says who, and only what is ours is reaped. One for the whole process, whatever runs in it, for there is one SIGCHLD.
 *
 * While there are children it listens to SIGCHLD, and while one of them holds, the process does not end by itself.
 */
export class Reaper {
  readonly #libc: Libc;
  readonly #deaths: Pick<Deaths, 'watch' | 'take'>;
  readonly #children = new Map<number, Child>();
  readonly #orphans: Orphans;
  readonly #status = new Int32Array(1);
  /** A siginfo_t by its 32-bit words. */
  readonly #info = new Int32Array(32);
  #look_ms = 0;
  #quiet_until_ms = 0;
  #starting = 0;
  #holding = 0;
  #listening = false;
  #pause: NodeJS.Timeout | null = null;
  #again: NodeJS.Immediate | null = null;
  #hold: NodeJS.Timeout | null = null;
  /** Of whom the kernel is to be asked. */
  readonly #unasked: number[] = [];
  #ask: NodeJS.Timeout | null = null;

  constructor(libc: Libc, deaths: Pick<Deaths, 'watch' | 'take'>) {
    this.#libc = libc;
    this.#deaths = deaths;
    this.#orphans = new Orphans(libc, (pid) => this.#children.has(pid));
  }

  /**
   * Has `start` make a child and takes charge of it.
   *
   * @param start returns the pid; what it throws goes through
   */
  adopt(start: () => number, ended: Child['ended']): number {
    this.#starting += 1;
    try {
      // Before the child is there: it may end at once.
      this.#listen();
      const pid = start();
      this.#children.set(pid, { ended, holds: true, watched: false });
      this.#watch(pid);
      this.#count(1);
      return pid;
    } finally {
      this.#starting -= 1;
      this.#rest();
    }
  }

  /** Looks in a later turn of the event loop, for a child that may have ended before anybody listened. */
  look(): void {
    this.#again ??= setImmediate(() => {
      this.#again = null;
      this.#reap(Number.POSITIVE_INFINITY);
    });
  }

  /** The child no longer keeps the host process alive, and its end is told to nobody; it is still reaped. */
  release(pid: number): void {
    const child = this.#children.get(pid);
    if (!child) return;
    this.#children.set(pid, { ...child, ended: () => {}, holds: false });
    if (child.holds) this.#count(-1);
  }

  /** Forgets a child and does not reap it: its status waits for whoever adopts it. */
  leave(pid: number): void {
    const child = this.#children.get(pid);
    if (!child) return;
    this.#children.delete(pid);
    if (child.holds) this.#count(-1);
    this.#rest();
  }

  /** Has the kernel tell of this one, and of all as soon as they are many. */
  #watch(pid: number): void {
    const { size } = this.#children;
    if (size <= FEW) return;
    if (size === FEW + 1) this.#unasked.push(...this.#children.keys());
    else this.#unasked.push(pid);
    this.#askIn(ASKED_AFTER_MS);
  }

  #askIn(delay_ms: number): void {
    this.#ask ??= setTimeout(() => {
      this.#ask = null;
      for (const pid of this.#unasked.splice(0, ASKED_AT_ONCE)) {
        const child = this.#children.get(pid);
        if (child?.watched === false) child.watched = this.#deaths.watch(pid);
      }
      if (this.#unasked.length > 0) this.#askIn(0);
    }, delay_ms).unref();
  }

  readonly #told = (): void => {
    const pids = this.#deaths.take();
    const now_ms = performance.now();
    const rest_ms = Math.max(PAUSE_MS, this.#look_ms * REST);
    if (pids.length > 0) this.#quiet_until_ms = now_ms + rest_ms;
    // Signals come for those as well that were taken with others: nobody else has died, most likely.
    if (now_ms < this.#quiet_until_ms) this.#reapIn(rest_ms);
    else this.#reap(1);
    for (const pid of pids) this.#collect(pid);
  };

  /** @param most so many at once, and others soon: most likely nobody else has ended */
  #reap(most: number): void {
    let more = true;
    try {
      for (let left = most; more && left > 0; left--) more = this.#reapNext();
    } finally {
      if (more && this.#listening) this.look();
    }
  }

  /** Whether to look for another at once. */
  #reapNext(): boolean {
    const begun_ms = performance.now();
    const pid = this.#peek();
    this.#look_ms = performance.now() - begun_ms;
    if (pid === 0) return false;
    if (!this.#collect(pid)) {
      // Somebody else's is first in the queue and hides the rest: ask for each of ours.
      for (const own of [...this.#children.keys()]) this.#collect(own);
      this.#orphans.look();
      return false;
    }
    if (!this.#listening) return false;
    if (this.#look_ms > LONG_LOOK_MS) this.#reapIn(PAUSE_MS);
    return this.#look_ms <= LONG_LOOK_MS;
  }

  #reapIn(pause_ms: number): void {
    this.#pause ??= setTimeout(() => {
      this.#pause = null;
      this.#reap(Number.POSITIVE_INFINITY);
    }, pause_ms);
  }

  /** The pid of a child that has ended, anybody's; 0 where there is none. It stays in the queue. */
  #peek(): number {
    this.#info[SI_PID] = 0;
    if (this.#libc.waitid(C.P_ALL, 0, this.#info, C.WEXITED | C.WNOHANG | C.WNOWAIT) < 0) return 0;
    return this.#info[SI_PID] ?? 0;
  }

  /** Whether it was ours and has ended. */
  #collect(pid: number): boolean {
    const child = this.#children.get(pid);
    if (!child) return false;
    this.#status[0] = 0;
    if (this.#libc.waitpid(pid, this.#status, C.WNOHANG) === 0) return false;
    // Where another has waited for it, its exit status is lost, but not the news.
    this.#children.delete(pid);
    if (child.holds) this.#count(-1);
    try {
      child.ended(this.#status[0]);
    } finally {
      this.#rest();
    }
    return true;
  }

  #count(change: number): void {
    this.#holding += change;
    if (this.#holding > 0) this.#hold ??= setInterval(() => {}, LONGEST_MS);
    else if (this.#hold) {
      clearInterval(this.#hold);
      this.#hold = null;
    }
  }

  #listen(): void {
    if (this.#listening) return;
    this.#listening = true;
    process.on('SIGCHLD', this.#told);
  }

  #rest(): void {
    if (this.#starting > 0 || this.#children.size > 0 || !this.#listening) return;
    this.#listening = false;
    if (this.#pause) clearTimeout(this.#pause);
    if (this.#again) clearImmediate(this.#again);
    if (this.#ask) clearTimeout(this.#ask);
    this.#pause = this.#again = this.#ask = null;
    this.#unasked.length = 0;
    process.off('SIGCHLD', this.#told);
  }
}
