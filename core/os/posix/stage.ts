import { closeSync, constants, existsSync, fstatSync, openSync, readFileSync, readSync, rmSync, writeSync } from 'node:fs';
import type { KeptReaderOptions, Unfinished } from '../kept.js';
import { errnoName, errnoOf, OsError } from '../os-error.js';
import type { OutputMark } from '../port.js';
import { check, openPipe } from './fds.js';
import { INTENT_BYTES, readIntent, writeIntent } from './intent.js';
import { C, type Libc } from './libc.js';
import type { PipeCalls } from './pipe-calls.js';
import { PIPE_BYTES, WIDE_BYTES } from './pipe-width.js';

/** Before what was read, for what a sink held back of before. */
export const ROOM_BYTES = 64 * 1024;
const { O_RDWR, O_CREAT, O_NOFOLLOW, O_NONBLOCK, O_RDONLY, O_WRONLY } = constants;
/** @source fcntl.h */
const SPLICE_F_NONBLOCK = 2;
/** @source poll(2): struct pollfd is an int and two shorts */
const POLLFD_BYTES = 8;
const EVENTS_AT = 4;
const POLLOUT = 4;

/** A pipe that is looked into by a copy of what is in it, which is taken out again at once. */
interface Scratch {
  readonly read: number;
  readonly write: number;
  /** As much is copied at most. */
  readonly bytes: number;
}

/**
 * Bytes on their way from a pipe to a file. They are in the kernel at each moment: in the pipe, or in the stage until they are
 * written; and where they begin in the file is told before they get onto the stage. So the next daemon knows what was about to be
 * written, takes away what there is of it, and writes it.
 *
 * @source tee(2), splice(2)
 */
export class Stage implements Disposable {
  /** What was looked at, until the next look. */
  readonly buffer = Buffer.allocUnsafeSlow(ROOM_BYTES + WIDE_BYTES).subarray(ROOM_BYTES);
  readonly #libc: Libc;
  readonly #calls: PipeCalls;
  readonly #intent = Buffer.alloc(INTENT_BYTES);
  readonly #fds: number[] = [];
  readonly #in: number;
  readonly #out: number;
  readonly #record: number;
  readonly #nowhere: number;
  /** Of as many pages as most pipes, so that it is full with what is in a full one. */
  readonly #scratch: Scratch;
  /** The same for pipes that were made wide. */
  readonly #wideScratch: Scratch;
  /** Where what is on the stage goes if not all of it can be looked at. */
  readonly #rest: string;
  readonly #room = Buffer.alloc(POLLFD_BYTES);
  #sequence = 0;
  #isWide = false;

  /** @throws what the system says where a file can't be opened */
  constructor(libc: Libc, calls: PipeCalls, { stage, intent }: Pick<KeptReaderOptions, 'stage' | 'intent'>) {
    this.#libc = libc;
    this.#calls = calls;
    this.#rest = `${stage}.rest`;
    this.#out = this.#open(stage, O_RDONLY | O_NONBLOCK | O_NOFOLLOW);
    this.#in = this.#open(stage, O_WRONLY | O_NONBLOCK | O_NOFOLLOW);
    this.#record = this.#keep(() => openRecord(intent));
    this.#nowhere = this.#open('/dev/null', O_WRONLY);
    this.#scratch = this.#openScratch(PIPE_BYTES);
    this.#wideScratch = this.#openScratch(WIDE_BYTES);
    // What was looked at has to fit onto the stage at once, which holds less where the user's pipes held much when it was made.
    const held = this.#size(this.#out);
    if (this.#size(this.#scratch.read) > held) {
      check(libc, libc.fcntl(this.#scratch.read, C.F_SETPIPE_SZ, held), 'fcntl', 'cannot have a smaller pipe');
    }
    this.#room.writeInt16LE(POLLOUT, EVENTS_AT);
  }

  /** Has it take as much at once as is in a wide pipe. @returns whether it does, which the kernel may refuse */
  widen(): boolean {
    this.#isWide ||= [this.#wideScratch.read, this.#out].every((fd) => this.#libc.fcntl(fd, C.F_SETPIPE_SZ, WIDE_BYTES) >= 0);
    return this.#isWide;
  }

  /**
   * Copies the beginning of what is in a pipe into the buffer, and leaves it there.
   *
   * @param isWide whether the pipe is
   * @returns how many bytes; 0 where nobody writes to it any more; -1 where there is nothing now
   * @throws OsError
   */
  look(fd: number, isWide: boolean): number {
    const scratch = this.#scratchFor(isWide);
    const found = this.#copy(fd, scratch);
    if (found < 0) return this.#nothing('tee');
    this.#take(scratch, found);
    return found;
  }

  /** Looks again. @returns how many bytes, where it is all that can be looked at, so that waiting for more is in vain; else 0 */
  lookInVain(fd: number, isWide: boolean): number {
    const scratch = this.#scratchFor(isWide);
    const found = this.#copy(fd, scratch);
    if (found <= 0) return 0;
    this.#room.writeInt32LE(scratch.write, 0);
    const isFull = this.#calls.poll(this.#room, 1, 0) === 0;
    this.#take(scratch, found);
    return isFull ? found : 0;
  }

  /** Reads into the buffer; what is returned is as of `look`. @throws OsError */
  read(fd: number, bytes = WIDE_BYTES): number {
    const count = this.#calls.read(fd, this.buffer, bytes);
    return count < 0 ? this.#nothing('read') : count;
  }

  /** Leaves word of what is about to be passed. @throws what the system says: then an earlier word may still be there, and nothing may be passed */
  tell(pipe: number, bytes: number, mark: OutputMark): void {
    writeIntent(this.#intent, { sequence: ++this.#sequence, pipe, bytes, ...mark });
    writeSync(this.#record, this.#intent, 0, INTENT_BYTES, 0);
  }

  /**
   * Takes the first bytes out of a pipe, which were looked at and told, and has them written by `write` before it returns.
   *
   * @param write is given how many there are: fewer where somebody else reads from the pipe too
   * @throws OsError
   */
  pass(fd: number, bytes: number, write: (bytes: number) => void): void {
    const moved = this.#calls.splice(fd, null, this.#in, null, bytes, SPLICE_F_NONBLOCK);
    check(this.#calls, moved, 'splice', 'cannot take output from a pipe');
    try {
      write(moved);
    } finally {
      this.#clear(moved);
    }
  }

  /** What an earlier daemon has left on the stage; null for nothing. `clear` is due when it is written. */
  unfinished(): Unfinished | null {
    const bytes = this.#left();
    if (bytes.length === 0) return null;
    const read = readSync(this.#record, this.#intent, 0, INTENT_BYTES, 0);
    const intent = read === INTENT_BYTES ? readIntent(this.#intent) : null;
    if (intent === null) return { bytes, intent };
    const { dev, ino, size } = intent;
    if (bytes.length === intent.bytes) return { bytes, intent: { pipe: intent.pipe, mark: { dev, ino, size } } };
    // It had begun to clear the stage, so all of it was written.
    this.clear();
    return null;
  }

  clear(): void {
    const found = this.look(this.#out, true);
    if (found > 0) this.#clear(found);
    rmSync(this.#rest, { force: true });
  }

  [Symbol.dispose](): void {
    for (const fd of this.#fds.splice(0)) closeSync(fd);
  }

  /**
   * What is on the stage, all of it. Where it was bigger when it was made than a pipe may be now, it is moved to a file beside it: the kernel
   * does that in one step for each piece, so that both together have all of it however this ends.
   */
  #left(): Buffer {
    const seesAll = this.#size(this.#scratch.read) >= this.#size(this.#out) || this.widen();
    if (seesAll && !existsSync(this.#rest)) return Buffer.from(this.buffer.subarray(0, Math.max(0, this.look(this.#out, true))));
    const file = openSync(this.#rest, O_RDWR | O_CREAT | O_NOFOLLOW, 0o600);
    try {
      const end = Buffer.alloc(8);
      let moved: number;
      do {
        end.writeBigInt64LE(BigInt(fstatSync(file).size));
        moved = this.#calls.splice(this.#out, null, file, end, WIDE_BYTES, SPLICE_F_NONBLOCK);
      } while (moved > 0);
      if (moved < 0) this.#nothing('splice');
      return readFileSync(file);
    } finally {
      closeSync(file);
    }
  }

  #size(fd: number): number {
    return this.#libc.fcntl(fd, C.F_GETPIPE_SZ, 0);
  }

  #scratchFor(isWide: boolean): Scratch {
    return isWide && this.#isWide ? this.#wideScratch : this.#scratch;
  }

  #copy(fd: number, { write, bytes }: Scratch): number {
    return this.#calls.tee(fd, write, bytes, SPLICE_F_NONBLOCK);
  }

  #take(scratch: Scratch, found: number): void {
    for (let read = 0; read < found; ) read += readSync(scratch.read, this.buffer, read, found - read, null);
  }

  #clear(bytes: number): void {
    for (let left = bytes; left > 0; ) {
      left -= check(
        this.#calls,
        this.#calls.splice(this.#out, null, this.#nowhere, null, left, SPLICE_F_NONBLOCK),
        'splice',
        'cannot clear the stage',
      );
    }
  }

  #nothing(syscall: string): -1 {
    const code = errnoName(this.#calls.errno());
    if (code !== 'EAGAIN') throw new OsError(code, syscall, 'cannot read a pipe');
    return -1;
  }

  #openScratch(bytes: number): Scratch {
    const { read, write } = openPipe(this.#libc);
    this.#fds.push(read, write);
    return { read, write, bytes };
  }

  #open(path: string, flags: number): number {
    return this.#keep(() => openSync(path, flags));
  }

  #keep(open: () => number): number {
    try {
      const fd = open();
      this.#fds.push(fd);
      return fd;
    } catch (error) {
      this[Symbol.dispose]();
      throw error;
    }
  }
}

/** One that can only be read tells what an earlier daemon has left; that nothing can be told by it any more is said when it is tried. */
function openRecord(path: string): number {
  try {
    return openSync(path, O_RDWR | O_CREAT | O_NOFOLLOW, 0o600);
  } catch (error) {
    if (errnoOf(error) !== 'EROFS') throw error;
    return openSync(path, O_RDONLY | O_NOFOLLOW);
  }
}
