import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync, writeSync } from 'node:fs';
import { expect } from 'chai';
import type { MarkedSink, OutputMark, OutputSink } from '../../../core/os/port.js';
import type { KeptReader } from '../../../core/os/posix/kept-reading.js';
import { eventually } from '../../../core/testing.js';
import { KeptPlace } from '../../fixtures/durable/kept.js';
import { manyLines } from '../../fixtures/many-lines.js';

/** Keeps what it is given, chunk by chunk. */
class Chunks implements OutputSink {
  readonly chunks: string[] = [];
  flushes = 0;
  ended = false;
  /** What the next write returns. */
  pending: Promise<void> | undefined;
  readonly marked?: MarkedSink;

  constructor(marked: Partial<MarkedSink> | null = {}) {
    const plain = {
      line_delay_ms: 600_000,
      longest_line: 65_536,
      mark: (): OutputMark | null => ({ dev: 1, ino: 2, size: 3 }),
      restore: () => true,
    };
    const flush = (): void => {
      this.flushes++;
    };
    if (marked !== null) this.marked = { ...plain, flush, ...marked };
  }

  get text(): string {
    return this.chunks.join('');
  }

  write(chunk: Uint8Array): void | Promise<void> {
    this.chunks.push(Buffer.from(chunk).toString('latin1'));
    return this.pending;
  }

  end(): void {
    this.ended = true;
  }
}

describe('a kept pipe', () => {
  let place: KeptPlace;
  let reader: KeptReader;

  beforeEach(async () => {
    place = new KeptPlace();
    for (const name of ['stage', 'a', 'b']) place.fifo(name);
    reader = await place.reader();
  });

  afterEach(() => {
    reader.close();
    place[Symbol.dispose]();
  });

  /** Begins to read a pipe. @returns the end to write to, and whether all is read */
  function read(name: string, sink: OutputSink): { readonly fd: number; readonly isRead: () => boolean } {
    const fd = place.reading(name);
    const write = place.writing(name);
    let ended = false;
    reader.read({ index: 7, fd }, sink, () => {
      ended = true;
    });
    return { fd: write, isRead: () => ended };
  }

  function writingTo(name: string): number {
    place.reading(name);
    return place.writing(name);
  }

  it('is read line by line until nobody has it open for writing', async () => {
    const sink = new Chunks();
    const { fd, isRead } = read('a', sink);
    writeSync(fd, 'one\n');
    await eventually(() => sink.text === 'one\n');
    writeSync(fd, 'two\nthree\n');
    await eventually(() => sink.text === 'one\ntwo\nthree\n');
    place.close(fd);
    await eventually(() => isRead());
    expect(sink.ended).to.equal(true);
  });

  it('keeps a line without an end in the pipe until its end comes', async () => {
    const sink = new Chunks();
    const { fd } = read('a', sink);
    writeSync(fd, 'one\nhalf a');
    await eventually(() => sink.text === 'one\n');
    writeSync(fd, ' line\n');
    await eventually(() => sink.text === 'one\nhalf a line\n');
    expect(sink.chunks).to.deep.equal(['one\n', 'half a line\n']);
    place.close(fd);
    await eventually(() => sink.ended);
  });

  it('takes a line without an end when it has waited long enough', async () => {
    const sink = new Chunks({ line_delay_ms: 30 });
    const { fd } = read('a', sink);
    writeSync(fd, 'password: ');
    await eventually(() => sink.text === 'password: ');
    expect(sink.flushes).to.equal(1);
    place.close(fd);
    await eventually(() => sink.ended);
  });

  it('takes a line without an end at once when nobody can end it any more', async () => {
    const sink = new Chunks();
    const { fd } = read('a', sink);
    writeSync(fd, 'one\nlast words');
    place.close(fd);
    await eventually(() => sink.ended);
    expect(sink.text).to.equal('one\nlast words');
  });

  it('takes a line that is longer than is held back, or that fills the pipe', async () => {
    const [short, full] = [new Chunks({ longest_line: 100 }), new Chunks({ longest_line: 1_000_000 })];
    const [a, b] = [read('a', short), read('b', full)];
    writeSync(a.fd, 'x'.repeat(100));
    writeSync(b.fd, 'y'.repeat(65_536));
    await eventually(() => short.text.length === 100 && full.text.length === 65_536);
    for (const { fd } of [a, b]) place.close(fd);
    await eventually(() => short.ended && full.ended);
  });

  it('reads more than the pipe holds, whole', async () => {
    const sink = new Chunks();
    const { fd } = read('a', sink);
    const lines = Array.from({ length: 6000 }, (_, n) => `line ${n}\n`).join('');
    for (let at = 0; at < lines.length; at += 50_000) {
      writeSync(fd, lines.slice(at, at + 50_000));
      const there = lines.lastIndexOf('\n', at + 50_000 - 1) + 1;
      await eventually(() => sink.text.length >= Math.min(there, lines.length));
    }
    place.close(fd);
    await eventually(() => sink.ended);
    expect(sink.text).to.equal(lines);
  });

  it('goes on at once where a write waits for room in the pipe, and something of a line is left in it', async () => {
    const sink = new Chunks();
    const { fd } = read('a', sink);
    const data = place.path('data');
    const lines = Array.from({ length: 40_000 }, (_, n) => `line ${n}\n`).join('');
    writeFileSync(data, lines);
    // In blocks of 128 KiB, twice what the pipe holds.
    const ended = once(spawn('sh', ['-c', `dd status=none bs=128k if=${data}`], { stdio: ['ignore', fd, 'inherit'] }), 'exit');
    place.close(fd);
    await eventually(() => sink.ended, { what: 'the end, with a line delay of ten minutes' });
    expect(sink.text === lines).to.equal(true);
    expect(await ended).to.deep.equal([0, null]);
  });

  describe('of somebody who has a lot to say', () => {
    const LINES = Array.from({ length: 600_000 }, (_, n) => `line ${n}\n`).join('');

    /** @returns what was read, how much at once at most, how often another daemon would not have found it all, and what the pipe held */
    async function flooded(own: KeptReader): Promise<readonly [whole: boolean, most_bytes: number, wrong: number, size: number]> {
      const other = await place.reader();
      let wrong = 0;
      const sink = new Chunks();
      const write = sink.write.bind(sink);
      sink.write = (chunk) => {
        if (other.unfinished()?.bytes.equals(chunk) !== true) wrong++;
        return write(chunk);
      };
      const fd = writingTo('a');
      own.read({ index: 7, fd: place.reading('a') }, sink, () => {});
      writeFileSync(place.path('data'), LINES);
      const flood = spawn('sh', ['-c', `dd status=none bs=128k if=${place.path('data')}`], { stdio: ['ignore', fd, 'inherit'] });
      const ended = once(flood, 'exit');
      const look = place.reading('a');
      await ended;
      const size = await place.size(look);
      place.close(fd);
      await eventually(() => sink.ended);
      other.close();
      return [sink.text === LINES, Math.max(...sink.chunks.map(({ length }) => length)), wrong, size];
    }

    it('holds more, all of which is passed at once, and as much as before when it is read', async () => {
      const [whole, most_bytes, wrong, size] = await flooded(reader);
      expect([whole, wrong, size]).to.deep.equal([true, 0, 262_144]);
      expect(most_bytes).to.be.within(65_537, 262_144);
      expect(await place.size(place.reading('a'))).to.equal(65_536);
    });

    for (const sizes of [0, 1, 2]) {
      it(`is read as it is where the kernel has ${sizes} of the pipes that it takes hold more`, async () => {
        const own = await place.reader(sizes);
        const [whole, most_bytes, wrong, size] = await flooded(own);
        expect([whole, wrong, size]).to.deep.equal([true, 0, 65_536]);
        expect(most_bytes).to.be.at.most(65_536);
        own.close();
      });
    }

    it('is read a moment later where it comes all the time and little at once, to the last of it', async () => {
      const sink = new Chunks();
      const { fd } = read('a', sink);
      const lines = await manyLines(fd);
      place.close(fd);
      await eventually(() => sink.ended);
      expect(sink.text === lines.join('')).to.equal(true);
      expect(sink.chunks.length).to.be.below(lines.length / 2);
      const next = read('a', sink);
      sink.chunks.length = 0;
      writeSync(next.fd, 'now and then\n');
      await eventually(() => sink.text === 'now and then\n');
      place.close(next.fd);
    });

    it('can be left while it is read a moment later', async () => {
      const own = await place.reader();
      const fd = writingTo('a');
      own.read({ index: 7, fd: place.reading('a') }, new Chunks(), () => {});
      await manyLines(fd, 200);
      own.close();
    });

    it('is wide for the next daemon too', async () => {
      const look = place.reading('a');
      await place.resize(look, 262_144);
      const own = await place.reader();
      const [whole, most_bytes, wrong] = await flooded(own);
      expect([whole, wrong, await place.size(look)]).to.deep.equal([true, 0, 65_536]);
      expect(most_bytes).to.be.above(65_536);
      own.close();
    });
  });

  it('reads on only when the sink follows, and others meanwhile', async () => {
    let go = (): void => {};
    const [slow, other] = [new Chunks(), new Chunks()];
    slow.pending = new Promise((resolve) => {
      go = resolve;
    });
    const [a, b] = [read('a', slow), read('b', other)];
    writeSync(a.fd, 'one\n');
    await eventually(() => slow.text === 'one\n');
    writeSync(a.fd, 'two\n');
    writeSync(b.fd, 'other\n');
    await eventually(() => other.text === 'other\n');
    expect(slow.text).to.equal('one\n');
    slow.pending = undefined;
    go();
    await eventually(() => slow.text === 'one\ntwo\n');
    for (const { fd } of [a, b]) place.close(fd);
    await eventually(() => slow.ended && other.ended);
  });

  it('is read as it comes where the sink has no place to remember', async () => {
    const [plain, unmarked] = [new Chunks(null), new Chunks({ mark: () => null })];
    const [a, b] = [read('a', plain), read('b', unmarked)];
    writeSync(a.fd, 'half');
    writeSync(b.fd, 'one\nhalf');
    await eventually(() => plain.text === 'half' && unmarked.text === 'one\n');
    expect(unmarked.flushes).to.equal(0);
    for (const { fd } of [a, b]) place.close(fd);
    await eventually(() => plain.ended && unmarked.ended);
  });

  it('has what is being written on the stage, with where it begins, until it is written', async () => {
    const seen: unknown[] = [];
    const sink = new Chunks();
    const other = await place.reader();
    sink.write = (chunk) => {
      const left = other.unfinished();
      seen.push([Buffer.from(chunk).toString(), left?.bytes.toString(), left?.intent]);
    };
    const { fd } = read('a', sink);
    writeSync(fd, 'one\ntw');
    await eventually(() => seen.length > 0);
    expect(seen).to.deep.equal([['one\n', 'one\n', { pipe: 7, mark: { dev: 1, ino: 2, size: 3 } }]]);
    expect(other.unfinished()).to.equal(null);
    place.close(fd);
    await eventually(() => sink.ended);
    other.close();
  });

  describe('of a user whose pipes hold too much already, so that the stage holds less', () => {
    for (const stage_bytes of [4096, 8192]) {
      it(`has all on the stage that was told of, ${stage_bytes} bytes at most`, async () => {
        await place.resize(place.reading('stage'), stage_bytes);
        const [own, other] = [await place.reader(), await place.reader()];
        const wrong: unknown[] = [];
        const sink = new Chunks();
        const write = sink.write.bind(sink);
        sink.write = (chunk) => {
          const left = other.unfinished();
          if (left?.bytes.toString() !== Buffer.from(chunk).toString() || left.intent?.pipe !== 7) wrong.push(left);
          return write(chunk);
        };
        const fd = writingTo('a');
        own.read({ index: 7, fd: place.reading('a') }, sink, () => {});
        const lines = Array.from({ length: 3000 }, (_, n) => `line ${n}\n`).join('');
        writeSync(fd, lines);
        place.close(fd);
        await eventually(() => sink.ended, { what: 'the end, with a line delay of ten minutes' });
        expect([sink.text === lines, wrong]).to.deep.equal([true, []]);
        for (const one of [own, other]) one.close();
      });
    }

    it('goes on at once where no end of a line is in what can be looked at', async () => {
      await place.resize(place.reading('stage'), 8192);
      const own = await place.reader();
      const sink = new Chunks();
      const fd = writingTo('a');
      own.read({ index: 7, fd: place.reading('a') }, sink, () => {});
      const line = `${'x'.repeat(30_000)}\n`;
      writeSync(fd, line);
      await eventually(() => sink.text === line, { what: 'a line, with a line delay of ten minutes' });
      place.close(fd);
      await eventually(() => sink.ended);
      own.close();
    });
  });

  it('is read again after its last writer went and another came', async () => {
    const first = new Chunks();
    const one = read('a', first);
    writeSync(one.fd, 'one\n');
    place.close(one.fd);
    await eventually(() => first.ended);
    const second = new Chunks();
    const two = read('a', second);
    writeSync(two.fd, 'two\n');
    place.close(two.fd);
    await eventually(() => second.ended);
    expect([first.text, second.text]).to.deep.equal(['one\n', 'two\n']);
  });
});
