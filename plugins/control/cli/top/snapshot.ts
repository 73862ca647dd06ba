/** One process as the view shows it. */
export interface ProcessRow {
  readonly pid: number;
  readonly name: string;
  readonly cpu_percent: number;
  readonly mem_percent: number;
  readonly rss_bytes: number;
  readonly age_s: number;
}

/** A watcher, or the daemon itself, and its processes in no particular order. */
export interface WatcherRow {
  readonly name: string;
  /** Null where it is not known, as for the daemon itself. */
  readonly status: string | null;
  readonly processes: readonly ProcessRow[];
}

/** A managed socket and how many connections it had in the last round. */
export interface SocketRow {
  readonly address: string;
  readonly hits: number;
}

/** What one look at a daemon found. */
export interface Snapshot {
  readonly watchers: readonly WatcherRow[];
  readonly sockets: readonly SocketRow[];
}

/** Name under which the daemon's own processes are told of, as in the topics. */
export const DAEMON = 'circus';

type Body = Readonly<Record<string, unknown>>;

/** A process from its process information as `stats` and the statistics endpoint tell it. */
export function processRow(info: Body): ProcessRow {
  return {
    pid: numberOf(info.pid),
    name: String(info.name ?? info.cmdline),
    cpu_percent: numberOf(info.cpu),
    mem_percent: numberOf(info.mem),
    rss_bytes: bytesOf(info.mem_info1),
    age_s: numberOf(info.age),
  };
}

/** Circus says `N/A` where something is not known. */
function numberOf(value: unknown): number {
  return typeof value === 'number' ? value : 0;
}

const UNITS = ['', 'K', 'M', 'G', 'T', 'P'];

/** The bytes that text such as `3.20M` stands for. */
function bytesOf(text: unknown): number {
  const [, number = '0', unit = ''] = /^([\d.]+)([KMGTP]?)/.exec(String(text)) ?? [];
  return Number(number) * 1024 ** UNITS.indexOf(unit);
}
