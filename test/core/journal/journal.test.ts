import {
  fstatSync,
  ftruncateSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { DiskJournalFile } from '../../../core/journal/file.js';
import { Journal } from '../../../core/journal/journal.js';
import { journalLine } from '../../../core/journal/lines.js';
import { silentLogger } from '../../../core/log.js';
import { takeStateDirectory } from '../../../core/os/posix/state-directory.js';
import { type LogLine, recordingLogger } from '../../../core/testing/logger.js';
import { MemoryJournalFile } from '../../../core/testing/memory-journal.js';
import { VirtualClock } from '../../../core/testing/virtual-clock.js';
import { CAN_MOUNT, SmallDisk } from '../../fixtures/small-disk.js';

const BOOT = 'boot-1';

function open(file: MemoryJournalFile | DiskJournalFile, lines: LogLine[] = [], boot_id = BOOT): Journal {
  return new Journal(file, { boot_id, id: 'fresh', log: recordingLogger(lines), clock: new VirtualClock(), failing: () => {} });
}

/** One that may fail, and what was told of that. */
function failingOne(): {
  readonly file: MemoryJournalFile;
  readonly clock: VirtualClock;
  readonly told: unknown[];
  readonly journal: Journal;
} {
  const [file, clock, told] = [new MemoryJournalFile(), new VirtualClock(), [] as unknown[]];
  const failing = (why: string | null): void => void told.push(why);
  return { file, clock, told, journal: new Journal(file, { boot_id: BOOT, id: 'fresh', log: silentLogger, clock, failing }) };
}

const NO_ROOM = 'cannot write: no space left on device (ENOSPC)';

const all = (journal: Journal): Record<string, unknown> => Object.fromEntries(journal.under(''));

/** What is in effect after each of some changes, and the bytes of a journal that has had them all. */
function written(): { readonly bytes: Buffer; readonly states: ReadonlyMap<number, Record<string, unknown>> } {
  const file = new MemoryJournalFile();
  const journal = open(file);
  const states = new Map<number, Record<string, unknown>>();
  const note = (): void => void states.set(file.bytes?.length ?? 0, all(journal));
  note();
  for (let n = 0; n < 6; n++) {
    journal.put(`process/${n}`, { pid: n, name: 'zwölf "Boxkämpfer"\n' });
    note();
    if (n % 2 === 1) journal.delete(`process/${n - 1}`);
    note();
    journal.put('config', { n });
    note();
  }
  return { bytes: file.bytes ?? Buffer.alloc(0), states };
}

describe('the journal', () => {
  it('has in its next life what was put and not deleted in the one before', () => {
    const file = new MemoryJournalFile();
    const first = open(file);
    first.put('a', { one: 1 });
    first.put('b', [2]);
    first.put('a', { one: 'other' });
    first.delete('b');
    first.delete('never there');
    const second = open(file);
    expect(all(second)).to.deep.equal({ a: { one: 'other' } });
    expect([first.found, first.life, second.found, second.life]).to.deep.equal([false, 1, true, 2]);
    expect(second.id).to.equal(first.id);
  });

  it('lists what is under a prefix by the rest of the key', () => {
    const journal = open(new MemoryJournalFile());
    journal.put('wish/web', { run: true });
    journal.put('wish/tick/tock', { run: false });
    journal.put('other', 1);
    expect(journal.under('wish/')).to.deep.equal([
      ['web', { run: true }],
      ['tick/tock', { run: false }],
    ]);
    expect(journal.get('other')).to.equal(1);
  });

  it('has its good beginning wherever it is cut', () => {
    const { bytes, states } = written();
    for (let cut = 0; cut <= bytes.length; cut++) {
      const file = new MemoryJournalFile();
      file.bytes = bytes.subarray(0, cut);
      const lines: LogLine[] = [];
      const journal = open(file, lines);
      const good = [...states.keys()].filter((length) => length <= cut).at(-1);
      expect(all(journal), `cut at ${cut}`).to.deep.equal(good === undefined ? {} : states.get(good));
      expect(lines.length, `warnings at ${cut}`).to.equal(good === cut || cut === 0 ? 0 : 1);
      expect(all(open(file)), 'it is whole again').to.deep.equal(all(journal));
    }
  });

  it('has every line but those that are damaged, whichever byte is, unless it is of the first', () => {
    const { bytes } = written();
    const texts = bytes.toString().split('\n').slice(0, -1);
    for (let at = 0; at < bytes.length; at++) {
      const file = new MemoryJournalFile();
      file.bytes = Buffer.from(bytes);
      file.bytes.writeUInt8((bytes[at] ?? 0) ^ (1 << (at % 8)), at);
      const lines: LogLine[] = [];
      const nth = bytes.subarray(0, at).toString().split('\n').length - 1;
      // Without its end a line runs into the next.
      const lost = new Set(bytes[at] === 0x0a ? [nth, nth + 1] : [nth]);
      const expected = new MemoryJournalFile();
      expected.bytes = Buffer.from(texts.flatMap((text, index) => (lost.has(index) ? [] : [`${text}\n`])).join(''));
      const journal = open(file, lines);
      expect(all(journal), `damaged at ${at}`).to.deep.equal(nth === 0 ? {} : all(open(expected)));
      expect([journal.isDamaged, journal.found]).to.deep.equal([true, nth !== 0]);
      expect(lines.map(({ level }) => level)).to.deep.equal(['warn']);
    }
  });

  it('takes what is no journal for none, and says so', () => {
    for (const text of ['\n', 'hello\n', '\0\0\0\0\0\0\0\0\0\0', journalLine(['a', 1]), '[]\n'.repeat(1000)]) {
      const file = new MemoryJournalFile();
      file.bytes = Buffer.from(text);
      const journal = open(file);
      expect([journal.found, all(journal)]).to.deep.equal([false, {}]);
    }
  });

  it('begins anew after another boot, for nobody lives who was there', () => {
    const file = new MemoryJournalFile();
    open(file).put('a', 1);
    const lines: LogLine[] = [];
    const journal = open(file, lines, 'boot-2');
    expect([journal.found, journal.life, all(journal), lines]).to.deep.equal([false, 1, {}, []]);
  });

  it('refuses a journal of another version, and leaves it as it is', () => {
    const file = new MemoryJournalFile();
    file.bytes = Buffer.from(journalLine({ journal: 2, boot_id: BOOT, id: 'x', life: 1 }));
    const before = Buffer.from(file.bytes);
    expect(() => open(file))
      .to.throw('version 2')
      .with.property('code', 'RM_JOURNAL_VERSION');
    expect(file.bytes).to.deep.equal(before);
  });

  it('stays small however many processes come and go', () => {
    const file = new MemoryJournalFile();
    const journal = open(file);
    let most = 0;
    for (let n = 0; n < 10_000; n++) {
      journal.put(`process/${n}`, { watcher: 'web', wid: n % 10, generation: 1 });
      journal.put(`process/${n}`, { watcher: 'web', wid: n % 10, generation: 1, pid: n, start_ticks: n, started: n / 7 });
      if (n >= 10) journal.delete(`process/${n - 10}`);
      most = Math.max(most, file.bytes?.length ?? 0);
    }
    expect(most).to.be.lessThan(66_000);
    expect(file.replaced).to.be.within(10, 100);
    expect(open(file).under('process/')).to.have.lengthOf(10);
  });

  it('is rewritten ever more rarely while it grows', () => {
    const file = new MemoryJournalFile();
    const journal = open(file);
    for (let n = 0; n < 5000; n++) journal.put(`process/${n}`, { watcher: 'web', wid: n });
    expect(file.replaced).to.be.lessThan(5);
  });

  it('says once that it can not be written, and writes everything by itself when it can be again', () => {
    const { file, clock, told, journal } = failingOne();
    journal.put('a', 1);
    file.fails = 'ENOSPC';
    journal.put('b', 2);
    journal.delete('a');
    clock.advance(60_000);
    expect([told, journal.failing]).to.deep.equal([[NO_ROOM], NO_ROOM]);
    file.fails = null;
    clock.advance(1000);
    expect(all(open(file))).to.deep.equal({ b: 2 });
    expect([told, journal.failing, clock.pending]).to.deep.equal([[NO_ROOM, null], null, []]);
    journal.put('c', 3);
    expect(all(open(file))).to.deep.equal({ b: 2, c: 3 });
  });

  it('that can not be written is tried once a second, however much changes', () => {
    const { file, clock, journal } = failingOne();
    let tries = 0;
    file.replace = () => {
      tries++;
      throw new Error('no');
    };
    file.fails = 'EIO';
    for (let n = 0; n < 1000; n++) {
      journal.put('a', n);
      clock.advance(10);
    }
    expect(tries).to.be.within(10, 11);
  });

  it('that can not be added to is written anew at once, for there may be room for that', () => {
    const { file, told, journal } = failingOne();
    file.append = () => {
      throw new Error('no room at the end');
    };
    journal.put('a', 1);
    expect([all(open(file)), told]).to.deep.equal([{ a: 1 }, []]);
  });

  it('is tried once more when it is let go of', () => {
    const { file, clock, journal } = failingOne();
    file.fails = 'EROFS';
    journal.put('a', 1);
    file.fails = null;
    journal.close();
    expect([all(open(file)), clock.pending]).to.deep.equal([{ a: 1 }, []]);
  });

  it('is not touched any more once it was let go of, for it is the next life’s', () => {
    const { file, clock, journal } = failingOne();
    journal.put('a', 1);
    journal.close();
    journal.put('b', 2);
    journal.delete('a');
    journal.renew();
    expect([file.replaced, clock.pending]).to.deep.equal([1, []]);
    expect(all(open(file))).to.deep.equal({ a: 1 });
  });

  it('that could not be written has nothing left to do when it is erased', () => {
    const { file, clock, journal } = failingOne();
    file.fails = 'ENOSPC';
    journal.put('a', 1);
    journal.erase();
    expect([file.bytes, clock.pending]).to.deep.equal([null, []]);
  });

  it('is gone when it is erased', () => {
    const file = new MemoryJournalFile();
    const journal = open(file);
    journal.put('a', 1);
    journal.erase();
    journal.put('b', 2);
    journal.delete('a');
    expect(file.bytes).to.equal(null);
    expect(open(file).found).to.equal(false);
  });
});

describe('the file of a journal', () => {
  let directory: string;
  let path: string;
  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), 'ringmaster-test-'));
    path = join(directory, 'journal');
  });
  afterEach(() => rmSync(directory, { recursive: true }));

  /** Sets room aside by making the file longer, as fallocate(2) does. */
  const reserving = (fd: number, bytes: number): boolean => {
    if (fstatSync(fd).size < bytes) ftruncateSync(fd, bytes);
    return true;
  };
  const onDisk = (reserve = reserving): DiskJournalFile => new DiskJournalFile(path, reserve);
  const linesOf = (): number => readFileSync(path, 'utf8').split('\n').length - 1;

  for (const [how, reserve] of [
    ['with room set aside', reserving],
    ['where none can be', () => false],
  ] as const) {
    it(`is for its owner only, and grows by lines, ${how}`, () => {
      const journal = open(onDisk(reserve));
      journal.put('a', 'ä');
      expect(readdirSync(directory).map((name) => statSync(join(directory, name)).mode & 0o777)).to.deep.equal([0o600, 0o600]);
      expect(linesOf()).to.equal(2);
      const next = open(onDisk(reserve));
      next.put('b', 2);
      expect(all(open(onDisk(reserve)))).to.deep.equal({ a: 'ä', b: 2 });
      next.erase();
      expect(readdirSync(directory)).to.deep.equal([]);
    });

    it(`has what is in effect after any number of replacements, ${how}`, () => {
      const lines: LogLine[] = [];
      const journal = open(onDisk(reserve));
      for (let n = 0; n < 5000; n++) {
        journal.put(`a${n % 7}`, 'x'.repeat(n % 400));
        if (n % 250 === 0) expect(all(open(new MemoryJournalFile(readFileSync(path)), lines)), `after ${n}`).to.deep.equal(all(journal));
      }
      expect(lines).to.deep.equal([]);
    });
  }

  it('is told that it is cut where the room that was set aside begins, and nowhere else', () => {
    open(onDisk()).put('a', 1);
    const lines: LogLine[] = [];
    const bytes = readFileSync(path).lastIndexOf('\n') + 1;
    truncateSync(path, bytes - 2);
    truncateSync(path, bytes + 1000);
    expect(all(open(onDisk(), lines))).to.deep.equal({});
    expect(lines.map(({ message }) => message).join()).to.match(/damaged after \d+ bytes; \d\d bytes of it are dropped/);
  });

  it('is there again when it or its spare was removed by somebody', () => {
    const journal = open(onDisk());
    for (const name of ['journal', 'journal.spare']) {
      rmSync(join(directory, name));
      journal.renew();
      journal.put(name, 1);
    }
    journal.renew();
    expect(all(open(onDisk()))).to.deep.equal({ journal: 1, 'journal.spare': 1 });
  });

  it('is not written through a link that lies in the way', () => {
    const target = join(directory, 'precious');
    writeFileSync(target, 'precious');
    symlinkSync(target, join(directory, 'journal.spare'));
    const journal = open(onDisk());
    expect(journal.failing).to.include('ELOOP');
    journal.put('a', 1);
    expect(readFileSync(target, 'utf8')).to.equal('precious');
  });

  (CAN_MOUNT ? it : it.skip)('takes what a full disk has no room for, again and again, as long as it is not much more', () => {
    using disk = SmallDisk.mount(join(directory, 'disk'));
    path = join(disk.path, 'journal');
    const state = takeStateDirectory(disk.path);
    const [clock, told] = [new VirtualClock(), [] as unknown[]];
    const failing = (why: string | null): void => void told.push(why);
    const journal = new Journal(state.journal, { boot_id: BOOT, id: 'fresh', log: silentLogger, clock, failing });
    disk.fill();
    for (let n = 0; n < 5000; n++) journal.put(`a${n % 100}`, { n, filler: 'x'.repeat(100) });
    expect(told).to.deep.equal([]);
    const found = (): Record<string, unknown> => all(open(new MemoryJournalFile(readFileSync(path))));
    expect(found()).to.deep.equal(all(journal));
    for (let n = 0; told.length === 0 && n < 2000; n++) journal.put(`more${n}`, 'x'.repeat(1000));
    expect(told.join()).to.include('ENOSPC');
    disk.empty();
    clock.advance(1000);
    expect([told.length, told[1], found()]).to.deep.equal([2, null, all(journal)]);
    state.close();
  });
});
