import { expect } from 'chai';
import type { Libc } from '../../../core/os/posix/libc.js';
import { Reaper } from '../../../core/os/posix/reaper.js';
import { eventually } from '../../../core/testing.js';

const SI_PID_OFFSET = 16;

/** Children that end when they are told to, in a kernel that takes its time to find them. */
class Children {
  readonly dead: number[] = [];
  /** Whose end is told when it comes. */
  readonly watched: number[] = [];
  readonly told: number[] = [];
  looks = 0;
  readonly libc: Pick<Libc, 'waitid' | 'waitpid'>;
  readonly deaths = {
    watch: (pid: number): boolean => this.watched.push(pid) > 0,
    take: (): readonly number[] => this.told.splice(0),
  };

  constructor(look_ms: number) {
    this.libc = {
      waitid: (_kind, _id, info) => {
        this.looks += 1;
        for (const end = performance.now() + look_ms; performance.now() < end; );
        const [first = 0] = this.dead;
        new DataView(info.buffer, info.byteOffset).setInt32(SI_PID_OFFSET, first, true);
        return 0;
      },
      waitpid: (pid) => {
        const index = this.dead.indexOf(pid);
        if (index < 0) return 0;
        this.dead.splice(index, 1);
        return pid;
      },
    };
  }
}

describe('the reaper', () => {
  const left: { readonly reaper: Reaper; readonly pids: readonly number[] }[] = [];

  afterEach(() => {
    for (const { reaper, pids } of left.splice(0)) for (const pid of pids) reaper.leave(pid);
  });

  function watched(
    look_ms: number,
    pids: readonly number[],
  ): { readonly children: Children; readonly told: number[]; readonly reaper: Reaper } {
    const children = new Children(look_ms);
    const told: number[] = [];
    const reaper = new Reaper(children.libc as Libc, children.deaths);
    left.push({ reaper, pids });
    for (const pid of pids)
      reaper.adopt(
        () => pid,
        () => told.push(pid),
      );
    return { children, told, reaper };
  }

  it('takes all that have ended though there was one signal only', async () => {
    const { children, told } = watched(0, [11, 12, 13]);
    children.dead.push(12, 11, 13);
    process.emit('SIGCHLD', 'SIGCHLD');
    await eventually(() => told.length === 3, { what: 'all three to be told' });
    expect(told).to.deep.equal([12, 11, 13]);
  });

  it('tells of the first at once where a look takes long, and of the others though no signal comes any more', async () => {
    const { children, told } = watched(0.5, [21, 22, 23]);
    children.dead.push(22, 23, 21);
    process.emit('SIGCHLD', 'SIGCHLD');
    expect([told, children.looks]).to.deep.equal([[22], 1]);
    await eventually(() => told.length === 3, { what: 'all three to be told' });
    expect(told).to.deep.equal([22, 23, 21]);
  });

  it('tells of the first before it looks for others, so that what follows from it comes first', async () => {
    const { children, told } = watched(0, [41, 42]);
    children.dead.push(41, 42);
    process.emit('SIGCHLD', 'SIGCHLD');
    expect([told, children.looks]).to.deep.equal([[41], 1]);
    await eventually(() => told.length === 2, { what: 'the other to be told' });
    expect(told).to.deep.equal([41, 42]);
  });

  it('tells of others though who is told of the first throws', async () => {
    const children = new Children(0);
    const reaper = new Reaper(children.libc as Libc, { watch: () => false, take: () => [] });
    const told: number[] = [];
    const failing = (): void => {
      throw new Error('on purpose');
    };
    reaper.adopt(() => 51, failing);
    reaper.adopt(
      () => 52,
      () => told.push(52),
    );
    children.dead.push(51, 52);
    expect(() => process.emit('SIGCHLD', 'SIGCHLD')).to.throw('on purpose');
    await eventually(() => told.length === 1, { what: 'the other to be told' });
  });

  it('leaves neither a listener nor a timer behind when the last has ended', () => {
    const before = process.listenerCount('SIGCHLD');
    const { children, told } = watched(0.5, [31]);
    children.dead.push(31);
    process.emit('SIGCHLD', 'SIGCHLD');
    expect([told, process.listenerCount('SIGCHLD')]).to.deep.equal([[31], before]);
  });

  describe('of many', () => {
    const pids = Array.from({ length: 300 }, (_, index) => 1000 + index);

    it('has the kernel tell of those that it would have to look for long, when their start is over', async () => {
      const few = watched(0, pids.slice(0, 256));
      const many = watched(0, pids);
      expect(many.children.watched).to.deep.equal([]);
      await eventually(() => many.children.watched.length === pids.length, { what: 'the kernel to be asked' });
      expect(many.children.watched).to.deep.equal(pids);
      expect(few.children.watched).to.deep.equal([]);
    });

    it('asks that once for each, though they become few in between, and not of those that are gone by then', async () => {
      const { children, reaper } = watched(0, pids.slice(0, 257));
      children.dead.push(1005);
      process.emit('SIGCHLD', 'SIGCHLD');
      const adopt = (pid: number): void => {
        reaper.adopt(
          () => pid,
          () => {},
        );
        left.push({ reaper, pids: [pid] });
      };
      adopt(1998);
      reaper.leave(1998);
      adopt(1999);
      const expected = [...pids.slice(0, 257).filter((pid) => pid !== 1005), 1999];
      await eventually(() => children.watched.length === expected.length, { what: 'the kernel to be asked' });
      expect(children.watched).to.deep.equal(expected);
    });

    it('takes those it is told of without a look at the others', () => {
      const { children, told } = watched(0.5, pids);
      children.dead.push(1290, 1280);
      children.told.push(1280, 1290);
      process.emit('SIGCHLD', 'SIGCHLD');
      expect([told, children.looks]).to.deep.equal([[1280, 1290], 0]);
    });

    it('finds those that nobody has told of, though their signal was that of another', async () => {
      const { children, told } = watched(0.5, pids);
      children.dead.push(1001, 1002, 1299);
      children.told.push(1299);
      process.emit('SIGCHLD', 'SIGCHLD');
      expect(told).to.deep.equal([1299]);
      await eventually(() => told.length === 3, { what: 'all three to be told' });
      expect(told).to.deep.equal([1299, 1001, 1002]);
    });

    it('does not look for each signal of those that were all told of at once, but once when they have come', async () => {
      const { children, told } = watched(0.5, pids);
      children.dead.push(1297, 1298, 1299);
      children.told.push(1297, 1298, 1299);
      for (let signals = 0; signals < 3; signals++) process.emit('SIGCHLD', 'SIGCHLD');
      expect([told, children.looks]).to.deep.equal([[1297, 1298, 1299], 0]);
      await eventually(() => children.looks > 0, { what: 'a look for others' });
      expect(children.looks).to.equal(1);
    });

    it('looks at once where there is a signal and nobody is told of', () => {
      const { children, told } = watched(0.5, pids);
      children.dead.push(1299);
      process.emit('SIGCHLD', 'SIGCHLD');
      expect(told).to.deep.equal([1299]);
    });

    it('believes no news of a child that is another’s by now, or lives', () => {
      const { children, told } = watched(0, pids);
      children.told.push(77, 1290);
      process.emit('SIGCHLD', 'SIGCHLD');
      expect(told).to.deep.equal([]);
    });

    it('looks once for however many have been taken over at a time', async () => {
      const children = new Children(0);
      const told: number[] = [];
      const reaper = new Reaper(children.libc as Libc, children.deaths);
      left.push({ reaper, pids });
      for (const pid of pids) {
        reaper.adopt(
          () => pid,
          () => told.push(pid),
        );
        reaper.look();
      }
      children.dead.push(1005);
      await eventually(() => told.length === 1, { what: 'the one that had ended to be told' });
      // That look and one that finds no more.
      expect([told, children.looks]).to.deep.equal([[1005], 2]);
    });
  });
});
