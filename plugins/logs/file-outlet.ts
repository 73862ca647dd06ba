import { closeSync, constants, fstatSync, ftruncateSync, readSync } from 'node:fs';
import { type Clock, type Logger, messageOf, openTrusted, PlantedError } from '../../core/index.js';
import { errnoOf, FdWriter } from './fd-writer.js';
import { NEWLINE } from './line-format.js';
import type { Origin, Outlet } from './outlet.js';
import type { Rotation } from './rotation.js';

const LINE_END = Buffer.from('\n');
const { O_RDONLY, O_WRONLY, O_APPEND, O_CREAT, O_NONBLOCK } = constants;
/** A file that may be written to need not be one that may be read, or be there still. */
const READING = new Set(['EACCES', 'EPERM', 'ENOENT']);
/** A named pipe must not hold up the daemon. */
const FLAGS = O_WRONLY | O_APPEND | O_CREAT | O_NONBLOCK;

export interface FileOutletDeps {
  readonly clock: Clock;
  readonly log: Logger;
}

/** A file that is appended to, whole chunks at a time, and rotated between two lines. */
export class FileOutlet implements Outlet {
  readonly filename: string;
  readonly #rotation: Rotation;
  readonly #log: Logger;
  readonly #writer: FdWriter;
  #fd: number | null = null;
  #regular = true;
  /** Ends in the middle of a line, whose rest was lost or whose writer has not come to it. */
  #torn = false;
  #size = 0;
  /** Bytes that the file may grow to before it is rotated; more where it could not be. */
  #limit: number;

  constructor(filename: string, rotation: Rotation, { clock, log }: FileOutletDeps) {
    this.filename = filename;
    this.#rotation = rotation;
    this.#limit = rotation.limit;
    this.#log = log;
    this.#writer = new FdWriter(clock);
  }

  get busy(): Promise<void> | null {
    return this.#writer.busy;
  }

  write(bytes: Buffer, origin: Origin, fresh: boolean): number {
    if (this.#fd === null && !this.#open(bytes, origin)) return bytes.length;
    if (!fresh) return this.#put(bytes, origin);
    if (this.#rotation.due() && !this.#next(bytes, origin)) return bytes.length;
    if (this.#torn && !this.#endLine(bytes, origin)) return this.#fd === null ? bytes.length : 0;
    if (this.#size + bytes.length < this.#limit) return this.#put(bytes, origin);
    this.#measure();
    return this.#fill(bytes, origin);
  }

  reopen(): void {
    this.rest();
  }

  rest(): void {
    if (this.#fd !== null) closeSync(this.#fd);
    this.#fd = null;
  }

  close(): void {
    this.rest();
  }

  wake(): string | null {
    if (this.#fd !== null) return null;
    try {
      this.#fd = openTrusted(this.filename, FLAGS);
      const stat = fstatSync(this.#fd);
      this.#regular = stat.isFile();
      this.#size = stat.size;
      this.#torn = this.#regular && stat.size > 0 && !endsLine(this.filename, stat.size);
      this.#rotation.opened({ dev: stat.dev, ino: stat.ino, size: stat.size, mtime_ms: stat.mtimeMs });
      return null;
    } catch (error) {
      this.rest();
      return error instanceof PlantedError ? error.message : errnoOf(error);
    }
  }

  /** @returns whether there is a file; if not, the bytes are lost */
  #open(bytes: Buffer, origin: Origin): boolean {
    const error = this.wake();
    if (error !== null) origin.loss.lost(bytes, error);
    return error === null;
  }

  /** Ends a line that nobody ends any more. @returns whether it is; if not, the bytes are lost, or the file takes nothing now */
  #endLine(bytes: Buffer, origin: Origin): boolean {
    if (this.#fd === null || this.#writer.write(this.#fd, LINE_END) > 0) {
      this.#size++;
      this.#torn = false;
      return true;
    }
    const { failure } = this.#writer;
    if (failure !== null) {
      origin.loss.lost(bytes, failure);
      this.rest();
    }
    return false;
  }

  /** Somebody else may have cut the file short meanwhile. */
  #measure(): void {
    if (this.#fd !== null && this.#regular) this.#size = fstatSync(this.#fd).size;
  }

  /** Writes as many lines as the file may hold, then goes on with the next file. */
  #fill(bytes: Buffer, origin: Origin): number {
    let rest = bytes;
    while (this.#size + rest.length >= this.#limit) {
      const room = this.#limit - this.#size - 1;
      const fitting = room > 0 ? rest.lastIndexOf(NEWLINE, room - 1) + 1 : 0;
      // A line that is longer than a file may be gets one of its own.
      const cut = fitting > 0 || this.#size > 0 ? fitting : rest.indexOf(NEWLINE) + 1 || rest.length;
      const taken = cut > 0 ? this.#put(rest.subarray(0, cut), origin) : 0;
      rest = rest.subarray(taken);
      if (rest.length === 0 || taken < cut) return bytes.length - rest.length;
      if (!this.#next(rest, origin)) return bytes.length;
    }
    return bytes.length - rest.length + this.#put(rest, origin);
  }

  /** Goes over to the next file. A file that can't be rotated is written to for another round. */
  #next(bytes: Buffer, origin: Origin): boolean {
    this.rest();
    this.#limit = this.#rotation.limit;
    let failed = false;
    try {
      this.#rotation.rotate(this.filename);
    } catch (error) {
      failed = true;
      this.#log.warn(`cannot rotate ${this.filename}: ${messageOf(error)}; it grows on`);
    }
    const open = this.#open(bytes, origin);
    if (failed) this.#limit += this.#size;
    return open;
  }

  #put(bytes: Buffer, origin: Origin): number {
    if (this.#fd === null) return bytes.length;
    const written = this.#writer.write(this.#fd, bytes);
    this.#size += written;
    const { failure } = this.#writer;
    if (failure === null) {
      if (written > 0) {
        this.#torn = false;
        origin.loss.kept();
      }
      return written;
    }
    origin.loss.lost(bytes.subarray(this.#untorn(bytes, written)), failure);
    // Another try begins with another descriptor: the file may have been removed to make room.
    this.rest();
    return bytes.length;
  }

  /** Takes back the piece of a line that got onto a full disk. @returns how many bytes stay */
  #untorn(bytes: Buffer, written: number): number {
    const whole = written === 0 ? 0 : bytes.lastIndexOf(NEWLINE, written - 1) + 1;
    if (whole === written || !this.#regular || this.#fd === null) return written;
    try {
      ftruncateSync(this.#fd, this.#size - (written - whole));
      this.#size -= written - whole;
      return whole;
    } catch (error) {
      this.#log.debug(`a line of ${this.filename} stays torn: ${messageOf(error)}`);
      return written;
    }
  }
}

/** Whether the last byte of a file ends a line; one that can't be read is taken to. */
function endsLine(filename: string, size: number): boolean {
  const last = Buffer.from('\n');
  try {
    const fd = openTrusted(filename, O_RDONLY | O_NONBLOCK);
    try {
      readSync(fd, last, 0, 1, size - 1);
    } finally {
      closeSync(fd);
    }
  } catch (error) {
    if (!READING.has(errnoOf(error))) throw error;
  }
  return last[0] === NEWLINE;
}
