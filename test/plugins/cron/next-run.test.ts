import { expect } from 'chai';
import fc from 'fast-check';
import { parseSchedule, type Schedule } from '../../../plugins/cron/fields.js';
import { type Zone, zoneNamed } from '../../../plugins/cron/local-time.js';
import { nextRun } from '../../../plugins/cron/next-run.js';

function schedule(text: string): Schedule {
  const parsed = parseSchedule(text);
  if ('error' in parsed) throw new Error(`${text} ${parsed.error}`);
  return parsed;
}

function zone(name: string): Zone {
  const found = zoneNamed(name);
  if (found === undefined) throw new Error(`there is no zone ${name}`);
  return found;
}

/** The next `count` runs, in UTC. */
function runs(text: string, from: string, count: number, zoneName = 'UTC'): string[] {
  const found: string[] = [];
  let at: number | null = Date.parse(from);
  for (let left = count; left > 0; left--) {
    at = nextRun(schedule(text), zone(zoneName), at);
    if (at === null) return [...found, 'never'];
    found.push(new Date(at).toISOString().replace(':00.000Z', 'Z').replace('.000Z', 'Z'));
  }
  return found;
}

describe('cron expressions', () => {
  const cases: readonly [string, string, readonly string[]][] = [
    ['* * * * *', '2024-01-01T00:00:30Z', ['2024-01-01T00:01Z', '2024-01-01T00:02Z']],
    ['*/20 * * * * *', '2024-01-01T00:00:20Z', ['2024-01-01T00:00:40Z', '2024-01-01T00:01Z', '2024-01-01T00:01:20Z']],
    ['30 4 * * *', '2024-01-01T04:30:00Z', ['2024-01-02T04:30Z', '2024-01-03T04:30Z']],
    ['0 12 * * MON-FRI', '2024-01-05T12:00:00Z', ['2024-01-08T12:00Z']],
    ['0 0 * * fri-mon', '2024-01-01T00:00:00Z', ['2024-01-05T00:00Z', '2024-01-06T00:00Z', '2024-01-07T00:00Z', '2024-01-08T00:00Z']],
    ['0 0 * * 7', '2024-01-01T00:00:00Z', ['2024-01-07T00:00Z']],
    ['5/20 9 1 jan,JUL ?', '2024-01-01T09:10:00Z', ['2024-01-01T09:25Z', '2024-01-01T09:45Z', '2024-07-01T09:05Z']],
    ['0 22-1/2 * * *', '2024-01-01T00:00:00Z', ['2024-01-01T22:00Z', '2024-01-02T00:00Z']],
    ['0 0 13 * FRI', '2024-09-07T00:00:00Z', ['2024-09-13T00:00Z', '2024-09-20T00:00Z']],
    ['0 0 29 2 *', '2096-03-01T00:00:00Z', ['2104-02-29T00:00Z']],
    ['0 0 L * *', '2024-02-01T00:00:00Z', ['2024-02-29T00:00Z', '2024-03-31T00:00Z', '2024-04-30T00:00Z']],
    ['0 0 15,L 2 *', '2023-02-01T00:00:00Z', ['2023-02-15T00:00Z', '2023-02-28T00:00Z']],
    ['@weekly', '2024-01-01T00:00:00Z', ['2024-01-07T00:00Z']],
    ['0 0 30 2 *', '2024-01-01T00:00:00Z', ['never']],
  ];
  for (const [text, from, expected] of cases) {
    it(`${text} after ${from}`, () => expect(runs(text, from, expected.length)).to.deep.equal(expected));
  }

  const zoned: readonly [string, string, string, string, readonly string[]][] = [
    ['goes by the clocks of its zone', '0 9 * * *', 'America/New_York', '2024-03-09T00:00:00Z', ['2024-03-09T14:00Z', '2024-03-10T13:00Z']],
    [
      'is as much later where clocks are put forward over it',
      '30 2 * * *',
      'Europe/Berlin',
      '2024-03-30T12:00:00Z',
      ['2024-03-31T01:30Z', '2024-04-01T00:30Z'],
    ],
    [
      'is due once where clocks are put back over it',
      '30 2 * * *',
      'Europe/Berlin',
      '2024-10-26T12:00:00Z',
      ['2024-10-27T00:30Z', '2024-10-28T01:30Z'],
    ],
    [
      'leaves no hour out, and has none twice, where it is for every hour',
      '0 * * * *',
      'Europe/Berlin',
      '2024-10-26T23:30:00Z',
      ['2024-10-27T00:00Z', '2024-10-27T01:00Z', '2024-10-27T02:00Z'],
    ],
    ['goes on through a missing hour', '*/30 * * * *', 'Europe/Berlin', '2024-03-31T00:10:00Z', ['2024-03-31T00:30Z', '2024-03-31T01:00Z']],
    ['knows zones of half hours', '15 0 * * *', 'Asia/Kolkata', '2024-01-01T00:00:00Z', ['2024-01-01T18:45Z']],
    [
      'knows clocks that are changed by half an hour',
      '45 1 * * *',
      'Australia/Lord_Howe',
      '2024-04-06T00:00:00Z',
      ['2024-04-06T14:45Z', '2024-04-07T15:15Z'],
    ],
    [
      'knows clocks that are changed at midnight',
      '0 0 * * *',
      'America/Santiago',
      '2024-09-07T12:00:00Z',
      ['2024-09-08T04:00Z', '2024-09-09T03:00Z'],
    ],
  ];
  for (const [title, text, name, from, expected] of zoned) {
    it(title, () => expect(runs(text, from, expected.length, name)).to.deep.equal(expected));
  }

  it('are due at the very minutes that a look at each would find', () => {
    const list = (min: number, max: number): fc.Arbitrary<string> =>
      fc.oneof(
        fc.constant('*'),
        fc.integer({ min: 2, max: 20 }).map((step) => `*/${step}`),
        fc.uniqueArray(fc.integer({ min, max }), { minLength: 1, maxLength: 3 }).map((values) => values.join(',')),
        fc.tuple(fc.integer({ min, max }), fc.integer({ min, max })).map(([a, b]) => `${Math.min(a, b)}-${Math.max(a, b)}`),
      );
    const text = fc.tuple(list(0, 59), list(0, 23), list(1, 28), fc.constant('*'), list(0, 6)).map((fields) => fields.join(' '));
    const names = fc.constantFrom('UTC', 'Asia/Kathmandu', 'Europe/Berlin');
    // A fortnight without a change of the clocks.
    const from = fc.integer({ min: Date.UTC(2024, 5, 1), max: Date.UTC(2024, 5, 15) });
    fc.assert(
      fc.property(text, names, from, (expression, name, after_ms) => {
        const read = schedule(expression);
        const offset = zone(name).offsetAt(after_ms);
        const found = nextRun(read, zone(name), after_ms);
        const horizon = Math.min(found ?? Number.POSITIVE_INFINITY, after_ms + 3 * 86_400_000);
        for (let at = Math.floor(after_ms / 60_000 + 1) * 60_000; at <= horizon; at += 60_000) {
          const shown = new Date(at + offset);
          const byDate = read.days.has(shown.getUTCDate());
          const byWeekday = read.weekdays.has(shown.getUTCDay());
          const onDay = read.either_day ? byDate || byWeekday : byDate && byWeekday;
          const matches = onDay && read.hours.includes(shown.getUTCHours()) && read.minutes.includes(shown.getUTCMinutes());
          if (matches !== (at === found)) return false;
        }
        return true;
      }),
      { numRuns: 150 },
    );
  });

  const wrong: readonly [string, string][] = [
    ['* * * *', '5 fields'],
    ['60 * * * *', 'has "60" for the minute: allowed is 0 to 59'],
    ['* 24 * * *', 'hour: allowed is 0 to 23'],
    ['* * 0 * *', 'day of the month: allowed is 1 to 31'],
    ['* * * 13 *', '1 to 12 or JAN, FEB'],
    ['* * * * MO', '0 to 7 or SUN, MON'],
    ['*/0 * * * *', 'a step must be at least 1'],
    ['1,,2 * * * *', 'has "" for the minute'],
    ['5-x * * * *', 'has "5-x" for the minute'],
    ['@often', '@daily'],
    ['@reboot', '@daily'],
  ];
  for (const [text, why] of wrong) {
    it(`says what is wrong with ${text}`, () => expect(parseSchedule(text)).to.have.property('error').that.includes(why));
  }

  it('knows no zone that there is none of', () => expect(zoneNamed('Europe/Atlantis')).to.equal(undefined));
});
