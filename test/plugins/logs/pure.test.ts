import { expect } from 'chai';
import fc from 'fast-check';
import type { OutputOptions } from '../../../core/index.js';
import { type Arranged, type Asked, arrange } from '../../../plugins/logs/arrange.js';
import { countLines, fancyPrefix, timePrefix } from '../../../plugins/logs/line-format.js';
import { sizeNewer, sizeNumbers, sizeRenames, timedName, timedSurplus } from '../../../plugins/logs/rotation-names.js';
import { firstRotation_ms, nameTime_ms, nextRotation_ms, type Schedule, suffixOf } from '../../../plugins/logs/rotation-time.js';
import { Tail } from '../../../plugins/logs/tail.js';
import { timeFormat } from '../../../plugins/logs/time-format.js';

const at = (text: string): number => Date.parse(`${text}Z`);

describe('logs: strftime', () => {
  const cases: readonly [string, string, string][] = [
    ['%Y-%m-%d %H:%M:%S', '2026-03-09T04:05:06.789', '2026-03-09 04:05:06'],
    ['%Y/%m/%d | %H:%M:%S', '2026-03-09T04:05:06', '2026/03/09 | 04:05:06'],
    ['%H:%M:%S.%f', '2026-03-09T04:05:06.789', '04:05:06.789000'],
    ['%a %A %b %B %c', '2026-03-09T04:05:06', 'Mon Monday Mar March Mon Mar  9 04:05:06 2026'],
    ['%I %p %l %P', '2026-03-09T00:05:06', '12 AM 12 am'],
    ['%j %U %W %V %G %u %w', '2027-01-03T00:00:00', '003 01 00 53 2026 7 0'],
    ['%D %F %R %T %x %X %y %C', '2026-03-09T14:05:06', '03/09/26 2026-03-09 14:05 14:05:06 03/09/26 14:05:06 26 20'],
    ['%z %Z %s', '1970-01-02T00:00:00', '+0000 UTC 86400'],
    ['100%% of %Q%', '2026-03-09T00:00:00', '100% of %Q%'],
    ['%-d.%-m. %-I%-p %_H %_5Y %5e', '2026-03-09T04:05:06', '9.3. 4AM  4  2026     9'],
    ['%^a %^b %#A %#p %10p|%05d|%0e|%-3d', '2026-03-09T04:05:06', 'MON MAR MONDAY am         AM|00009|09|  9'],
    ['%Ey %OH %Ea %-f %12F', '2026-03-09T04:05:06', '26 04 %Ea %-f   2026-03-09'],
    ['день %d', '2026-03-09T00:00:00', 'день 09'],
  ];
  for (const [format, time, expected] of cases) {
    it(`writes ${format}`, () => expect(timeFormat(format, true)(at(time))).to.equal(expected));
  }

  it('writes the next second after the last, and the same again', () => {
    const write = timeFormat('%S', true);
    expect([0, 999, 1000, 1001, 0].map(write)).to.deep.equal(['00', '00', '01', '01', '00']);
  });
});

describe('logs: names of rotated files', () => {
  const renames = (count: number, there: readonly string[]): readonly string[] =>
    sizeRenames('a.log', count, sizeNumbers('a.log', there)).map(({ from, to }) => `${from} > ${to}`);
  const bySize: readonly [number, readonly string[], readonly string[]][] = [
    [0, ['a.log'], []],
    [1, ['a.log'], ['a.log > a.log.1']],
    [1, ['a.log', 'a.log.1'], ['a.log > a.log.1']],
    [3, ['a.log', 'a.log.1'], ['a.log.1 > a.log.2', 'a.log > a.log.1']],
    [3, ['a.log', 'a.log.1', 'a.log.2', 'a.log.3'], ['a.log.2 > a.log.3', 'a.log.1 > a.log.2', 'a.log > a.log.1']],
    [3, ['a.log', 'a.log.2'], ['a.log.2 > a.log.3', 'a.log > a.log.1']],
    [1e9, ['a.log.9', 'a.log.10', 'a.log'], ['a.log.10 > a.log.11', 'a.log.9 > a.log.10', 'a.log > a.log.1']],
    [9, ['a.log.old', 'a.log.01', 'a.log.0', 'a.log.1.gz', 'b.log.1', 'xa.log.1'], ['a.log > a.log.1']],
  ];
  for (const [count, there, expected] of bySize) {
    it(`shifts ${there.join(' ')} with backup_count ${count}`, () => expect(renames(count, there)).to.deep.equal(expected));
  }

  it('knows which of those that are there were begun after an old one', () => {
    const numbers = sizeNumbers('a.log', ['a.log.1', 'a.log', 'a.log.12', 'a.log.3', 'a.log.4']);
    expect(sizeNewer('a.log', 4, 'a.log.4', numbers)).to.deep.equal(['a.log.3', 'a.log.1']);
    for (const other of ['a.log.1', 'a.log', 'a.log.2', 'a.log.12']) expect(sizeNewer('a.log', 9, other, numbers)).to.deep.equal([]);
  });

  it('never overwrites a file that was rotated by time', () => {
    const there = ['a.log.20260309', 'a.log.20260309.1'];
    expect(timedName('a.log', '20260309', (name) => there.includes(name))).to.equal('a.log.20260309.2');
    expect(timedName('a.log', '20260310', (name) => there.includes(name))).to.equal('a.log.20260310');
  });

  it('removes the oldest files rotated by time, and no others', () => {
    const names = [
      'a.log',
      'a.log.20260311',
      'a.log.20260309.10',
      'a.log.20260309.2',
      'a.log.20260309',
      'a.log.1',
      'a.log.old',
      'b.log.20200101',
    ];
    expect(timedSurplus('a.log', names, 8, 2)).to.deep.equal(['a.log.20260309', 'a.log.20260309.2']);
    expect(timedSurplus('a.log', names, 8, 9)).to.deep.equal([]);
    expect(timedSurplus('a.log', names, 8, 0)).to.deep.equal([]);
  });
});

describe('logs: times of rotation', () => {
  const schedule = (rotate_when: Schedule['rotate_when'], rotate_interval = 1): Schedule => ({ rotate_when, rotate_interval, utc: true });
  // 2026-03-09 is a Monday.
  const first: readonly [Schedule, string, string][] = [
    [schedule('S', 5), '2026-03-09T04:05:06.700', '2026-03-09T04:05:11'],
    [schedule('M'), '2026-03-09T04:05:06', '2026-03-09T04:06:06'],
    [schedule('H', 2), '2026-03-09T04:05:06', '2026-03-09T06:05:06'],
    [schedule('D'), '2026-03-09T04:05:06', '2026-03-10T04:05:06'],
    [schedule('MIDNIGHT'), '2026-03-09T04:05:06', '2026-03-10T00:00:00'],
    [schedule('W0'), '2026-03-09T04:05:06', '2026-03-10T00:00:00'],
    [schedule('W6'), '2026-03-09T04:05:06', '2026-03-16T00:00:00'],
    [schedule('W0'), '2026-03-10T00:00:00', '2026-03-17T00:00:00'],
  ];
  for (const [one, from, to] of first) {
    it(`rotates a file of ${from} by ${one.rotate_when} first at ${to}`, () => {
      expect(new Date(firstRotation_ms(one, at(from))).toISOString()).to.equal(`${to}.000Z`);
    });
  }

  it('is always in the future', () => {
    const whens = ['S', 'M', 'H', 'D', 'MIDNIGHT', 'W0', 'W3', 'W6'] as const;
    fc.assert(
      fc.property(
        fc.constantFrom(...whens),
        fc.integer({ min: 1, max: 9 }),
        fc.boolean(),
        fc.integer({ min: 0, max: 4e12 }),
        (when, interval, utc, now) => {
          const one = { rotate_when: when, rotate_interval: interval, utc };
          expect(nextRotation_ms(one, now)).to.be.greaterThan(now);
          expect(nextRotation_ms(one, now) % 1000).to.equal(0);
        },
      ),
    );
  });

  const names: readonly [Schedule, string, string][] = [
    [schedule('S'), '2026-03-09T04:05:06', '20260309040505'],
    [schedule('M', 10), '2026-03-09T04:05:00', '202603090355'],
    [schedule('H'), '2026-03-09T00:00:00', '2026030823'],
    [schedule('MIDNIGHT'), '2026-03-09T00:00:00', '20260308'],
    [schedule('W6'), '2026-03-09T00:00:00', '20260302'],
  ];
  for (const [one, rotation, suffix] of names) {
    it(`names what ends at ${rotation} by ${one.rotate_when} ${suffix}`, () => {
      const { format, digits } = suffixOf(one);
      const text = timeFormat(format, true)(nameTime_ms(one, at(rotation), at(rotation)));
      expect(text).to.equal(suffix).and.have.length(digits);
    });
  }
});

describe('logs: lines', () => {
  const bytes = (text: string): Buffer => Buffer.from(text, 'latin1');
  const prefix = timePrefix(timeFormat('%H:%M', true), () => at('2026-03-09T04:05:06'));

  it('puts time and pid before each line', () => {
    expect(prefix(bytes('a\nb\n\n'), 7, true).toString('latin1')).to.equal('04:05 [7] | a\n04:05 [7] | b\n04:05 [7] | \n');
  });

  it('puts nothing before the rest of a line', () => {
    expect(prefix(bytes('rest\nb'), 7, false).toString('latin1')).to.equal('rest\n04:05 [7] | b');
  });

  it('leaves every byte as it is', () => {
    const all = Buffer.from(Array.from({ length: 256 }, (_, byte) => byte));
    const expected = Buffer.concat([bytes('04:05 [7] | '), all.subarray(0, 11), bytes('04:05 [7] | '), all.subarray(11)]);
    expect(prefix(all, 7, true).equals(expected)).to.equal(true);
  });

  for (const shift of [-2, -1, 0, 1]) {
    it(`puts them before each of many lines, one of which ends ${shift} bytes from where the bytes are cut`, () => {
      const first = 'x'.repeat(16_384 + shift - 1);
      const rest = Array.from({ length: 30_000 }, (_, n) => `${n}\n`);
      const text = [`${first}\n`, '\n', ...rest, 'no end'];
      expect(prefix(bytes(text.join('')), 7, true).toString() === text.map((line) => `04:05 [7] | ${line}`).join('')).to.equal(true);
    });
  }

  it('writes a time that is not of ASCII as UTF-8', () => {
    const fancy = timePrefix(timeFormat('день', true), () => 0);
    expect(fancy(bytes('x\n'), 1, true).toString('utf8')).to.equal('день [1] | x\n');
  });

  it('colours each line that is not empty', () => {
    const fancy = fancyPrefix(timeFormat('%H', true), 2, () => 0);
    expect(fancy(bytes('a\n\nb\n'), 7, true).toString()).to.equal(
      '\u001b[0;32;40m00 [7] | a\u001b[0m\n\u001b[0;32;40m00 [7] | b\u001b[0m\n',
    );
  });

  it('colours more than was ever put together before', () => {
    const fancy = fancyPrefix(timeFormat('%H', true), 2, () => 0);
    const lines = Array.from({ length: 200_000 }, (_, n) => String(n));
    const expected = lines.map((line) => `\u001b[0;32;40m00 [7] | ${line}\u001b[0m\n`).join('');
    expect(fancy(bytes(`${lines.join('\n')}\n`), 7, true).toString() === expected).to.equal(true);
  });

  it('counts lines, the last without an end too', () => {
    expect(['', 'a', 'a\n', 'a\nb', '\n\n'].map((text) => countLines(bytes(text)))).to.deep.equal([0, 1, 1, 2, 2]);
  });
});

describe('logs: a tail', () => {
  const textOf = ({ bytes, lost_bytes }: { readonly bytes: Buffer; readonly lost_bytes: number }): readonly [string, number] => [
    bytes.toString(),
    lost_bytes,
  ];

  it('gives the last lines, one that has no end included', () => {
    const tail = new Tail(64, () => 0);
    expect(textOf(tail.last(3, null))).to.deep.equal(['', 0]);
    tail.add(Buffer.from('one\ntwo\n\nthr'));
    expect([0, 1, 2, 3, 4, 9].map((count) => tail.last(count, null).bytes.toString())).to.deep.equal([
      '',
      'thr',
      '\nthr',
      'two\n\nthr',
      'one\ntwo\n\nthr',
      'one\ntwo\n\nthr',
    ]);
  });

  it('gives what came since a moment', () => {
    let now_ms = 0;
    const tail = new Tail(64, () => now_ms);
    for (const text of ['a\n', 'b\n', 'c\n']) {
      tail.add(Buffer.from(text));
      now_ms += 5000;
    }
    expect([0, 1000, 5500, 10_000, 11_000].map((since_ms) => tail.last(9, since_ms).bytes.toString())).to.deep.equal([
      'a\nb\nc\n',
      'b\nc\n',
      'b\nc\n',
      'c\n',
      '',
    ]);
  });

  it('goes on from a cursor, and counts what it could not keep', () => {
    const tail = new Tail(8, () => 0);
    tail.add(Buffer.from('a\nb\n'));
    const { cursor } = tail.last(9, null);
    expect(textOf(tail.after(cursor))).to.deep.equal(['', 0]);
    tail.add(Buffer.from('c\n'));
    expect(textOf(tail.after(cursor))).to.deep.equal(['c\n', 0]);
    tail.add(Buffer.from('d\ne\nf\ng\n'));
    expect(textOf(tail.after(cursor))).to.deep.equal(['e\nf\ng\n', 4]);
    const other = new Tail(8, () => 0);
    other.add(Buffer.from('new\n'));
    expect(textOf(other.after(cursor))).to.deep.equal(['new\n', 0]);
  });

  it('keeps the last bytes, from a whole line on', () => {
    const tail = new Tail(14, () => 0);
    expect(tail.read().toString()).to.equal('');
    tail.add(Buffer.from('one\ntwo\n'));
    expect(tail.read().toString()).to.equal('one\ntwo\n');
    tail.add(Buffer.from('three\nfour\n'));
    expect(tail.read().toString()).to.equal('three\nfour\n');
    tail.add(Buffer.from('a line that is much too long\nlast\n'));
    expect(tail.read().toString()).to.equal('last\n');
  });

  it('is the end of what was added, however it came', () => {
    fc.assert(
      fc.property(fc.array(fc.string({ maxLength: 40 }), { maxLength: 30 }), (texts) => {
        const tail = new Tail(32, () => 0);
        for (const text of texts) tail.add(Buffer.from(text));
        const all = Buffer.from(texts.join(''));
        expect(all.subarray(all.length - tail.read().length).equals(tail.read())).to.equal(true);
      }),
    );
  });
});

describe('logs: what becomes of both outputs', () => {
  const file: OutputOptions = {
    type: 'file',
    filename: 'a',
    max_bytes: 0,
    backup_count: 0,
    time_format: null,
    direct: false,
    when_slow: 'block',
  };
  const nothing: Asked = { options: null, closed: false };
  const ask = (options: OutputOptions | null, closed = false): Asked => ({ options, closed });
  const own: Arranged = { kind: 'own' };
  const read = (channel: 'stdout' | 'stderr', destination: OutputOptions | { type: 'inherit' }): Arranged =>
    ({ kind: 'read', channel, destination }) as Arranged;
  const other: OutputOptions = { ...file, filename: 'b' };
  const cases: readonly [string, Asked, Asked, boolean, Arranged, Arranged][] = [
    ['nothing where nothing is asked for', nothing, nothing, false, own, own],
    ['one file each', ask(file), ask(other), false, read('stdout', file), read('stderr', other)],
    ['one pipe for one file', ask(file), ask(file), false, read('stdout', file), read('stdout', file)],
    ['one pipe where stderr is to be as stdout', ask(file), ask({ type: 'same' }), false, read('stdout', file), read('stdout', file)],
    ['one pipe where stdout is to be as stderr', ask({ type: 'same' }), ask(file), false, read('stderr', file), read('stderr', file)],
    ["the daemon's own stdout for stderr too", nothing, ask({ type: 'same' }), false, own, { kind: 'fd', fd: 1 }],
    ['what is closed stays closed', ask(file, true), ask({ type: 'same' }), false, { kind: 'null' }, { kind: 'null' }],
    ['nowhere', ask({ type: 'null' }), nothing, false, { kind: 'null' }, own],
    ['a file that processes write to', ask({ ...file, direct: true }), nothing, false, { kind: 'direct', filename: 'a' }, own],
    ['all is read for a tail', nothing, ask(null, true), true, read('stdout', { type: 'inherit' }), { kind: 'null' }],
  ];
  for (const [title, stdout, stderr, tail, first, second] of cases) {
    it(title, () => expect(arrange({ stdout, stderr }, tail)).to.deep.equal({ stdout: first, stderr: second }));
  }
});
