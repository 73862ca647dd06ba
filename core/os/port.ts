import type { Rlimit } from '../config/schema/rlimits.js';
import type { Exit } from '../hooks.js';
import type { DurableOs } from './durable.js';

/** A place in a file: what is written from now on begins there. */
export interface OutputMark {
  readonly dev: number;
  readonly ino: number;
  /** Bytes that the file has. */
  readonly size: number;
}

/** What a sink can do besides so that each byte gets into its file once, though the daemon may be killed while it is written. */
export interface MarkedSink {
  /** How long a line without an end is left in the pipe, ms. */
  readonly line_delay_ms: number;
  /** Bytes of a line without an end that are left there. */
  readonly longest_line: number;
  /** Where in a regular file the next chunk begins; null where it does not go to one, or not at once: then it is not kept over a crash. */
  mark(): OutputMark | null;
  /** Takes away what was written after a mark of an earlier daemon. @returns false where the file is not to be found any more */
  restore(mark: OutputMark): boolean;
  /** Writes what is held back: nobody else has it. */
  flush(): void;
}

/** Where a process's output goes that the daemon reads. */
export interface OutputSink {
  /** Missing where it does not end in files. */
  readonly marked?: MarkedSink;
  /**
   * Takes what the process wrote. The bytes are only valid during the call: what is kept must be copied. While a returned
   * promise is pending nothing more is read, so that the process that writes has to wait, and nobody else.
   *
   * @param room how many bytes before the chunk, in its buffer, are the sink's to write to during the call (0 where left out): what
   * it held back of before can be put there without moving the chunk
   */
  write(chunk: Uint8Array, room?: number): void | Promise<void>;
  /** The process, and everybody it has handed the pipe on to, has closed it; everything was written before. */
  end(): void;
}

/**
 * What a file descriptor of a new process is: /dev/null, the daemon's own of the same number, any one that the daemon has open,
 * a pipe that the daemon reads, or the same as another one of the process.
 */
export type FdSource =
  | { readonly kind: 'null' }
  | { readonly kind: 'inherit' }
  | { readonly kind: 'fd'; readonly fd: number }
  | { readonly kind: 'pipe'; readonly sink: OutputSink }
  | { readonly kind: 'same'; readonly as: number };

/** Everything the operating system needs to know to start one process. */
export interface SpawnRequest {
  /** Path, or a name looked up in PATH of `env` (or of the daemon where `env` has none). */
  readonly file: string;
  readonly argv: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  readonly cwd: string;
  /** By the number in the process; 0, 1 and 2 are always there, all others are closed. Never changed: what follows from it is kept. */
  readonly fds: ReadonlyMap<number, FdSource>;
  /** With the user's supplementary groups where the form can. */
  readonly uid?: number;
  readonly gid?: number;
  /** Bytes or whatever the limit counts; null: none. */
  readonly rlimits: Readonly<Partial<Record<Rlimit, number | null>>>;
  /** The daemon's own where there is none. */
  readonly umask?: number;
  /** Added to the daemon's own niceness. */
  readonly nice?: number;
}

/** What becomes of a spawn. Exactly one of `spawned` and `failed` is called, perhaps before `spawn` returns; after `spawned`, `exited` exactly once, later. */
export interface SpawnListener {
  spawned(pid: number): void;
  /** `errno` is the error's name, such as ENOENT; `message` says which step failed where that is known. */
  failed(errno: string, message: string): void;
  exited(exit: Exit): void;
}

/** What came of a signal: `gone` means that there is no such process or group. */
export type SignalResult = 'sent' | 'gone' | 'denied';

/** What to listen at. */
export interface ListenSpec {
  readonly family: 'AF_INET' | 'AF_INET6' | 'AF_UNIX';
  readonly type: 'SOCK_STREAM' | 'SOCK_DGRAM' | 'SOCK_SEQPACKET' | 'SOCK_RAW' | 'SOCK_RDM';
  /** Address, or a name that is looked up; not for AF_UNIX. */
  readonly host: string;
  /** 0: one that is free; not for AF_UNIX. */
  readonly port: number;
  /** Of the socket file; for AF_UNIX only. */
  readonly path: string | null;
  /** Protocol by name or number, as in /etc/protocols. */
  readonly proto: string | null;
  /** Network interface to take connections from only. */
  readonly interface: string | null;
  /** Mode bits that the socket file does not get; the daemon's own umask where it is null. */
  readonly umask: number | null;
  /** Remove a socket file, or an empty file, that is in the way. */
  readonly replace: boolean;
  readonly so_reuseport: boolean;
  readonly backlog: number;
  readonly blocking: boolean;
}

/** One socket and no other, as long as the machine runs, whoever has it. */
export interface SocketIdentity {
  readonly inode: number;
  /** Which file is its own, for AF_UNIX; in words of the operating system's. */
  readonly file: string | null;
}

/** A socket that is bound, and listens where its type can; nothing is ever accepted here. */
export interface ListeningSocket {
  /** The daemon's own number, closed in children that are not given it. */
  readonly fd: number;
  /** Address as bound; null for AF_UNIX. */
  readonly host: string | null;
  /** As bound, also where any free one was asked for; null for AF_UNIX. */
  readonly port: number | null;
  readonly path: string | null;
  /** By what it is known again in another process. @throws Error once it is closed */
  identity(): SocketIdentity;
  /** Calls once, as soon as a connection or a datagram waits; for the next time it is asked again. Costs nothing while nothing comes. */
  onReady(ready: () => void): Disposable;
  /** Calls each time that a connection or a datagram comes; those within the same millisecond count as one. Nothing is accepted. */
  onArrival(arrived: () => void): Disposable;
  /** Puts back the blocking mode, which is common to all processes that have the socket: one of them may have changed it. */
  resetMode(): void;
  /** Takes over what can be changed while it is open: backlog and umask at once, blocking with the next `resetMode`. @throws OsError */
  adjust(spec: ListenSpec): void;
  /** Whether another socket with `so_reuseport` may be bound to the same address. @throws OsError */
  share(shared: boolean): void;
  /** Moves the file of a unix socket to another path of the same directory, in place of what is there. @throws where that can't be */
  moveTo(path: string): void;
  /** Closes it, once, and removes its file unless another has taken its place. */
  close(): void;
  /** Closes it, once, and leaves its file to others who have the socket. */
  leave(): void;
}

/**
 * The operating system, as small as it can be. This is the only place that knows system calls; tests put a fake here.
 *
 * Each process leads a session and a process group of its own, so that `pid` names its group too.
 */
export interface Os {
  readonly name: string;
  /** What this form can't do, in words for the log at start; empty where it can do all. */
  readonly missing: readonly string[];
  spawn(request: SpawnRequest, listener: SpawnListener): void;
  signal(pid: number, signum: number): SignalResult;
  /** Signals every process of the group, and where its leader has ended those of other groups of its session as well; these Linux alone tells. */
  signalGroup(pgid: number, signum: number): SignalResult;
  /**
   * Whether any process is alive in the group of a leader that has ended, or, where Linux can tell, in its session. One that waits to be
   * reaped is not alive; and a process that has the leader's pid proves both gone, for the kernel does not give out a number that is in use.
   */
  groupAlive(pgid: number): boolean;
  /** Pids of direct children, or of all descendants. */
  children(pid: number, recursive: boolean): readonly number[];
  /** @throws OsError with the errno's name as `code` */
  listen(spec: ListenSpec): Promise<ListeningSocket>;
  /** Whether a supervisor has not ended as it should that had its state in this directory. */
  hasJournal(directory: string): boolean;
  /** What it takes to keep processes over a crash of the daemon. @throws RM_NOT_DURABLE where that can't be here, and why */
  durable(): Promise<DurableOs>;
  /** No longer keeps the host process alive for this child, nor reports its exit. */
  release(pid: number): void;
  /** Another number whenever the daemon's environment may have changed; left out where nothing tells that but reading it. */
  environmentVersion?(): number;
  /** The ids of a user; throws where there is none of that name. */
  userId(name: string | number): { readonly uid: number; readonly gid: number };
  groupId(name: string | number): number;
}
