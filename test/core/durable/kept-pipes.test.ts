import { execFileSync } from 'node:child_process';
import { closeSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readSync, rmSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { KeptPipes, type PipeHolder } from '../../../core/durable/kept-pipes.js';
import { type LogLine, recordingLogger } from '../../../core/testing.js';

class FakeHolder implements PipeHolder {
  pid: number | null = null;
  fails = false;
  held: readonly number[] = [];
  /** How often a process was asked for. */
  asked = 0;

  keep(fds: readonly number[]): boolean {
    if (this.pid !== null) this.held = fds;
    return this.pid !== null;
  }

  hold(fds: readonly number[]): Promise<void> {
    this.asked++;
    if (this.fails) return Promise.reject(new Error('no process'));
    this.held = fds;
    return Promise.resolve();
  }

  end(): Promise<void> {
    return this.hold([]);
  }

  kill(): void {
    this.held = [];
  }
}

describe('the stock of kept pipes', () => {
  let at: string;
  let holders: Map<string, FakeHolder>;
  let lines: LogLine[];
  /** Of the processes that an earlier daemon has left. */
  let pid: number | null;
  let isOurs = true;
  let pipes: KeptPipes;

  const open = (used: readonly number[] = []): KeptPipes => {
    const holder = (name: string): FakeHolder => {
      const made = new FakeHolder();
      made.pid = pid;
      holders.set(name, made);
      return made;
    };
    const makeFifo = (path: string): void => void execFileSync('mkfifo', [path]);
    return new KeptPipes(
      { directory: join(at, 'pipes'), log: recordingLogger(lines), isOurs: () => isOurs, makeFifo, holder },
      new Set(used),
    );
  };

  const take = async (count: number): Promise<number[]> => {
    const indexes: number[] = [];
    while (indexes.length < count) indexes.push((await pipes.acquire()).index);
    return indexes;
  };

  const read = (fd: number): string => {
    const buffer = Buffer.alloc(100);
    return buffer.toString('latin1', 0, readSync(fd, buffer));
  };

  beforeEach(() => {
    at = mkdtempSync(join(tmpdir(), 'kept-pipes-'));
    holders = new Map();
    lines = [];
    pid = null;
    isOurs = true;
    pipes = open([0]);
  });

  afterEach(async () => {
    await pipes.remove();
    rmSync(at, { recursive: true });
  });

  it('makes them 32 at once, each held by the process of its chunk before it is given out', async () => {
    expect(await take(32)).to.deep.equal(Array.from({ length: 32 }, (_, index) => index + 1));
    expect([...holders.keys()]).to.deep.equal(['pipes-0', 'pipes-1']);
    expect([...holders.values()].map(({ held }) => held.length)).to.deep.equal([32, 32]);
    expect(readdirSync(join(at, 'pipes'))).to.have.lengthOf(64);
  });

  it('touches nothing of a daemon that has made the directory anew, and writes to what is its own', async () => {
    const { index, fd } = await pipes.acquire();
    rmSync(join(at, 'pipes'), { recursive: true });
    mkdirSync(join(at, 'pipes'));
    execFileSync('mkfifo', [pipes.path(index), pipes.path(40)]);
    isOurs = false;
    const writing = pipes.openWriting(index);
    writeSync(writing, 'mine');
    closeSync(writing);
    expect(read(fd)).to.equal('mine');
    pipes.giveBack(index);
    await take(31);
    const refused = await take(1).catch((error: unknown) => String(error));
    expect(refused).to.include('is another daemon');
    await pipes.remove();
    expect(readdirSync(join(at, 'pipes')).sort()).to.deep.equal([String(index), '40']);
    pipes.leave();
    isOurs = true;
  });

  it('opens what an earlier daemon has left, with what is in it, and gives out none of those that are used', async () => {
    const { index, fd } = await pipes.acquire();
    const writing = pipes.openWriting(index);
    writeSync(writing, 'last words');
    const left = pipes;
    pipes = open([0, index]);
    left.leave();
    closeSync(writing);
    expect(() => read(fd)).to.throw('EBADF');
    expect(read(pipes.end(index).fd)).to.equal('last words');
    expect(await take(1)).to.deep.equal([2]);
  });

  it('leaves a chunk to the process that an earlier daemon has left, where all of it was there', async () => {
    await take(40);
    pipes.leave();
    pid = 7;
    rmSync(join(at, 'pipes', '35'));
    pipes = open([0]);
    await pipes.holdAgain();
    expect([...holders].map(([name, { asked, held }]) => [name, asked, held.length])).to.deep.equal([
      ['pipes-0', 0, 32],
      ['pipes-1', 1, 32],
    ]);
    expect(await take(1)).to.deep.equal([1]);
  });

  it('gives none out again that somebody still writes to, and empties what is given out', async () => {
    const [first = 0, second = 0] = await take(2);
    const [one, other] = [pipes.openWriting(first), pipes.openWriting(second)];
    writeSync(one, 'nobody asks');
    closeSync(one);
    for (const index of [first, second]) pipes.giveBack(index);
    const again = await take(31);
    expect(again).to.include(first).and.not.include(second);
    expect(lines.map(({ message }) => message)).to.deep.equal(['11 bytes of output that nobody asks for are dropped']);
    closeSync(other);
  });

  it('has none given out where no process holds it, and tries again the next time', async () => {
    const holder = holders.get('pipes-0');
    if (holder === undefined) throw new Error('no holder');
    holder.fails = true;
    const error = await pipes.acquire().catch((thrown: unknown) => thrown);
    expect(error).to.have.property('message', 'no process');
    holder.fails = false;
    expect(await take(1)).to.have.lengthOf(1);
  });

  it('removes a chunk that is not used any more when there are enough', async () => {
    const taken = await take(32);
    for (const index of taken) pipes.giveBack(index);
    expect(readdirSync(join(at, 'pipes'))).to.have.lengthOf(32);
    expect(holders.get('pipes-1')?.held).to.deep.equal([]);
    expect(await take(1)).to.deep.equal([1]);
  });

  it('leaves nothing when it is removed', async () => {
    await take(40);
    await pipes.remove();
    expect(existsSync(join(at, 'pipes'))).to.equal(false);
    expect([...holders.values()].map(({ held }) => held.length)).to.deep.equal([0, 0]);
  });

  it('has nobody hold what can not be removed', async () => {
    await take(1);
    const first = pipes.path(0);
    rmSync(first);
    mkdirSync(first);
    await pipes.remove().then(
      () => expect.fail('a directory was removed'),
      (error: unknown) => expect(error).to.have.property('code', 'ERR_FS_EISDIR'),
    );
    expect([...holders.values()].map(({ held }) => held)).to.deep.equal([[]]);
  });

  it('stays with who holds it since an earlier daemon, where nobody else can be had', async () => {
    const [holder = expect.fail('there is none')] = holders.values();
    holder.fails = true;
    holder.pid = 4711;
    await pipes.held(0);
    expect(lines.map(({ message }) => message)).to.deep.equal(['pipes stay with the process 4711 that keeps them open: no process']);
    holder.pid = null;
    await pipes.held(0).then(
      () => expect.fail('nobody holds it'),
      (error: unknown) => expect(error).to.have.property('message', 'no process'),
    );
    holder.fails = false;
  });

  it('leaves files alone that are others’ by now, and what is open is used up', async () => {
    const indexes = await take(40);
    const before = readdirSync(join(at, 'pipes'));
    pipes.detach();
    expect([...holders.values()].flatMap(({ held }) => held)).to.deep.equal([]);
    for (const index of indexes) pipes.giveBack(index);
    expect(readdirSync(join(at, 'pipes'))).to.deep.equal(before);
    pipes.leave();
  });
});
