import { expect } from 'chai';
import type { Decision } from '../../../core/decisions.js';
import { Decisions } from '../../../core/decisions.js';
import { History } from '../../../core/durable/history.js';
import { PluginHistory } from '../../../core/durable/plugin-history.js';
import { DurableState } from '../../../core/durable/state.js';
import { WatcherHistory } from '../../../core/durable/watcher-history.js';
import { Journal } from '../../../core/journal/journal.js';
import { journalLine } from '../../../core/journal/lines.js';
import { silentLogger } from '../../../core/log.js';
import { type LogLine, recordingLogger } from '../../../core/testing/logger.js';
import { MemoryJournalFile } from '../../../core/testing/memory-journal.js';
import { FakeOs, VirtualClock } from '../../../core/testing.js';
import { Troubles } from '../../../core/troubles.js';

describe('the history', () => {
  const clock = new VirtualClock();
  const journalOf = (file: MemoryJournalFile): Journal =>
    new Journal(file, { called: 'the history', boot_id: null, id: '', log: silentLogger, clock, failing: () => {} });
  const opened = (file: MemoryJournalFile): History => {
    const history = new History(clock);
    history.open(journalOf(file));
    return history;
  };
  const toldIn = (file: MemoryJournalFile, name: string): readonly Decision[] => new WatcherHistory(opened(file)).take(name);

  it('has what is decided in one turn written at its end, by one write', async () => {
    const file = new MemoryJournalFile();
    const kept = new WatcherHistory(opened(file));
    const decisions = new Decisions({ clock, decided: (wid, those) => kept.put('web', wid, those) });
    const before = file.bytes?.length;
    const appended: string[] = [];
    const append = file.append.bind(file);
    file.append = (text) => {
      appended.push(text);
      append(text);
    };
    for (const wid of [1, 2, 1]) decisions.add('respawn', 'core', `again ${wid}`, { wid });
    decisions.add('scale', 'request', 'asked for 3');
    expect(file.bytes?.length).to.equal(before);
    await clock.advanceAsync(0);
    expect(appended.map((text) => text.trim().split('\n').length)).to.deep.equal([3]);
    expect(toldIn(file, 'web')).to.have.deep.members(decisions.list());
  });

  it('has no more than is known, and nothing of a watcher that is gone', async () => {
    const file = new MemoryJournalFile();
    const kept = new WatcherHistory(opened(file));
    const decisions = new Decisions({ clock, decided: (wid, those) => kept.put('a/b', wid, those) });
    for (let wid = 0; wid < 150; wid++) decisions.add('respawn', 'core', 'again', { wid });
    for (let count = 0; count < 30; count++) decisions.add('stop', 'request', 'asked to stop');
    await clock.advanceAsync(0);
    expect(toldIn(file, 'a/b')).to.have.deep.members(decisions.list()).and.have.length(120);
    const next = new WatcherHistory(opened(file));
    next.keepOnly((name) => name !== 'a/b');
    await clock.advanceAsync(0);
    expect([next.take('a/b'), toldIn(file, 'a/b')]).to.deep.equal([[], []]);
  });

  it('takes nothing that it does not know', () => {
    const header = { journal: 1, boot_id: '', id: '', life: 1 };
    const text = [header, ['decisions/1/web', 'odd'], ['other', 1]].map(journalLine).join('');
    expect(toldIn(new MemoryJournalFile(Buffer.from(text)), 'web')).to.deep.equal([]);
  });

  it('has what each plugin has kept, whatever that is called, and of no others', () => {
    const file = new MemoryJournalFile();
    const first = new PluginHistory(opened(file));
    for (const [plugin, key] of [
      ['@acme/one', 'a/b'],
      ['@acme/two', 'a'],
      ['@acme', 'one/a'],
      ['50%', '__proto__'],
      ['gone', 'a'],
    ] as const)
      first.keep(plugin, key, `${plugin} ${key}`);
    const history = opened(file);
    const kept = new PluginHistory(history).of(new Set(['@acme/one', '@acme/two', '@acme', '50%', 'control']));
    expect(Object.entries(kept).map(([plugin, values]) => [plugin, ...Object.entries(values).flat()])).to.deep.equal([
      ['@acme/one', 'a/b', '@acme/one a/b'],
      ['@acme/two', 'a', '@acme/two a'],
      ['@acme', 'one/a', '@acme one/a'],
      ['50%', '__proto__', '50% __proto__'],
    ]);
    expect(history.under('')).to.have.length(4);
  });

  for (const [when, history, writeAll] of [
    ['in a file', opened(new MemoryJournalFile()), (kept: History) => kept.renew()],
    ['before there is one', new History(clock), (kept: History) => kept.open(journalOf(new MemoryJournalFile()))],
  ] as const) {
    it(`has a value as it was when it was kept ${when}, and none that is no JSON`, () => {
      const kept = new PluginHistory(history);
      const value: Record<string, unknown> = { count: 1 };
      kept.keep('one', 'value', value);
      value.count = 2n;
      for (const none of [value, () => {}, Symbol('none')]) expect(() => kept.keep('one', 'none', none)).to.throw(TypeError);
      writeAll(history);
      expect(history.under('')).to.deep.equal([['plugin/one/value', { count: 1 }]]);
    });
  }

  it('of thousands of entries is there at once', () => {
    const history = opened(new MemoryJournalFile());
    const kept = new PluginHistory(history);
    history.under = () => Array.from({ length: 5000 }, (_, seq) => [`control/entry/${seq}`, seq] as const);
    expect(Object.keys(kept.of(new Set(['control'])).control ?? {})).to.have.length(5000);
  });

  it('that can not be written, or is of another version, keeps nobody from anything, and is told of once', async () => {
    const lines: LogLine[] = [];
    const log = recordingLogger(lines);
    const os = await new FakeOs(clock).durable();
    const directory = os.take('/state');
    const file = directory.history as MemoryJournalFile;
    directory.close();
    file.bytes = Buffer.from(journalLine({ journal: 99, boot_id: '', id: '', life: 1 }));
    file.fails = 'EROFS';
    const troubles = new Troubles(clock, log);
    const history = new History(clock);
    const state = new DurableState('/state', {
      os,
      log,
      clock,
      troubles,
      history,
      config: { watchers: {}, sockets: {} },
      isDefault: () => true,
    });
    for (let count = 0; count < 5; count++) {
      history.put('key', count);
      await clock.advanceAsync(1500);
    }
    expect(lines.map(({ level, message }) => `${level} ${message}`)).to.deep.equal([
      'warn what audit and why told before is lost, the history in /state can not be read: the journal is of version 99, only 1 is known here',
      'error cannot write the history in /state, a crash now would lose what audit and why tell: cannot write: read-only file system (EROFS)',
    ]);
    expect(troubles.list().map(({ name }) => name)).to.deep.equal(['history']);
    file.fails = null;
    await clock.advanceAsync(1500);
    expect([troubles.list(), lines.at(-1)?.message]).to.deep.equal([[], 'the history is written again; nothing is missing in it']);
    expect(opened(file).under('')).to.deep.include(['key', 4]);
    file.fails = 'EROFS';
    state.end(true);
    expect([lines.at(-1)?.message.startsWith('the history is left'), state.journal.failing]).to.deep.equal([true, null]);
  });
});
