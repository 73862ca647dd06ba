import { execFileSync } from 'node:child_process';
import { commandName, type Identity, type ProcessReader, type Reading } from './process-reader.js';

interface Row extends Omit<Reading, 'name_hash'>, Identity {
  readonly pid: number;
}

const COLUMNS = ['pid', 'ppid', 'state', 'nice', 'rss', 'vsz', 'time', 'etime', 'user', 'args'] as const;
const AGE_ERROR_S = 2;
const NONE: readonly number[] = [];

/**
 * Rows of `ps -A -o pid=,ppid=,state=,nice=,rss=,vsz=,time=,etime=,user=,args=`; a line that is none is left out.
 *
 * @param now_s seconds since the epoch when it was printed
 * @source ps(1): rss and vsz are kilobytes
 */
export function parsePs(text: string, now_s: number): readonly Row[] {
  const rows: Row[] = [];
  for (const line of text.split('\n')) {
    const [pid, ppid, state, nice, rss, vsz, time, etime, username, args] = line.trim().split(/\s+/, COLUMNS.length);
    if (etime === undefined || username === undefined) continue;
    rows.push({
      pid: Number(pid),
      ppid: Number(ppid),
      zombie: state?.startsWith('Z') ?? false,
      nice: Number(nice) || 0,
      cpu_s: seconds(time ?? ''),
      rss_bytes: Number(rss) * 1024,
      vms_bytes: Number(vsz) * 1024,
      create_time_s: now_s - seconds(etime),
      cmdline: commandName(args ?? ''),
      username,
    });
  }
  return rows;
}

/** `[[days-]hours:]minutes:seconds[.hundredths]` */
function seconds(text: string): number {
  const [clock = '', days = '0'] = text.split('-').reverse();
  return clock.split(':').reduce((sum, part) => sum * 60 + Number(part), 0) + Number(days) * 86_400;
}

/** Asks ps(1), once for each round: for systems without /proc. */
export class PsReader implements ProcessReader {
  readonly #run: () => string;
  readonly #wall: () => number;
  #rows: ReadonlyMap<number, Row> = new Map();
  #tree: ReadonlyMap<number, readonly number[]> = new Map();
  readonly #started_s = new Map<number, number>();

  /** @param wall milliseconds since the epoch */
  constructor(wall: () => number, run: () => string = runPs) {
    this.#wall = wall;
    this.#run = run;
  }

  begin(): void {
    const rows = parsePs(this.#run(), this.#wall() / 1000);
    this.#rows = new Map(rows.map((row) => [row.pid, row]));
    const tree = new Map<number, number[]>();
    for (const { pid, ppid, zombie } of rows) if (!zombie) tree.set(ppid, [...(tree.get(ppid) ?? []), pid]);
    this.#tree = tree;
  }

  read(pid: number, into: Reading): boolean {
    const row = this.#rows.get(pid);
    if (row === undefined) return false;
    // Ages are whole seconds: the first time of starting that they give stands, unless it is another process by now.
    const known_s = this.#started_s.get(pid) ?? row.create_time_s;
    const create_time_s = Math.abs(known_s - row.create_time_s) > AGE_ERROR_S ? row.create_time_s : known_s;
    this.#started_s.set(pid, create_time_s);
    into.ppid = row.ppid;
    into.zombie = row.zombie;
    into.nice = row.nice;
    into.cpu_s = row.cpu_s;
    into.rss_bytes = row.rss_bytes;
    into.vms_bytes = row.vms_bytes;
    into.create_time_s = create_time_s;
    into.name_hash = row.cmdline.length;
    return true;
  }

  identify(pid: number): Identity | undefined {
    return this.#rows.get(pid);
  }

  children(pid: number): readonly number[] {
    return this.#tree.get(pid) ?? NONE;
  }

  forget(pid: number): void {
    this.#started_s.delete(pid);
  }
}

function runPs(): string {
  return execFileSync('ps', ['-A', '-o', COLUMNS.map((column) => `${column}=`).join()], { encoding: 'utf8', maxBuffer: 2 ** 26 });
}
