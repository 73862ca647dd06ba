import { existsSync, readFileSync } from 'node:fs';
import { C, type Libc } from './libc.js';
import { procStat, TICKS_PER_S } from './proc-identity.js';

/** How long a dead child that is nobody's is left to others, who may still come for it. */
const PATIENCE_MS = 50;
/** How long those that are older than this program are left to it: children of one whose place it took, which it may adopt, s. */
const INHERITED_PATIENCE_S = 10;
/** The kernel gives orphans to the first thread; children of other threads are those threads' business. */
const CHILDREN = `/proc/self/task/${process.pid}/children`;

/**
 * Reaps dead processes that were handed over to us because their parents are gone: where we are PID 1 of a container, or a
 * subreaper. A child that somebody else in this process has made looks the same, so one is reaped only if it is still dead
 * after a pause and a whole turn of the event loop, in which its owner has had his chance.
 */
export class Orphans {
  readonly #libc: Libc;
  readonly #owned: (pid: number) => boolean;
  readonly #status = new Int32Array(1);
  #waiting = false;
  #seen: ReadonlySet<number> = new Set();
  #begun_ticks: number | null = null;

  /** @param owned whether a pid is one of our own children */
  constructor(libc: Libc, owned: (pid: number) => boolean) {
    this.#libc = libc;
    this.#owned = owned;
  }

  /** Somebody has died who is not ours. */
  look(): void {
    if (this.#waiting || !this.#adopts()) return;
    this.#waiting = true;
    const sweep = (): void => {
      this.#waiting = false;
      this.#sweep();
    };
    setTimeout(() => setImmediate(() => setImmediate(sweep)), PATIENCE_MS).unref();
  }

  #sweep(): void {
    const dead = this.#dead();
    const left = dead.filter(
      (pid) => this.#isInherited(pid) || !this.#seen.has(pid) || this.#libc.waitpid(pid, this.#status, C.WNOHANG) !== pid,
    );
    this.#seen = new Set(left);
    if (left.length > 0) this.look();
  }

  #adopts(): boolean {
    if (!existsSync(CHILDREN)) return false;
    if (process.pid === 1) return true;
    const answer = Buffer.alloc(4);
    return this.#libc.prctl(C.PR_GET_CHILD_SUBREAPER, answer, 0, 0, 0) === 0 && answer.readInt32LE() === 1;
  }

  #isInherited(pid: number): boolean {
    if (process.uptime() > INHERITED_PATIENCE_S) return false;
    this.#begun_ticks ??= (Number.parseFloat(readFileSync('/proc/uptime', 'latin1')) - process.uptime()) * TICKS_PER_S;
    return (procStat(pid)?.start_ticks ?? this.#begun_ticks) < this.#begun_ticks;
  }

  #dead(): number[] {
    const children = readFileSync(CHILDREN, 'latin1').split(' ');
    return children
      .filter((text) => text !== '' && !this.#owned(Number(text)))
      .map(Number)
      .filter(isZombie);
  }
}

function isZombie(pid: number): boolean {
  return procStat(pid)?.zombie === true;
}
