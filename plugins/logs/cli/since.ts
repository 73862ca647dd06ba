import { timeFormat } from '../time-format.js';

const UNITS_MS: Readonly<Record<string, number>> = { s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 };

/** The moment that `10m` (ago) or `2026-03-09 04:05` (local time) means, in milliseconds since the epoch; null for what is neither. */
export function parseSince(text: string, now_ms: number): number | null {
  const [, count, unit = 's'] = /^(\d+(?:\.\d+)?)([smhd])?$/.exec(text.trim()) ?? [];
  if (count !== undefined) return now_ms - Number(count) * (UNITS_MS[unit] ?? 0);
  const moment_ms = /^\d{4}-\d\d-\d\d/.test(text.trim()) ? Date.parse(text.trim()) : Number.NaN;
  return Number.isNaN(moment_ms) ? null : moment_ms;
}

/** Whether texts that a format makes sort as the moments do: year, month, day, hour, minute, second, as many of them as there are. */
export function sorts(format: string): boolean {
  const directives = [...format.replaceAll('%F', '%Y-%m-%d').replaceAll('%T', '%H:%M:%S').replaceAll('%R', '%H:%M').matchAll(/%(.)/g)];
  const order = directives.map(([, letter]) => letter).join('');
  return order.length >= 3 && 'YmdHMSf'.startsWith(order) && !/[%\d]/.test(format.slice(0, format.indexOf('%')));
}

/** Tells of each line, in order, whether it was written since a moment; a line without a time goes with the one before. */
export function sinceFilter(format: string, since_ms: number): (line: string) => boolean {
  const first = timeFormat(format)(since_ms);
  let within = false;
  return (line) => {
    const stamped = / \[\d+\] \| /.exec(line);
    if (stamped !== null && stamped.index >= first.length) within = line.slice(0, first.length) >= first;
    return within;
  };
}
