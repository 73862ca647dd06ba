import type { Exit } from '../hooks.js';
import type { JournalFile } from '../journal/file.js';
import type { KeptPipeReader, KeptReaderOptions } from './kept.js';
import type { ListeningSocket, ListenSpec, SocketIdentity } from './port.js';

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
  /** For what is told of the past, in the form of a journal. */
  readonly history: JournalFile;
  /** When the journal that is there was last written, in seconds since the epoch; null where there is none. */
  readonly left_at: number | null;
  /** When whoever had it before was last known to live, in seconds since the epoch; null where that is not known. */
  readonly last_alive: number | null;
  /**
   * Whether the path still leads to it, and to the journal and the history in it. It may take as long as the file system does to answer, and
   * never rejects. Now and then it leaves a sign of life for whoever has it next.
   */
  look(): Promise<'whole' | 'without_journal' | 'without_history' | 'elsewhere'>;
  /** Whether the path leads to it now; what is there otherwise may be another supervisor's. */
  isThere(): boolean;
  /** Takes what is at the path now instead; it is made where there is nothing. @throws RM_STATE_DIR, RM_STATE_DIR_HELD: then it is as it was */
  retake(): void;
  /** Lets others have it. */
  close(): void;
}

/** A process that keeps descriptors open, as it is known to the next start. */
export interface HolderRecord extends ProcessIdentity {
  /** Name of the FIFO that it waits at. */
  readonly fifo: string;
}

/** What is there of one holder: a FIFO for each process, at which nobody ever writes, and a record of the one that counts. */
export interface HolderFiles {
  /** Makes the FIFO for one more process, and returns its name. @throws Error where it can't be made */
  add(token: string): string;
  path(fifo: string): string;
  /** Has the next start find this process instead of the one before. @throws Error where it can't be written */
  write(record: HolderRecord): void;
  /** Null where there is none, or what is there makes no sense. */
  read(): HolderRecord | null;
  /** Removes the FIFOs but one; null: those and the record. Whoever waits at one of them, unknown to any record, ends by that. */
  sweep(keep: string | null): void;
  /** Removes one FIFO; a process that waits at it ends, and so does one that has yet to come. */
  remove(fifo: string): void;
}

export interface AdoptListener {
  /** Once, later; what is not known of it is said to be `unknown`. */
  exited(exit: Exit): void;
}

/** What a process can become. */
export interface Image {
  /** Absolute path of the program. */
  readonly file: string;
  readonly argv: readonly string[];
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Numbers of descriptors that it has too; all others are closed. */
  readonly fds: readonly number[];
}

/** What it takes to find processes again that an earlier supervisor has left behind. */
export interface DurableOs {
  /** Another one after each boot, and in each space of pids. @source /proc/sys/kernel/random/boot_id, /proc/self/ns/pid */
  readonly boot_id: string;
  /** Twelve hexadecimal figures that nothing of this boot has had yet. @source getrandom(2) */
  newId(): string;
  /**
   * Takes a directory for this supervisor alone, and makes it, for its owner only, where there is none.
   *
   * @throws RM_STATE_DIR, RM_STATE_DIR_HELD
   */
  take(path: string): StateDirectory;
  /** Who has the pid now, one that is dead and waits to be reaped included; null for nobody. */
  identify(pid: number): (ProcessIdentity & { readonly alive: boolean }) | null;
  /** Milliseconds from such a start until now, whatever the wall clock was put to meanwhile. */
  sinceStart(start_ticks: number): number;
  /** All living processes whose environment has one of these tokens, by token. */
  find(tokens: ReadonlySet<string>): ReadonlyMap<string, readonly MarkedProcess[]>;
  /** The same for all tokens that begin with one of these and a dot. */
  findOf(ids: ReadonlySet<string>): ReadonlyMap<string, readonly MarkedProcess[]>;
  /**
   * Takes charge of a process that this object has not spawned: from then on the port's `signal`, `signalGroup`, `groupAlive` and
   * `release` are about this one, whoever gets its pid later.
   *
   * @returns false where it lives no more
   */
  adopt(process: ProcessIdentity, listener: AdoptListener): boolean;
  /** Lets go of a process as it is, as a crash would: until it is adopted it is not reaped, and what it writes is not read. */
  leave(pid: number): void;
  /**
   * Executes another program in this process, which keeps its pid, its children and its directory. Signals have their default action
   * until the new program takes them.
   *
   * @returns only where that can't be, and why: then all is as it was
   */
  become(image: Image): Error;
  /** Whether descriptors can be taken from other processes of this user at all, where these did not start it. @source ptrace(2), Yama */
  readonly takesBack: boolean;
  /**
   * A socket that an earlier supervisor has opened, out of a process that has it: bound, listening and of the type as it should be, and of
   * AF_UNIX with the file that is its own. Null where no process has it, or none gives it.
   *
   * @param spec with the address as bound
   * @param from pids of those that may have it; where they have not, every process of the machine is looked at
   */
  takeBack(spec: ListenSpec, identity: SocketIdentity, from: readonly number[]): ListeningSocket | null;
  /** Whether the file of a unix socket is still the one that this identity tells of. */
  ownsFile(path: string, identity: SocketIdentity): boolean;
  /**
   * @param directory of all holders of a supervisor; made, for its owner only, where it is missing
   * @param name of the holder
   * @param isOurs whether the path of the directory leads to that supervisor's: where it does not, nothing there is touched
   */
  holderFiles(directory: string, name: string, isOurs: () => boolean): HolderFiles;
  /** Makes a FIFO, for its owner only. @throws OsError */
  makeFifo(path: string): void;
  /** Reads pipes that outlive the daemon; null where processes get ordinary ones. @throws OsError */
  readonly openKeptReader: ((options: KeptReaderOptions) => KeptPipeReader) | null;
}
