import { expect } from 'chai';
import { checkWatcher } from '../../../core/config/index.js';
import { History } from '../../../core/durable/history.js';
import { Keeper } from '../../../core/durable/keeper.js';
import { WatcherHistory } from '../../../core/durable/watcher-history.js';
import { Journal } from '../../../core/journal/journal.js';
import { silentLogger } from '../../../core/log.js';
import { MemoryJournalFile } from '../../../core/testing/memory-journal.js';
import { FakeOs, VirtualClock } from '../../../core/testing.js';

describe('the record of a process with pipes that outlive the daemon', () => {
  async function recorded(pipes: readonly [number | null, number | null] | null) {
    const clock = new VirtualClock();
    const os = await new FakeOs(clock).durable();
    const journal = new Journal(new MemoryJournalFile(), { boot_id: os.boot_id, id: 'j', log: silentLogger, clock, failing: () => {} });
    const released: string[] = [];
    const keeper = new Keeper(
      {
        ...{ journal, os, decided: new WatcherHistory(new History(clock)), writesWishes: true, newToken: () => 't', isDurable: () => true },
        released: (token) => void released.push(token),
      },
      'web',
    );
    const spawn = keeper.kept('t', { watcher: 'web', wid: 1, generation: 0, ...(pipes && { pipes }) });
    spawn.begin();
    return { keeper, spawn, released, record: (key = 'process/t') => journal.get(key) };
  }

  it('stays until they are read to the end, though nobody of it lives', async () => {
    const { spawn, record } = await recorded([3, null]);
    spawn.gone();
    expect(record()).to.deep.include({ pipes: [3, null], gone: true });
    spawn.read(3);
    expect(record()).to.equal(undefined);
  });

  it('stays while somebody of it lives, though they are read to the end', async () => {
    const { spawn, record } = await recorded([3, 4]);
    spawn.read(3);
    spawn.read(4);
    expect(record()).to.have.property('watcher', 'web');
    spawn.gone();
    expect(record()).to.equal(undefined);
  });

  it('names no pipe any more that is read, and that another may have', async () => {
    const { spawn, record } = await recorded([3, 4]);
    spawn.read(3);
    expect(record()).to.have.property('pipes').deep.equal([null, 4]);
    const both = await recorded([5, 5]);
    both.spawn.read(5);
    expect(both.record()).to.have.property('pipes').deep.equal([null, null]);
  });

  it('tells that its processes are released, which is none of them gone', async () => {
    const { spawn, released, record } = await recorded(null);
    spawn.released();
    spawn.released();
    expect([record(), released]).to.deep.equal([undefined, ['t']]);
    const unread = await recorded([3, null]);
    unread.spawn.released();
    expect(unread.record()).to.deep.include({ pipes: [3, null], gone: true, released: true });
    unread.spawn.read(3);
    expect(unread.record()).to.equal(undefined);
    const other = await recorded(null);
    other.spawn.gone();
    other.spawn.released();
    expect(other.released).to.deep.equal([]);
  });

  it('keeps the options of a watcher that is gone on record, for what says where it is read to, and no longer', async () => {
    const { keeper, spawn, record } = await recorded([3, null]);
    const { spec: options } = checkWatcher('web', { cmd: 'web' });
    keeper.note(options, 'run_time');
    keeper.removed(options);
    spawn.released();
    keeper.forget();
    expect(record('watcher/web')).to.deep.include({ origin: 'run_time', removed: true });
    spawn.read(3);
    expect(record('watcher/web')).to.equal(undefined);
  });

  it('is gone with the process where it has none', async () => {
    const { spawn, record } = await recorded(null);
    expect(spawn.pipes).to.equal(null);
    spawn.gone();
    expect(record()).to.equal(undefined);
  });
});
