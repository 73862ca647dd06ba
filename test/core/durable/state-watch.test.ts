import { expect } from 'chai';
import { History } from '../../../core/durable/history.js';
import { StateWatch } from '../../../core/durable/state-watch.js';
import { RingmasterError } from '../../../core/errors.js';
import { Journal } from '../../../core/journal/journal.js';
import { silentLogger } from '../../../core/log.js';
import type { StateDirectory } from '../../../core/os/durable.js';
import { type LogLine, recordingLogger } from '../../../core/testing/logger.js';
import { MemoryJournalFile } from '../../../core/testing/memory-journal.js';
import { VirtualClock } from '../../../core/testing/virtual-clock.js';
import { Troubles } from '../../../core/troubles.js';

const PERIOD_MS = 5000;
type Found = Awaited<ReturnType<StateDirectory['look']>>;

class Watched {
  readonly clock = new VirtualClock();
  readonly lines: LogLine[] = [];
  readonly troubles = new Troubles(this.clock, recordingLogger(this.lines));
  readonly file = new MemoryJournalFile();
  readonly journal = new Journal(this.file, { boot_id: 'b', id: 'j', log: silentLogger, clock: this.clock, failing: () => {} });
  readonly told = new MemoryJournalFile();
  readonly history = new History(this.clock);
  found: Found | Promise<Found> = 'whole';
  refusal: string | null = null;
  renewed = 0;
  readonly watch = new StateWatch({
    clock: this.clock,
    journal: this.journal,
    history: this.history,
    troubles: this.troubles,
    renewed: () => {
      this.renewed++;
    },
    directory: {
      path: '/state',
      journal: this.file,
      history: this.told,
      left_at: null,
      last_alive: null,
      look: async () => this.found,
      isThere: () => this.found !== 'elsewhere',
      retake: () => {
        if (this.refusal !== null) throw new RingmasterError('RM_STATE_DIR', ['/state', this.refusal]);
        this.found = 'whole';
      },
      close: () => {},
    },
  });

  get messages(): readonly string[] {
    return this.troubles.list().map(({ message }) => message);
  }
  get replaced(): number {
    return this.file.replaced;
  }
}

describe('the watch over a state directory', () => {
  it('writes nothing and says nothing while all is there', async () => {
    const watched = new Watched();
    await watched.clock.advanceAsync(20 * PERIOD_MS);
    expect([watched.replaced, watched.lines, watched.renewed]).to.deep.equal([1, [], 0]);
    watched.watch[Symbol.dispose]();
    expect(watched.clock.pending).to.deep.equal([]);
  });

  it('has a journal written again that somebody removed', async () => {
    const watched = new Watched();
    watched.found = 'without_journal';
    await watched.clock.advanceAsync(PERIOD_MS);
    expect([watched.replaced, watched.renewed]).to.deep.equal([2, 0]);
  });

  it('takes what is there instead, and has everything written there', async () => {
    const watched = new Watched();
    watched.found = 'elsewhere';
    await watched.clock.advanceAsync(3 * PERIOD_MS);
    expect([watched.replaced, watched.renewed, watched.messages]).to.deep.equal([2, 1, []]);
    expect(watched.lines.map(({ level, message }) => `${level} ${message}`)).to.deep.equal([
      'error a crash now would lose sight of processes, for the state directory /state is not the one any more that was taken: was it removed, or did a mount come or go?',
      'info the state directory /state was taken anew; what runs is noted down there',
    ]);
  });

  it('says why it can not be had as long as that is so, with two lines in the log, and tries again', async () => {
    const watched = new Watched();
    watched.found = 'elsewhere';
    watched.refusal = 'it can not be made';
    await watched.clock.advanceAsync(10 * PERIOD_MS);
    expect(watched.messages.join()).to.match(
      /lose sight of processes, for the state directory \/state is not there any more: .*it can not be made/,
    );
    expect([watched.lines.length, watched.replaced]).to.deep.equal([1, 1]);
    watched.refusal = null;
    await watched.clock.advanceAsync(PERIOD_MS);
    expect([watched.messages, watched.lines.length, watched.replaced]).to.deep.equal([[], 2, 2]);
  });

  it('goes on with the one that was taken when that is there again', async () => {
    const watched = new Watched();
    watched.found = 'elsewhere';
    watched.refusal = 'it can not be made';
    await watched.clock.advanceAsync(2 * PERIOD_MS);
    watched.found = 'whole';
    await watched.clock.advanceAsync(PERIOD_MS);
    expect([watched.messages, watched.renewed, watched.replaced]).to.deep.equal([[], 0, 1]);
    expect(watched.lines.at(-1)?.message).to.equal('the state directory /state is there again');
  });

  it('says that it does not answer, asks nobody twice, and goes on when it does', async () => {
    const watched = new Watched();
    let answer: (found: Found) => void = () => {};
    let asked = 0;
    watched.found = new Promise((resolve) => {
      asked++;
      answer = resolve;
    });
    await watched.clock.advanceAsync(4 * PERIOD_MS);
    expect([asked, watched.messages.join()]).to.deep.equal([
      1,
      'a crash now would lose sight of processes, for the state directory /state does not answer for 15 s',
    ]);
    answer('whole');
    await watched.clock.advanceAsync(PERIOD_MS);
    expect(watched.messages).to.deep.equal([]);
  });

  it('does nothing with an answer that comes after its end', async () => {
    const watched = new Watched();
    let answer: (found: Found) => void = () => {};
    watched.found = new Promise((resolve) => {
      answer = resolve;
    });
    await watched.clock.advanceAsync(PERIOD_MS);
    watched.watch[Symbol.dispose]();
    answer('elsewhere');
    await watched.clock.advanceAsync(PERIOD_MS);
    expect([watched.renewed, watched.lines, watched.clock.pending]).to.deep.equal([0, [], []]);
  });
});
