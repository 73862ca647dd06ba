import { type Exit, UNKNOWN_EXIT } from '../../hooks.js';
import type { AdoptListener, ProcessIdentity } from '../durable.js';
import type { SignalResult } from '../port.js';
import type { Libc } from './libc.js';
import type { Pidfds } from './pidfd.js';
import { type ProcStat, procStat } from './proc-identity.js';
import type { Reaper } from './reaper.js';
import { exitOf } from './wait-status.js';
import type { Watch } from './watch.js';

/** How long after the end of a process its new parent may take to reap it, until when nobody tells how it ended, ms. */
const REAP_PATIENCE_MS = 200;
const FIRST_LOOK_MS = 1;

/** A process of an earlier supervisor that we take care of. */
interface Entry {
  readonly pidfd: number;
  /** Null once it has ended; its group may live on. */
  watching: Disposable | null;
}

/** What adopted processes are watched and signalled by. */
export interface AdoptedParts {
  readonly libc: Libc;
  readonly pidfds: Pidfds;
  readonly watch: Watch;
  readonly reaper: Reaper;
}

/**
 * Processes that another has spawned, by descriptors that mean them and nobody else. One that is our own child after all, because this
 * program took the place of the one that spawned it, is the reaper's.
 */
export class Adopted {
  readonly #parts: AdoptedParts;
  readonly #entries = new Map<number, Entry>();

  constructor(parts: AdoptedParts) {
    this.#parts = parts;
  }

  /** @returns false where it lives no more */
  adopt(process: ProcessIdentity, listener: AdoptListener): boolean {
    const { pid } = process;
    const { libc, pidfds, reaper, watch } = this.#parts;
    const pidfd = pidfds.open(pid);
    if (pidfd === null) return false;
    // Whoever has the pid now, and began when it did, has had it ever since: so the descriptor means this one too.
    const found = same(process);
    const isOurs = found?.ppid === globalThis.process.pid;
    if (found === null || found.zombie || isOurs) libc.close(pidfd);
    if (isOurs) {
      reaper.adopt(
        () => pid,
        (status) => listener.exited(exitOf(status)),
      );
      reaper.look();
      return true;
    }
    if (found === null || found.zombie) return false;
    this.forget(pid);
    const entry: Entry = { pidfd, watching: null };
    this.#entries.set(pid, entry);
    entry.watching = watch.once(pidfd, () => this.#ended(process, entry, listener));
    return true;
  }

  /** Undefined for a process that is none of these. */
  signal(pid: number, signum: number): SignalResult | undefined {
    const entry = this.#entries.get(pid);
    return entry?.watching ? this.#parts.pidfds.signal(entry.pidfd, signum) : undefined;
  }

  /** Undefined for a group that none of these leads, or where the kernel can't. */
  signalGroup(pgid: number, signum: number): SignalResult | undefined {
    const entry = this.#entries.get(pgid);
    return entry && this.#parts.pidfds.groups ? this.#parts.pidfds.signalGroup(entry.pidfd, signum) : undefined;
  }

  /** The group is gone, which no signal will reach any more. */
  groupEmpty(pgid: number): void {
    if (this.#entries.get(pgid)?.watching === null) this.forget(pgid);
  }

  /** The pid is somebody else's from now on, or nobody's. */
  forget(pid: number): void {
    const entry = this.#entries.get(pid);
    if (!entry) return;
    this.#entries.delete(pid);
    entry.watching?.[Symbol.dispose]();
    this.#parts.libc.close(entry.pidfd);
  }

  #ended(process: ProcessIdentity, entry: Entry, listener: AdoptListener): void {
    const told = (exit: Exit): void => {
      if (this.#entries.get(process.pid) !== entry) return;
      entry.watching = null;
      listener.exited(exit);
    };
    this.#learn(process, entry, FIRST_LOOK_MS, told);
  }

  /** The kernel says how it ended as soon as its parent has reaped it; a zombie says so itself where we may look. */
  #learn(process: ProcessIdentity, entry: Entry, pause_ms: number, told: (exit: Exit) => void): void {
    if (this.#entries.get(process.pid) !== entry) return;
    const zombie = same(process);
    const status = this.#parts.pidfds.status(entry.pidfd) ?? (zombie?.zombie && zombie.status !== 0 ? zombie.status : null);
    if (status !== null) told(exitOf(status));
    else if (zombie === null && pause_ms > FIRST_LOOK_MS) told(UNKNOWN_EXIT);
    else if (pause_ms > REAP_PATIENCE_MS) told(UNKNOWN_EXIT);
    else {
      const timer = setTimeout(() => this.#learn(process, entry, pause_ms * 2, told), pause_ms);
      entry.watching = { [Symbol.dispose]: () => clearTimeout(timer) };
    }
  }
}

/** What is known of a process; null where it is gone, and where its pid is another's by now. */
function same({ pid, start_ticks }: ProcessIdentity): ProcStat | null {
  const stat = procStat(pid);
  return stat?.start_ticks === start_ticks ? stat : null;
}
