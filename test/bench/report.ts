import { readFileSync } from 'node:fs';
import { arch, cpus, loadavg, release, totalmem } from 'node:os';
import { type Figure, type Goal, median, type Sample } from './figure.js';
import { PEERS } from './peers.js';
import { worker } from './place.js';

/** A figure's samples by contender, one for each round. */
export type Samples = ReadonlyMap<string, readonly Sample[]>;

export interface Verdict {
  readonly goal: string;
  readonly reached: boolean;
  /** What was measured as a share of what it is held against. */
  readonly ratio: number;
  readonly limit_ratio: number;
}

/** Medians over the rounds. */
export function medians(samples: readonly Sample[]): Sample {
  const metrics = Object.keys(samples[0] ?? {});
  return Object.fromEntries(metrics.map((metric) => [metric, median(samples.map((sample) => sample[metric] ?? Number.NaN))]));
}

/** What the rounds say of a goal; null where one of the two was not measured. */
export function judge(goal: Goal, samples: Samples): Verdict | null {
  const value = (of: string, metric: string): number | undefined => medians(samples.get(of) ?? [])[metric];
  const { than } = goal;
  const measured = value(goal.of, goal.metric);
  const against = 'value' in than ? than.value : value(than.of, than.metric ?? goal.metric);
  if (measured === undefined || against === undefined) return null;
  const limit_ratio = 'value' in than ? 1 : than.times;
  const ratio = measured / against;
  const what = 'value' in than ? String(than.value) : `${than.times} × ${than.of}`;
  const reached = goal.sense === 'at most' ? ratio <= limit_ratio : ratio >= limit_ratio;
  return { goal: `${goal.of}: ${goal.metric} ${goal.sense} ${what}`, reached, ratio, limit_ratio };
}

const digits = (value: number): string => (Math.abs(value) >= 100 ? value.toFixed(0) : value.toPrecision(3));

/** A table with a row for each contender; each cell has its share of the first row's in brackets. */
export function table(figure: Figure, samples: Samples): string {
  const rows = [...samples].map(([name, all]) => ({ name, values: medians(all) }));
  const metrics = [...new Set(rows.flatMap(({ values }) => Object.keys(values)))];
  const first = rows[0]?.values ?? {};
  const cell = (values: Sample, metric: string): string => {
    const value = values[metric];
    if (value === undefined) return '-';
    const base = first[metric];
    return base === undefined || base === 0 ? digits(value) : `${digits(value)} (${(value / base).toFixed(2)})`;
  };
  const lines = [['', ...metrics], ...rows.map(({ name, values }) => [name, ...metrics.map((metric) => cell(values, metric))])];
  const widths = lines[0]?.map((_, column) => Math.max(...lines.map((line) => line[column]?.length ?? 0))) ?? [];
  const printed = lines.map((line) =>
    line
      .map((text, column) => pad(text, widths[column] ?? 0, column === 0))
      .join('  ')
      .trimEnd(),
  );
  const goals = figure.goals.flatMap((goal) => judge(goal, samples) ?? []);
  const verdicts = goals.map(({ goal, reached, ratio }) => `  ${reached ? 'reached' : 'missed '}  ${goal}: ${ratio.toFixed(2)}`);
  return [figure.title, ...printed, ...verdicts].join('\n');
}

const pad = (text: string, width: number, left: boolean): string => (left ? text.padEnd(width) : text.padStart(width));

/** What the figures were measured on. */
export const machine = (): object => ({
  at: new Date().toISOString(),
  node: process.version,
  kernel: `${process.platform} ${release()} ${arch()}`,
  cpus: cpus().length,
  cpu: cpus()[0]?.model,
  memory_bytes: totalmem(),
  load: loadavg(),
  open_processes: Number(/\d+\/(\d+)/.exec(readFileSync('/proc/loadavg', 'latin1'))?.[1]),
  worker_clock: worker().clock,
  versions: Object.fromEntries(PEERS.map((peer) => [peer.name, peer.version()])),
});
