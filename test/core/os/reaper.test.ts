import { expect } from 'chai';
import type { Libc } from '../../../core/os/posix/libc.js';
import { Reaper } from '../../../core/os/posix/reaper.js';
import { eventually } from '../../../core/testing.js';

const SI_PID_OFFSET = 16;

/** Children that end when they are told to, in a kernel that takes its time to find them. */
class Children {
  readonly dead: number[] = [];
  looks = 0;
  readonly libc: Pick<Libc, 'waitid' | 'waitpid'>;

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
  function watched(look_ms: number, pids: readonly number[]): { readonly children: Children; readonly told: number[] } {
    const children = new Children(look_ms);
    const told: number[] = [];
    const reaper = new Reaper(children.libc as Libc);
    for (const pid of pids)
      reaper.adopt(
        () => pid,
        () => told.push(pid),
      );
    return { children, told };
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
    expect(children.looks).to.equal(2);
  });

  it('tells of others though who is told of the first throws', async () => {
    const children = new Children(0);
    const reaper = new Reaper(children.libc as Libc);
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
});
