/** How a file is rotated by time. */
export interface Schedule {
  readonly rotate_when: 'S' | 'M' | 'H' | 'D' | 'MIDNIGHT' | `W${0 | 1 | 2 | 3 | 4 | 5 | 6}`;
  readonly rotate_interval: number;
  readonly utc: boolean;
}

const SECOND_MS = 1000;
const HOUR_MS = 3_600_000;
const DAY_MS = 86_400_000;

const UNITS: Readonly<Record<string, { readonly unit_ms: number; readonly suffix: string; readonly digits: number }>> = {
  S: { unit_ms: SECOND_MS, suffix: '%Y%m%d%H%M%S', digits: 14 },
  M: { unit_ms: 60 * SECOND_MS, suffix: '%Y%m%d%H%M', digits: 12 },
  H: { unit_ms: 3600 * SECOND_MS, suffix: '%Y%m%d%H', digits: 10 },
  D: { unit_ms: DAY_MS, suffix: '%Y%m%d', digits: 8 },
  MIDNIGHT: { unit_ms: DAY_MS, suffix: '%Y%m%d', digits: 8 },
};
const WEEK = { unit_ms: 7 * DAY_MS, suffix: '%Y%m%d', digits: 8 };

const unitOf = ({ rotate_when }: Schedule) => UNITS[rotate_when] ?? WEEK;

/** Milliseconds from one rotation to the next. */
function intervalOf(schedule: Schedule): number {
  return unitOf(schedule).unit_ms * schedule.rotate_interval;
}

/** The strftime format of the time in rotated files' names, and how many digits that makes. */
export function suffixOf(schedule: Schedule): { readonly format: string; readonly digits: number } {
  const { suffix, digits } = unitOf(schedule);
  return { format: suffix, digits };
}

/**
 * When a file is rotated first that was written to last, or made, at `from_ms`: one interval later, or at the midnight that
 * ends the day, or the weekday, by the calendar.
 *
 * @returns milliseconds since the epoch, whole seconds, after `from_ms`
 * @source Circus's TimedRotatingFileStream
 */
export function firstRotation_ms(schedule: Schedule, from_ms: number): number {
  const from = Math.floor(from_ms / SECOND_MS) * SECOND_MS;
  const { rotate_when, utc } = schedule;
  if (rotate_when === 'MIDNIGHT') return midnightAfter(from, 1, utc);
  if (!rotate_when.startsWith('W')) return from + intervalOf(schedule);
  const date = new Date(from);
  const monday = ((utc ? date.getUTCDay() : date.getDay()) + 6) % 7;
  const days = (Number(rotate_when[1]) - monday + 7) % 7;
  return midnightAfter(from, days + 1, utc);
}

/** When it is rotated next after it was rotated at `now_ms`. */
export function nextRotation_ms(schedule: Schedule, now_ms: number): number {
  let next_ms = firstRotation_ms(schedule, now_ms);
  while (next_ms <= now_ms) next_ms += intervalOf(schedule);
  return next_ms;
}

/** Whether a rotation is farther away than any that `now_ms` leads to, an hour more for clocks that are changed twice a year. */
export function isTooFar(schedule: Schedule, rotation_ms: number, now_ms: number): boolean {
  return rotation_ms - now_ms > intervalOf(schedule) + HOUR_MS;
}

/** The moment that a rotated file's name tells: when the interval began that ended at `rotation_ms`, whatever clocks were put to meanwhile. */
export function nameTime_ms(schedule: Schedule, rotation_ms: number, now_ms: number): number {
  const begin_ms = rotation_ms - intervalOf(schedule);
  if (schedule.utc) return begin_ms;
  const offset = (time_ms: number): number => new Date(time_ms).getTimezoneOffset();
  return begin_ms - (offset(now_ms) - offset(begin_ms)) * 60 * SECOND_MS;
}

function midnightAfter(from_ms: number, days: number, utc: boolean): number {
  const date = new Date(from_ms);
  if (utc) return Date.UTC(date.getUTCFullYear(), date.getUTCMonth(), date.getUTCDate() + days);
  return new Date(date.getFullYear(), date.getMonth(), date.getDate() + days).getTime();
}
