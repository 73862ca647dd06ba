import type { Options } from './schema.js';

/** What a process uses; null where the system does not tell. */
export interface Figures {
  /** Of one processor. */
  readonly cpu_percent: number;
  /** Of the machine's memory. */
  readonly mem_percent: number;
  readonly rss_bytes: number;
  readonly pss_bytes: number | null;
  readonly fds: number | null;
  readonly threads: number | null;
}

export interface ProcessFigures extends Figures {
  readonly pid: number;
  readonly children: readonly ProcessFigures[];
}

/** What limits are held against: one process, a child, or all of a watcher together. */
export interface Subject {
  /** The same at each look. */
  readonly key: string;
  readonly kind: 'watcher' | 'process' | 'child';
  readonly pids: readonly number[];
  /** The process that it is a child of. */
  readonly parent: number | null;
  readonly most: Figures;
  readonly least: Figures;
}

/** A limit that was passed, by the option's name. */
export interface Excess {
  readonly limit: string;
  readonly allowed: number;
  readonly found: number;
}

/** The last part of the counter for a limit that was passed. @source Circus's ResourceWatcher */
export function counterOf(limit: string): string {
  if (limit === 'health_threshold') return 'over_health';
  return limit.replace(/^max_/, 'over_').replace(/^min_/, 'under_').replace(/_mem$/, '_memory');
}

/** How often in a row each limit was passed. */
export type Counts = Readonly<Record<string, number>>;

const PERCENT = 100;
const NAMES = ['cpu_percent', 'mem_percent', 'rss_bytes', 'pss_bytes', 'fds', 'threads'] as const;

/**
 * What the limits are held against.
 *
 * @param processes of one watcher; none makes no subject, so that a watcher which is stopped is never under a limit
 * @source Circus's ResourceWatcher takes the greatest and the least of all processes, and restarts the watcher
 */
export function subjectsOf(processes: readonly ProcessFigures[], options: Options): readonly Subject[] {
  if (processes.length === 0) return [];
  const pids = processes.map(({ pid }) => pid);
  const whole = { key: 'watcher', kind: 'watcher', pids, parent: null } as const;
  const own: readonly Subject[] =
    options.per === 'watcher'
      ? [{ ...whole, most: combine(processes, sum), least: combine(processes, sum) }]
      : options.action === 'restart'
        ? [{ ...whole, most: combine(processes, Math.max), least: combine(processes, Math.min) }]
        : processes.map((one) => single(one, 'process', null));
  const children = options.process_children ? processes.flatMap((one) => one.children.map((child) => single(child, 'child', one.pid))) : [];
  return [...own, ...children];
}

function single(process: ProcessFigures, kind: 'process' | 'child', parent: number | null): Subject {
  return { key: `${kind} ${process.pid}`, kind, pids: [process.pid], parent, most: process, least: process };
}

const sum = (...values: readonly number[]): number => values.reduce((total, value) => total + value, 0);

function combine(all: readonly Figures[], fold: (...values: readonly number[]) => number): Figures {
  const folded = NAMES.map((name) => {
    const known = all.map((one) => one[name]).filter((value) => value !== null);
    return [name, known.length === 0 ? null : fold(...known)] as const;
  });
  const { cpu_percent, mem_percent, rss_bytes, pss_bytes, fds, threads } = Object.fromEntries(folded) as Record<
    (typeof NAMES)[number],
    number | null
  >;
  return { cpu_percent: cpu_percent ?? 0, mem_percent: mem_percent ?? 0, rss_bytes: rss_bytes ?? 0, pss_bytes, fds, threads };
}

/** The limits that a subject passes now. */
export function excessesOf({ most, least }: Pick<Subject, 'most' | 'least'>, options: Options): readonly Excess[] {
  const { max_cpu, min_cpu, max_mem, min_mem, health_threshold, max_rss, max_pss, max_fds, max_threads } = options;
  const found: Excess[] = [];
  const over = (limit: string, value: number | null, allowed: number | null): void => {
    if (value !== null && allowed !== null && allowed > 0 && value > allowed) found.push({ limit, allowed, found: value });
  };
  const memory = (figures: Figures, limit: number | null): number =>
    limit !== null && limit <= PERCENT ? figures.mem_percent : figures.rss_bytes;
  over('max_cpu', most.cpu_percent, max_cpu);
  over('max_mem', memory(most, max_mem), max_mem);
  over('max_rss', most.rss_bytes, max_rss);
  over('max_pss', most.pss_bytes, max_pss);
  over('max_fds', most.fds, max_fds);
  over('max_threads', most.threads, max_threads);
  over('health_threshold', (most.cpu_percent + most.mem_percent) / 2, health_threshold);
  // As in Circus: a process that uses none is under any min_cpu, 0 included.
  if (min_cpu !== null && least.cpu_percent <= min_cpu) found.push({ limit: 'min_cpu', allowed: min_cpu, found: least.cpu_percent });
  const low = memory(least, min_mem);
  if (min_mem !== null && low < min_mem) found.push({ limit: 'min_mem', allowed: min_mem, found: low });
  return found;
}

/**
 * Counts another look.
 *
 * @returns the new counts, and the limit that was passed too often, if one was: then the counts begin anew
 */
export function countLook(
  before: Counts,
  excesses: readonly Excess[],
  max_count: number,
): { readonly counts: Counts; readonly tripped: Excess | null } {
  const counts = Object.fromEntries(excesses.map(({ limit }) => [limit, (before[limit] ?? 0) + 1]));
  const tripped = excesses.find(({ limit }) => (counts[limit] ?? 0) > max_count) ?? null;
  return { counts: tripped === null ? counts : {}, tripped };
}
