/** Writes a moment, in milliseconds since the epoch, as text. */
export type TimeFormat = (time_ms: number) => string;

const DAYS = ['Sunday', 'Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday'];
const MONTHS = ['January', 'February', 'March', 'April', 'May', 'June', 'July', 'August', 'September', 'October', 'November', 'December'];

/** The parts of a moment, in local or universal time. */
interface Moment {
  readonly year: number;
  /** From 0. */
  readonly month: number;
  readonly day: number;
  /** From 0, Sunday. */
  readonly weekday: number;
  readonly hour: number;
  readonly minute: number;
  readonly second: number;
  readonly ms: number;
  /** Minutes east of Greenwich. */
  readonly offset: number;
  readonly zone: string;
  readonly epoch_ms: number;
}

const pad = (number: number, width = 2, filler = '0'): string => String(number).padStart(width, filler);
const twelve = (hour: number): number => hour % 12 || 12;
const dayOfYear = ({ year, month, day }: Moment): number =>
  Math.round((Date.UTC(year, month, day) - Date.UTC(year, 0, 1)) / 86_400_000) + 1;

/** What each directive stands for in the C locale. */
const DIRECTIVES: Readonly<Record<string, string | ((moment: Moment) => string)>> = {
  a: ({ weekday }) => (DAYS[weekday] ?? '').slice(0, 3),
  A: ({ weekday }) => DAYS[weekday] ?? '',
  b: ({ month }) => (MONTHS[month] ?? '').slice(0, 3),
  B: ({ month }) => MONTHS[month] ?? '',
  c: '%a %b %e %H:%M:%S %Y',
  C: ({ year }) => pad(Math.floor(year / 100)),
  d: ({ day }) => pad(day),
  D: '%m/%d/%y',
  e: ({ day }) => pad(day, 2, ' '),
  f: ({ ms }) => pad(Math.floor(ms * 1000), 6),
  F: '%Y-%m-%d',
  g: (moment) => pad(isoWeek(moment).year % 100),
  G: (moment) => String(isoWeek(moment).year),
  h: '%b',
  H: ({ hour }) => pad(hour),
  I: ({ hour }) => pad(twelve(hour)),
  j: (moment) => pad(dayOfYear(moment), 3),
  k: ({ hour }) => pad(hour, 2, ' '),
  l: ({ hour }) => pad(twelve(hour), 2, ' '),
  m: ({ month }) => pad(month + 1),
  M: ({ minute }) => pad(minute),
  n: () => '\n',
  p: ({ hour }) => (hour < 12 ? 'AM' : 'PM'),
  P: ({ hour }) => (hour < 12 ? 'am' : 'pm'),
  r: '%I:%M:%S %p',
  R: '%H:%M',
  s: ({ epoch_ms }) => String(Math.floor(epoch_ms / 1000)),
  S: ({ second }) => pad(second),
  t: () => '\t',
  T: '%H:%M:%S',
  u: ({ weekday }) => String(weekday || 7),
  U: (moment) => pad(Math.floor((dayOfYear(moment) + 6 - moment.weekday) / 7)),
  V: (moment) => pad(isoWeek(moment).week),
  w: ({ weekday }) => String(weekday),
  W: (moment) => pad(Math.floor((dayOfYear(moment) + 6 - ((moment.weekday + 6) % 7)) / 7)),
  x: '%m/%d/%y',
  X: '%H:%M:%S',
  y: ({ year }) => pad(year % 100),
  Y: ({ year }) => String(year),
  z: ({ offset }) => `${offset < 0 ? '-' : '+'}${pad(Math.floor(Math.abs(offset) / 60))}${pad(Math.abs(offset) % 60)}`,
  Z: ({ zone }) => zone,
  '%': () => '%',
};

/**
 * Makes a function of a strftime(3) format, in the C locale, with glibc's flags and widths and Python's `%f` for microseconds; what is no
 * directive stays.
 *
 * @param utc in universal time instead of local time
 */
export function timeFormat(format: string, utc = false): TimeFormat {
  const parts = parse(format);
  const write = (time_ms: number): string => {
    const moment = utc ? universal(time_ms) : local(time_ms);
    return join(parts, moment);
  };
  const step_ms = parts.includes(DIRECTIVES.f as (typeof parts)[number]) ? 1 : 1000;
  let last: number | undefined;
  let text = '';
  return (time_ms) => {
    const step = Math.floor(time_ms / step_ms);
    if (step !== last) text = write(time_ms);
    last = step;
    return text;
  };
}

type Part = string | ((moment: Moment) => string);

/** `%`, flags, width, modifier and directive; or what stands for itself. */
const PIECE = /%([-_0^#]*)(\d{0,3})([EO]?)([\s\S])|[^%]+|%/g;
/** Directives that are numbers, which flags and widths pad anew. */
const NUMBERS = 'CdegGHIjklmMsSuUVwWyY';
/** Which directives take which modifier, which means nothing in the C locale. */
const MODIFIED: Readonly<Record<string, string>> = { '': '', E: 'cCxXyY', O: 'bBdehHImMSuUVwWy' };

function parse(format: string): readonly Part[] {
  return [...format.matchAll(PIECE)].flatMap(([piece, flags = '', width = '', modifier = '', name = '']) => {
    const directive = piece !== '%' && Object.hasOwn(DIRECTIVES, name) ? DIRECTIVES[name] : undefined;
    if (directive === undefined || (modifier !== '' && !MODIFIED[modifier]?.includes(name))) return [piece];
    const parts = typeof directive === 'string' ? parse(directive) : [directive];
    if (flags === '' && width === '') return parts;
    // Python's own directive has neither.
    if (name === 'f') return [piece];
    return [(moment: Moment) => adjusted(join(parts, moment), name, flags, Number(width))];
  });
}

function join(parts: readonly Part[], moment: Moment): string {
  return parts.map((part) => (typeof part === 'string' ? part : part(moment))).join('');
}

/** @source glibc's strftime(3): flags and width of a directive */
function adjusted(text: string, name: string, flags: string, width: number): string {
  const padding = /[-_0]/.exec([...flags].reverse().join(''))?.[0];
  if (NUMBERS.includes(name)) {
    const digits = text.replace(/^[ 0]+(?=.)/, '');
    if (padding === '-') return digits.padStart(width);
    const filler = padding === '_' || (padding === undefined && 'ekl'.includes(name)) ? ' ' : '0';
    return digits.padStart(width || text.length, filler);
  }
  const lower = flags.includes('#') && (name === 'Z' || name === 'p');
  const upper = flags.includes('^') || (flags.includes('#') && 'aAbBh'.includes(name));
  const cased = lower ? text.toLowerCase() : upper ? text.toUpperCase() : text;
  return cased.padStart(width, padding === '0' ? '0' : ' ');
}

function local(time_ms: number): Moment {
  const date = new Date(time_ms);
  return {
    year: date.getFullYear(),
    month: date.getMonth(),
    day: date.getDate(),
    weekday: date.getDay(),
    hour: date.getHours(),
    minute: date.getMinutes(),
    second: date.getSeconds(),
    ms: date.getMilliseconds(),
    offset: -date.getTimezoneOffset(),
    get zone() {
      return zoneName(date);
    },
    epoch_ms: time_ms,
  };
}

/** English of different places knows the names of different zones; where none does it is the offset from GMT. */
const ENGLISH = ['en-US', 'en-GB', 'en-IN', 'en-AU', 'en-NZ', 'en-ZA'];

function zoneName(date: Date): string {
  const names = ENGLISH.map((locale) => {
    const parts = new Intl.DateTimeFormat(locale, { timeZoneName: 'short' }).formatToParts(date);
    return parts.find(({ type }) => type === 'timeZoneName')?.value ?? '';
  });
  return names.find((name) => /^[A-Z]+$/.test(name)) ?? names[0] ?? '';
}

function universal(time_ms: number): Moment {
  const date = new Date(time_ms);
  return {
    year: date.getUTCFullYear(),
    month: date.getUTCMonth(),
    day: date.getUTCDate(),
    weekday: date.getUTCDay(),
    hour: date.getUTCHours(),
    minute: date.getUTCMinutes(),
    second: date.getUTCSeconds(),
    ms: date.getUTCMilliseconds(),
    offset: 0,
    zone: 'UTC',
    epoch_ms: time_ms,
  };
}

/** Week and year of ISO 8601: weeks begin on Monday, and belong to the year that their Thursday is in. */
function isoWeek({ year, month, day, weekday }: Moment): { readonly week: number; readonly year: number } {
  const thursday = new Date(Date.UTC(year, month, day + 4 - (weekday || 7)));
  const first = Date.UTC(thursday.getUTCFullYear(), 0, 1);
  return { week: Math.floor((thursday.getTime() - first) / 604_800_000) + 1, year: thursday.getUTCFullYear() };
}
