import { expect } from 'chai';
import '../fixtures/durable/loaded.js';
import { Supervisor } from '../../core/index.js';
import { silentLogger } from '../../core/log.js';
import { FakeOs, recordEvents, VirtualClock } from '../../core/testing.js';

const STATE_DIR = '/state';

describe('troubles of a supervisor', () => {
  it('are told of by events when they begin and when they are over, of those at its start too', async () => {
    const clock = new VirtualClock();
    const os = new FakeOs(clock);
    const durable = await os.durable();
    durable.take(STATE_DIR).close();
    const journal = os.state.journals.get(STATE_DIR);
    if (journal === undefined) throw new Error('there is no journal');
    journal.fails = 'EROFS';
    const { plugin, events } = recordEvents();
    const config = { durable: true, state_dir: STATE_DIR, watchers: { web: { cmd: 'web' } } };
    await using supervisor = new Supervisor(config, { clock, os, log: silentLogger, plugins: [plugin] });
    await Promise.all([supervisor.start(), clock.advanceAsync(1000)]);
    const told = () => events.filter(({ watcher }) => watcher === 'daemon:journal');
    expect(told()).to.have.lengthOf(1);
    const [{ message, since } = { message: '', since: 0 }] = supervisor.troubles();
    expect(told()[0]).to.deep.include({ name: 'trouble', body: { time: since, reason: message } });
    journal.fails = null;
    await clock.advanceAsync(60_000);
    expect(told().map(({ name }) => name)).to.deep.equal(['trouble', 'trouble_over']);
    journal.fails = 'ENOSPC';
    await Promise.all([supervisor.find('web')?.restart(), clock.advanceAsync(1000)]);
    expect(told().map(({ name }) => name)).to.deep.equal(['trouble', 'trouble_over', 'trouble']);
    journal.fails = null;
    await Promise.all([supervisor.stop(), clock.advanceAsync(60_000)]);
  });
});
