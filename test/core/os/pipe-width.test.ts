import { expect } from 'chai';
import { C } from '../../../core/os/posix/libc.js';
import { PipeWidth } from '../../../core/os/posix/pipe-width.js';

const [FULL, NORMAL, WIDE] = [49_152, 65_536, 262_144];

describe('the width of a pipe', () => {
  let sizes: Map<number, number>;
  let refuses: boolean;
  let widths: PipeWidth[];

  beforeEach(() => {
    sizes = new Map();
    refuses = false;
    widths = [];
  });

  afterEach(() => {
    for (const width of widths) width.release();
  });

  const sizeOf = (fd: number): number => sizes.get(fd) ?? NORMAL;

  function fcntl(fd: number, command: number, bytes: number): number {
    if (command === C.F_GETPIPE_SZ) return sizeOf(fd);
    if (refuses) return -1;
    sizes.set(fd, bytes);
    return bytes;
  }

  function pipe(fd: number): PipeWidth {
    const width = new PipeWidth({ fcntl }, fd);
    widths.push(width);
    return width;
  }

  function found(width: PipeWidth, bytes: number, times: number, follows?: () => boolean): boolean {
    for (let time = 0; time < times; time++) width.found(bytes, follows);
    return width.isWide;
  }

  it('is four times as much when it was found full, or nearly so, 16 times', () => {
    const width = pipe(3);
    expect([found(width, FULL - 1, 100), found(width, FULL, 15), sizeOf(3)]).to.deep.equal([false, false, NORMAL]);
    expect([found(width, NORMAL, 1), sizeOf(3)]).to.deep.equal([true, WIDE]);
  });

  it('stays where the kernel allows no more, which is asked once', () => {
    const width = pipe(3);
    refuses = true;
    expect(found(width, FULL, 16)).to.equal(false);
    refuses = false;
    expect([found(width, FULL, 100), sizeOf(3)]).to.deep.equal([false, NORMAL]);
  });

  it('stays where whoever reads can not take more at once', () => {
    const width = pipe(3);
    expect([found(width, FULL, 16, () => false), sizeOf(3)]).to.deep.equal([false, NORMAL]);
  });

  it('is that of 64 at most at the same time', () => {
    const all = Array.from({ length: 66 }, (_, fd) => pipe(fd));
    expect(all.filter((width) => found(width, FULL, 16))).to.have.lengthOf(64);
    all[0]?.release();
    expect([found(pipe(100), FULL, 16), found(pipe(101), FULL, 16)]).to.deep.equal([true, false]);
  });

  it('counts where an earlier daemon has made it so', () => {
    sizes.set(3, WIDE);
    const width = pipe(3);
    width.measure();
    expect([width.isWide, found(pipe(4), FULL, 16)]).to.deep.equal([true, true]);
    const more = Array.from({ length: 63 }, (_, index) => found(pipe(10 + index), FULL, 16));
    expect(more.filter(Boolean)).to.have.lengthOf(62);
  });

  it('is as it was for who gets it next, if the kernel allows that', () => {
    const width = pipe(3);
    found(width, FULL, 16);
    refuses = true;
    width.narrow();
    expect([width.isWide, sizeOf(3)]).to.deep.equal([true, WIDE]);
    refuses = false;
    width.narrow();
    expect([width.isWide, sizeOf(3)]).to.deep.equal([false, NORMAL]);
  });

  it('of one that was never wide is left alone', () => {
    sizes.set(3, 8192);
    const width = pipe(3);
    width.measure();
    width.narrow();
    expect(sizeOf(3)).to.equal(8192);
  });
});
