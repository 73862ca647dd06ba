import { expect } from 'chai';
import { type LogLine, recordingLogger, VirtualClock } from '../../../core/testing.js';
import { type Delivery, type Letter, Outbox } from '../../../plugins/notify/outbox.js';

/** An outbox, and a post office that answers as the test says. */
class Office {
  readonly clock = new VirtualClock();
  readonly lines: LogLine[] = [];
  readonly controller = new AbortController();
  /** When what was tried. */
  readonly tried: [number, string][] = [];
  readonly dropped: number[] = [];
  readonly outbox: Outbox;
  answer: (name: string, nth: number) => Delivery = () => ({ ok: true });

  constructor({ max_per_minute = null, max_queue = 100 }: { readonly max_per_minute?: number | null; readonly max_queue?: number } = {}) {
    const { clock } = this;
    this.outbox = new Outbox({ clock, log: recordingLogger(this.lines), signal: this.controller.signal, max_per_minute, max_queue });
  }

  post(name: string, attempts = 5): void {
    const letter: Letter = {
      options: { attempts, retry_in: 1, retry_cap: 60 },
      fields: { event: name },
      send: async (dropped) => {
        this.tried.push([this.clock.now(), name]);
        this.dropped.push(dropped);
        return this.answer(name, this.tried.filter(([, tried]) => tried === name).length);
      },
    };
    this.outbox.add(letter);
  }

  messages(level: LogLine['level']): string[] {
    return this.lines.filter((line) => line.level === level).map(({ message }) => message);
  }
}

const FAILED: Delivery = { ok: false, why: 'hooks.example: answered 503', again: true };

describe('outbox', () => {
  it('sends one after the other, in order', async () => {
    const office = new Office();
    for (const name of ['a', 'b', 'c']) office.post(name);
    await office.clock.advanceAsync(0);
    expect(office.tried.map(([, name]) => name)).to.deep.equal(['a', 'b', 'c']);
    expect(office.outbox.size).to.equal(0);
  });

  it('tries again, ever later, before it goes on to the next', async () => {
    const office = new Office();
    office.answer = (name, nth) => (name === 'a' && nth < 4 ? FAILED : { ok: true });
    office.post('a');
    office.post('b');
    await office.clock.advanceAsync(10_000);
    expect(office.tried).to.deep.equal([
      [0, 'a'],
      [1000, 'a'],
      [3000, 'a'],
      [7000, 'a'],
      [7000, 'b'],
    ]);
    expect(office.messages('warn')).to.have.length(3);
  });

  it('gives up after so many attempts, or at once where another would be of no use, and says so', async () => {
    const office = new Office();
    office.answer = (name) => (name === 'a' ? FAILED : { ok: false, why: 'hooks.example: answered 404', again: false });
    office.post('a', 2);
    office.post('b', 2);
    await office.clock.advanceAsync(5000);
    expect(office.tried.map(([, name]) => name)).to.deep.equal(['a', 'a', 'b']);
    expect(office.messages('error').join('\n')).to.include('answered 503, after 2 attempts').and.to.include('answered 404');
  });

  it('waits as long as the receiver asks', async () => {
    const office = new Office();
    office.answer = (_, nth) => (nth === 1 ? { ok: false, why: 'busy', again: true, wait_ms: 20_000 } : { ok: true });
    office.post('a');
    await office.clock.advanceAsync(30_000);
    expect(office.tried.map(([at]) => at)).to.deep.equal([0, 20_000]);
  });

  it('sends no more in a minute than it may; the rest waits', async () => {
    const office = new Office({ max_per_minute: 2 });
    for (const name of ['a', 'b', 'c', 'd', 'e']) office.post(name);
    await office.clock.advanceAsync(150_000);
    expect(office.tried.map(([at]) => at)).to.deep.equal([0, 0, 60_000, 60_000, 120_000]);
  });

  it('drops the oldest that wait where there are too many, says so once, and counts them in the next', async () => {
    const office = new Office({ max_queue: 3 });
    office.answer = (name, nth) => (name === 'a' && nth === 1 ? FAILED : { ok: true });
    for (const name of ['a', 'b', 'c', 'd', 'e', 'f']) office.post(name);
    await office.clock.advanceAsync(5000);
    expect(office.tried.map(([, name]) => name)).to.deep.equal(['a', 'a', 'e', 'f']);
    expect(office.dropped).to.deep.equal([3, 3, 0, 0]);
    expect(office.messages('warn').filter((text) => text.includes('dropped'))).to.deep.equal([
      'more than 3 events wait to be told: the oldest are dropped',
    ]);
  });

  it('holds nothing back any more when it is to be emptied', async () => {
    const office = new Office({ max_per_minute: 1 });
    for (const name of ['a', 'b', 'c']) office.post(name);
    await office.clock.advanceAsync(0);
    expect(office.tried).to.have.length(1);
    await office.outbox.empty();
    expect(office.tried).to.deep.equal([
      [0, 'a'],
      [0, 'b'],
      [0, 'c'],
    ]);
  });

  it('ends at once when its plugin is closed, whatever it waits for, and leaves no timer', async () => {
    for (const answer of [FAILED, { ok: true } as const]) {
      const office = new Office({ max_per_minute: 1 });
      office.answer = () => answer;
      office.post('a');
      office.post('b');
      await office.clock.advanceAsync(10);
      expect(office.clock.pending).to.have.length(1);
      office.controller.abort();
      await office.outbox.empty();
      expect(office.clock.pending).to.deep.equal([]);
      expect(office.tried.map(([, name]) => name)).to.deep.equal(['a']);
    }
  });
});
