import { closeSync, writeSync } from 'node:fs';
import { expect } from 'chai';
import type { OutputSink } from '../../core/os/port.js';
import { openPipe } from '../../core/os/posix/fds.js';
import { loadKernel } from '../../core/os/posix/native.js';
import { pipeReader, type Reading } from '../../core/os/posix/pipes.js';
import { eventually } from '../../core/testing.js';
import { manyLines } from '../fixtures/many-lines.js';

describe('a pipe that is read by a handle', () => {
  let chunks: string[];
  let ended: boolean;
  let fd: number;
  let reading: Reading;
  /** What each write returns. */
  let pending: Promise<void> | undefined;

  beforeEach(async () => {
    const { libc, handles } = await loadKernel();
    if (handles === null) throw new Error('no handles');
    [chunks, ended, pending] = [[], false, undefined];
    const { read, write } = openPipe(libc);
    fd = write;
    const sink: OutputSink = {
      write: (chunk) => {
        chunks.push(Buffer.from(chunk).toString());
        return pending;
      },
      end: () => {
        ended = true;
      },
    };
    reading = pipeReader(handles, libc)(read, sink);
    reading.start();
  });

  const finish = async (): Promise<void> => {
    closeSync(fd);
    await eventually(() => ended);
  };

  it('is read at once, now and then', async () => {
    for (let number = 0; number < 50; number++) {
      writeSync(fd, `${number}\n`);
      await eventually(() => chunks.at(-1) === `${number}\n`);
      await new Promise((resolve) => void setTimeout(resolve, 2));
    }
    expect(chunks).to.have.lengthOf(50);
    await finish();
  });

  it('is read a moment later where something comes all the time and little at once, to the last of it', async () => {
    const lines = await manyLines(fd);
    await finish();
    expect(chunks.join('') === lines.join('')).to.equal(true);
    expect(chunks.length).to.be.below(lines.length / 2);
  });

  it('waits for a sink that does not follow, though it is to be read a moment later', async () => {
    await manyLines(fd, 200);
    let go = (): void => {};
    pending = new Promise((resolve) => {
      go = resolve;
    });
    const before = chunks.length;
    writeSync(fd, 'one\n');
    await eventually(() => chunks.length > before);
    writeSync(fd, 'two\n');
    const after = chunks.length;
    await new Promise((resolve) => void setTimeout(resolve, 20));
    expect(chunks).to.have.lengthOf(after);
    pending = undefined;
    go();
    await eventually(() => chunks.at(-1) === 'two\n');
    await finish();
  });
});
