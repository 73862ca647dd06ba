import type { Schedule } from './fields.js';
import { instantsOf, type Zone } from './local-time.js';

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;
/** 29 February can be eight years away; a day that is not found by then never comes. */
const FARTHEST_DAYS = 366 * 8 + 3;

/**
 * When a schedule is due next.
 *
 * Where clocks are put forward over a time, it is due as much later; where they are put back over it, the first time only. A
 * schedule for every hour goes by the time that passes instead.
 *
 * @returns milliseconds since the epoch, later than `after_ms`; null where it never is (30 February)
 * @source RFC 5545's and Temporal's `compatible` rule for times that there are none or two of
 */
export function nextRun(schedule: Schedule, zone: Zone, after_ms: number): number | null {
  const local = after_ms + zone.offsetAt(after_ms);
  // The day before too: on it may be a time that the clocks skip, and that is due as much later.
  const first = Math.floor(local / DAY_MS) * DAY_MS - DAY_MS;
  for (let at = 0; at < FARTHEST_DAYS; at++) {
    const day = first + at * DAY_MS;
    if (!isOn(schedule, day)) continue;
    const found = onDay(schedule, zone, day, after_ms);
    if (found !== null) return found;
  }
  return null;
}

function isOn(schedule: Schedule, day: number): boolean {
  const date = new Date(day);
  if (!schedule.months.has(date.getUTCMonth() + 1)) return false;
  const isLast = schedule.last_day && new Date(day + DAY_MS).getUTCDate() === 1;
  const byDate = isLast || schedule.days.has(date.getUTCDate());
  const byWeekday = schedule.weekdays.has(date.getUTCDay());
  return schedule.either_day ? byDate || byWeekday : byDate && byWeekday;
}

/** The first instant of a day, given as the UTC midnight of its date, that is later than `after_ms`. */
function onDay(schedule: Schedule, zone: Zone, day: number, after_ms: number): number | null {
  const offsets = [...new Set([zone.offsetAt(day - 14 * HOUR_MS), zone.offsetAt(day + DAY_MS + 14 * HOUR_MS)])];
  const [offset = 0] = offsets;
  let best: number | null = null;
  for (const hour of schedule.hours) {
    // Without a change of the clocks, times come in order, and an hour that is over need not be looked at.
    if (offsets.length === 1 && (best !== null || day + (hour + 1) * HOUR_MS - offset <= after_ms)) continue;
    for (const minute of schedule.minutes) {
      const shown = day + hour * HOUR_MS + minute * MINUTE_MS;
      for (const instant of offsets.length === 1 ? [shown - offset] : meant(schedule, shown, zone, offsets)) {
        const second = schedule.seconds.find((one) => instant + one * 1000 > after_ms);
        if (second === undefined) continue;
        const due = instant + second * 1000;
        if (best === null || due < best) best = due;
      }
    }
  }
  return best;
}

/** The instants that a schedule means by a time on a day when the clocks are changed. */
function meant(schedule: Schedule, shown: number, zone: Zone, offsets: readonly number[]): readonly number[] {
  const instants = instantsOf(shown, zone, offsets);
  if (schedule.every_hour) return instants;
  const [before = 0] = offsets;
  return [instants[0] ?? shown - before];
}
