import { expect } from 'chai';
import { Keeper } from '../../../core/durable/keeper.js';
import { Journal } from '../../../core/journal/journal.js';
import { silentLogger } from '../../../core/log.js';
import { FakeOs, VirtualClock } from '../../../core/testing.js';
import { MemoryJournalFile } from '../../../core/testing/memory-journal.js';

describe('the record of a process with pipes that outlive the daemon', () => {
  async function recorded(pipes: readonly [number | null, number | null] | null) {
    const os = await new FakeOs(new VirtualClock()).durable();
    const journal = new Journal(new MemoryJournalFile(), { boot_id: os.boot_id, id: 'j', log: silentLogger });
    const keeper = new Keeper({ journal, os, writesWishes: true, newToken: () => 't', isDurable: () => true }, 'web');
    const spawn = keeper.kept('t', { watcher: 'web', wid: 1, generation: 0, ...(pipes && { pipes }) });
    spawn.begin();
    return { spawn, record: () => journal.get('process/t') };
  }

  it('stays until they are read to the end, though nobody of it lives', async () => {
    const { spawn, record } = await recorded([3, null]);
    spawn.gone();
    expect(record()).to.deep.include({ pipes: [3, null], gone: true });
    spawn.read();
    expect(record()).to.equal(undefined);
  });

  it('stays while somebody of it lives, though they are read to the end', async () => {
    const { spawn, record } = await recorded([3, 4]);
    spawn.read();
    expect(record()).to.deep.include({ pipes: [3, 4] });
    spawn.gone();
    expect(record()).to.equal(undefined);
  });

  it('is gone with the process where it has none', async () => {
    const { spawn, record } = await recorded(null);
    expect(spawn.pipes).to.equal(null);
    spawn.gone();
    expect(record()).to.equal(undefined);
  });
});
