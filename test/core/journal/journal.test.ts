import { mkdtempSync, readFileSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { DiskJournalFile } from '../../../core/journal/file.js';
import { Journal } from '../../../core/journal/journal.js';
import { journalLine } from '../../../core/journal/lines.js';
import { type LogLine, recordingLogger } from '../../../core/testing/logger.js';
import { MemoryJournalFile } from '../../../core/testing/memory-journal.js';

const BOOT = 'boot-1';

function open(file: MemoryJournalFile | DiskJournalFile, lines: LogLine[] = [], boot_id = BOOT): Journal {
  return new Journal(file, { boot_id, id: 'fresh', log: recordingLogger(lines) });
}

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

  it('has its good beginning whichever byte is damaged', () => {
    const { bytes, states } = written();
    for (let at = 0; at < bytes.length; at++) {
      const file = new MemoryJournalFile();
      file.bytes = Buffer.from(bytes);
      file.bytes.writeUInt8((bytes[at] ?? 0) ^ (1 << (at % 8)), at);
      const lines: LogLine[] = [];
      const good = [...states.keys()].filter((length) => length <= at).at(-1);
      expect(all(open(file, lines)), `damaged at ${at}`).to.deep.equal(good === undefined ? {} : states.get(good));
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

  it('says once that it can not be written, and writes everything when it can be again', () => {
    const file = new MemoryJournalFile();
    const lines: LogLine[] = [];
    const journal = open(file, lines);
    journal.put('a', 1);
    file.fails = 'ENOSPC';
    journal.put('b', 2);
    journal.delete('a');
    file.fails = null;
    journal.put('c', 3);
    expect(all(open(file))).to.deep.equal({ b: 2, c: 3 });
    expect(lines.map(({ level, message }) => `${level}: ${message}`)).to.deep.equal([
      'error: cannot write the journal, a crash now would lose sight of processes: cannot write: no space left on device (ENOSPC)',
      'info: the journal can be written again',
    ]);
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
  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), 'ringmaster-test-'));
  });
  afterEach(() => rmSync(directory, { recursive: true }));

  it('is for its owner only, and grows by lines', () => {
    const path = join(directory, 'journal');
    const journal = open(new DiskJournalFile(path));
    journal.put('a', 'ä');
    expect(statSync(path).mode & 0o777).to.equal(0o600);
    expect(readFileSync(path, 'utf8').split('\n')).to.have.lengthOf(3);
    const next = open(new DiskJournalFile(path));
    next.put('b', 2);
    expect(all(open(new DiskJournalFile(path)))).to.deep.equal({ a: 'ä', b: 2 });
    next.erase();
    expect(() => statSync(path)).to.throw('ENOENT');
  });

  it('is not written through a link that lies in the way', () => {
    const target = join(directory, 'precious');
    writeFileSync(target, 'precious');
    symlinkSync(target, join(directory, 'journal.new'));
    const lines: LogLine[] = [];
    open(new DiskJournalFile(join(directory, 'journal')), lines).put('a', 1);
    expect(readFileSync(target, 'utf8')).to.equal('precious');
    expect(lines[0]?.message).to.include('ELOOP');
  });
});
