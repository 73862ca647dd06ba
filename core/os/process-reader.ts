/** What one look at a process finds; filled in place, so that a look costs no memory. */
export interface Reading {
  ppid: number;
  /** It has ended and waits to be reaped. */
  zombie: boolean;
  nice: number;
  /** Processor time, user and system, seconds. */
  cpu_s: number;
  rss_bytes: number;
  vms_bytes: number;
  /** When it was started, seconds since the epoch; with the pid it tells a process from a later one of the same number. */
  create_time_s: number;
  /** Stands for the name that the kernel knows it by, which changes when it executes something else. */
  name_hash: number;
}

/** Who a process is. */
export interface Identity {
  /** Base name of the first word of argv[0]. */
  readonly cmdline: string;
  readonly username: string;
}

/** Where the figures of processes come from. */
export interface ProcessReader {
  /** Begins a round of looks, at these processes first of all. */
  begin(pids: readonly number[], children: boolean): void;
  /** Fills `into`; false for a process that is gone. */
  read(pid: number, into: Reading): boolean;
  /** Undefined for a process that is gone. */
  identify(pid: number): Identity | undefined;
  /** Pids of direct children, ascending; only in a round that was begun with `children`. */
  children(pid: number): readonly number[];
  /** Nothing more is asked of this process for now. */
  forget(pid: number): void;
}

const NOT_KNOWN = 'N/A';

export function emptyReading(): Reading {
  return { ppid: 0, zombie: false, nice: 0, cpu_s: 0, rss_bytes: 0, vms_bytes: 0, create_time_s: 0, name_hash: 0 };
}

/** The base name of the first word of a command line. */
export function commandName(argv0: string): string {
  const [first = ''] = argv0.trim().split(/\s+/, 1);
  return first.slice(first.lastIndexOf('/') + 1) || NOT_KNOWN;
}
