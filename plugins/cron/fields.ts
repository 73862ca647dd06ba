/** What a schedule is made of: the values that each part of a time may have, ascending. */
export interface Schedule {
  readonly seconds: readonly number[];
  readonly minutes: readonly number[];
  readonly hours: readonly number[];
  readonly days: ReadonlySet<number>;
  readonly months: ReadonlySet<number>;
  /** 0 is Sunday. */
  readonly weekdays: ReadonlySet<number>;
  /** The last day of a month as well. */
  readonly last_day: boolean;
  /** Both days and weekdays are restricted: then a day that is in either is meant. */
  readonly either_day: boolean;
  /** Every hour: then it goes by time that passes, not by what the clock on the wall shows. */
  readonly every_hour: boolean;
}

interface Field {
  readonly name: string;
  readonly from: number;
  readonly to: number;
  readonly names?: readonly string[];
}

const MONTHS = ['JAN', 'FEB', 'MAR', 'APR', 'MAY', 'JUN', 'JUL', 'AUG', 'SEP', 'OCT', 'NOV', 'DEC'];
const WEEKDAYS = ['SUN', 'MON', 'TUE', 'WED', 'THU', 'FRI', 'SAT'];

const SECOND: Field = { name: 'second', from: 0, to: 59 };
const MINUTE: Field = { name: 'minute', from: 0, to: 59 };
const HOUR: Field = { name: 'hour', from: 0, to: 23 };
const DAY: Field = { name: 'day of the month', from: 1, to: 31 };
const MONTH: Field = { name: 'month', from: 1, to: 12, names: MONTHS };
const WEEKDAY: Field = { name: 'day of the week', from: 0, to: 7, names: WEEKDAYS };

const SHORTHANDS: Readonly<Record<string, string>> = {
  '@yearly': '0 0 1 1 *',
  '@annually': '0 0 1 1 *',
  '@monthly': '0 0 1 * *',
  '@weekly': '0 0 * * 0',
  '@daily': '0 0 * * *',
  '@midnight': '0 0 * * *',
  '@hourly': '0 * * * *',
};

/**
 * Reads a cron expression: five fields, or six with seconds first; lists, ranges, steps, names of months and weekdays, `L` for the
 * last day of the month, 7 for Sunday too, and shorthands such as `@daily`.
 *
 * @returns the schedule, or what is wrong in words
 * @source crontab(5); a sixth field for seconds as in many libraries
 */
export function parseSchedule(text: string): Schedule | { readonly error: string } {
  const trimmed = text.trim();
  const fields = (SHORTHANDS[trimmed.toLowerCase()] ?? trimmed).split(/\s+/);
  if (fields.length !== 5 && fields.length !== 6) {
    return { error: `must have 5 fields, 6 with seconds, or be one of ${Object.keys(SHORTHANDS).join(', ')}` };
  }
  const [second = '', minute = '', hour = '', day = '', month = '', weekday = ''] = fields.length === 5 ? ['0', ...fields] : fields;
  const dayParts = day.split(',').filter((part) => part.toUpperCase() !== 'L');
  const last_day = dayParts.length < day.split(',').length;
  try {
    const hours = valuesOf(hour, HOUR);
    return {
      seconds: valuesOf(second, SECOND),
      minutes: valuesOf(minute, MINUTE),
      hours,
      days: new Set(dayParts.length === 0 ? [] : valuesOf(dayParts.join(','), DAY)),
      months: new Set(valuesOf(month, MONTH)),
      weekdays: new Set(valuesOf(weekday, WEEKDAY).map((value) => value % 7)),
      last_day,
      either_day: !isAny(day) && !isAny(weekday),
      every_hour: hours.length === HOUR.to + 1,
    };
  } catch (error) {
    if (error instanceof FieldError) return { error: error.message };
    throw error;
  }
}

class FieldError extends Error {
  override readonly name = 'FieldError';
}

/** As in cron, `*` with a step is a star too. */
function isAny(field: string): boolean {
  return /^[*?]/.test(field);
}

function valuesOf(text: string, field: Field): readonly number[] {
  const values = new Set<number>();
  for (const part of text.split(',')) for (const value of rangeOf(part, field)) values.add(value);
  return [...values].sort((a, b) => a - b);
}

function rangeOf(part: string, field: Field): readonly number[] {
  const wrong = (why: string): FieldError => new FieldError(`has "${part}" for the ${field.name}: ${why}`);
  const match = /^(?:([*?])|(\w+)(?:-(\w+))?)(?:\/(\d+))?$/.exec(part);
  if (match === null) throw wrong('allowed are *, numbers, names, ranges as 1-5 and steps as */2, with commas between');
  const [, star, first = '', last, stepText] = match;
  const step = stepText === undefined ? 1 : Number(stepText);
  if (step < 1) throw wrong('a step must be at least 1');
  const numberOf = (word: string): number => {
    const named = field.names?.indexOf(word.toUpperCase()) ?? -1;
    const value = named >= 0 ? named + (field.from === 1 ? 1 : 0) : /^\d+$/.test(word) ? Number(word) : Number.NaN;
    if (value >= field.from && value <= field.to) return value;
    const names = field.names === undefined ? '' : ` or ${field.names.join(', ')}`;
    throw wrong(`allowed is ${field.from} to ${field.to}${names}`);
  };
  // 7 is Sunday once more: as a value, not as one more day of the week.
  const end = field === WEEKDAY ? 6 : field.to;
  const from = star === undefined ? numberOf(first) : field.from;
  const to = last !== undefined ? numberOf(last) : star !== undefined || stepText !== undefined ? Math.max(end, from) : from;
  const count = to >= from ? to - from : end - field.from + 1 + to - from;
  const values: number[] = [];
  for (let at = 0; at <= count; at += step) values.push(from + at <= Math.max(end, to) ? from + at : from + at - (end - field.from + 1));
  return values;
}
