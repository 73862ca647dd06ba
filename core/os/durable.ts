import type { Exit } from '../hooks.js';
import type { JournalFile } from '../journal/file.js';

/** Environment variable by which a durable process and what it starts are known again: the token of its spawn. */
export const SPAWN_VARIABLE = 'RINGMASTER_SPAWN';

/** One process and no other: the kernel gives pids out again, but not with the same start. */
export interface ProcessIdentity {
  readonly pid: number;
  /** Clock ticks from boot to its start. @source proc(5), field 22 of /proc/PID/stat */
  readonly start_ticks: number;
}

/** A process that was found by its token. */
export interface MarkedProcess extends ProcessIdentity {
  readonly pgid: number;
  /** Its session. */
  readonly sid: number;
  /** When it was started, in seconds since the epoch. */
  readonly started: number;
}

/** The directory that a supervisor keeps its state in, for as long as it has it to itself. */
export interface StateDirectory {
  readonly path: string;
  readonly journal: JournalFile;
  /** When the journal that is there was last written, in seconds since the epoch; null where there is none. */
  readonly left_at: number | null;
  /** Lets others have it. */
  close(): void;
}

export interface AdoptListener {
  /** Once, later; what is not known of it is said to be `unknown`. */
  exited(exit: Exit): void;
}

/** What it takes to find processes again that an earlier supervisor has left behind. */
export interface DurableOs {
  /** Another one after each boot, and in each space of pids. @source /proc/sys/kernel/random/boot_id, /proc/self/ns/pid */
  readonly boot_id: string;
  /**
   * Takes a directory for this supervisor alone, and makes it, for its owner only, where there is none.
   *
   * @throws RM_STATE_DIR, RM_STATE_DIR_HELD
   */
  take(path: string): StateDirectory;
  /** Who has the pid now, one that is dead and waits to be reaped included; null for nobody. */
  identify(pid: number): (ProcessIdentity & { readonly alive: boolean }) | null;
  /** All living processes whose environment has one of these tokens, by token. */
  find(tokens: ReadonlySet<string>): ReadonlyMap<string, readonly MarkedProcess[]>;
  /**
   * Takes charge of a process that this object has not spawned: from then on the port's `signal`, `signalGroup`, `groupAlive` and
   * `release` are about this one, whoever gets its pid later.
   *
   * @returns false where it lives no more
   */
  adopt(process: ProcessIdentity, listener: AdoptListener): boolean;
}
