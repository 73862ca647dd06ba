import {
  closeSync,
  constants,
  fstatSync,
  ftruncateSync,
  linkSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeSync,
} from 'node:fs';
import { errnoOf, OsError } from '../os/os-error.js';

/** Where a journal is kept. Everything is written when a call returns, as far as the death of this process goes. */
export interface JournalFile {
  /** Null where there is none; zeros at the end are room. */
  read(): Uint8Array | null;
  /** Adds all of it, or none, to what was put there. @throws what the system says */
  append(text: string): void;
  /**
   * Puts this in the place of everything, in one step.
   *
   * @param room_bytes what it may grow to before it is replaced: set aside, where that can be had, so that a disk that fills up is in nobody's way
   * @throws what the system says
   */
  replace(text: string, room_bytes: number): void;
  /** There is none afterwards. */
  remove(): void;
  /** Lets go of it as it is. */
  close(): void;
}

/** Has the file system set aside the first bytes of a file, zeros where nothing was written. @returns whether it has */
export type Reserve = (fd: number, bytes: number) => boolean;

/** One of two files that take turns. */
interface Half {
  readonly fd: number;
  readonly ino: number;
  /** Beyond these there are zeros, or nothing. */
  used_bytes: number;
  reserved_bytes: number;
}

const { O_CREAT, O_NOFOLLOW, O_RDWR } = constants;
const MODE = 0o600;

/**
 * A journal in a file, mode 0600. Nothing is synced to the disk: the kernel keeps what was written however this process ends, and
 * what is told in it does not outlive the kernel. A spare file beside it has as much room, and takes its place when it is replaced:
 * so a full disk stops neither.
 */
export class DiskJournalFile implements JournalFile {
  readonly #path: string;
  readonly #reserve: Reserve;
  #active: Half | null = null;
  #spare: Half | null = null;

  constructor(path: string, reserve: Reserve) {
    this.#path = path;
    this.#reserve = reserve;
  }

  read(): Uint8Array | null {
    try {
      return readFileSync(this.#path, { flag: 'r' });
    } catch (error) {
      if (errnoOf(error) === 'ENOENT') return null;
      throw error;
    }
  }

  append(text: string): void {
    const half = this.#active;
    if (half === null) throw new OsError('EBADF', 'write', 'nothing was put into the journal yet');
    const bytes = Buffer.from(text);
    try {
      writeAll(half.fd, bytes, half.used_bytes);
    } catch (error) {
      // Half a line would take all that follows with it.
      ftruncateSync(half.fd, half.used_bytes);
      half.reserved_bytes = half.used_bytes;
      throw error;
    }
    half.used_bytes += bytes.length;
  }

  replace(text: string, room_bytes: number): void {
    const next = this.#openSpare();
    this.#makeRoom(next, room_bytes);
    const bytes = Buffer.alloc(Math.max(Buffer.byteLength(text), next.used_bytes));
    const text_bytes = bytes.write(text);
    next.used_bytes = bytes.length;
    writeAll(next.fd, bytes, 0);
    next.used_bytes = text_bytes;
    const former = this.#swap();
    this.#active = next;
    this.#spare = former;
    this.#keepSpare(room_bytes);
  }

  remove(): void {
    this.close();
    for (const path of [this.#path, this.#beside, this.#aside]) rmSync(path, { force: true });
  }

  close(): void {
    for (const half of [this.#active, this.#spare]) if (half !== null) closeSync(half.fd);
    this.#active = this.#spare = null;
  }

  get #beside(): string {
    return `${this.#path}.spare`;
  }

  /** What it is called for the moment in which the two change places. */
  get #aside(): string {
    return `${this.#path}.old`;
  }

  /** The spare becomes the journal. @returns what the journal was, which is the spare now; null where that is gone */
  #swap(): Half | null {
    const former = this.#active ?? this.#there();
    rmSync(this.#aside, { force: true });
    const isKept = former !== null && isAt(former, this.#path) && hasLinked(this.#path, this.#aside);
    renameSync(this.#beside, this.#path);
    if (isKept) renameSync(this.#aside, this.#beside);
    else if (former !== null) closeSync(former.fd);
    return isKept ? former : null;
  }

  #there(): Half | null {
    return statSync(this.#path, { throwIfNoEntry: false }) ? this.#opened(this.#path) : null;
  }

  /** Where there is no room for one now, the next replacement makes one. */
  #keepSpare(room_bytes: number): void {
    try {
      this.#makeRoom(this.#openSpare(), room_bytes);
    } catch (error) {
      if (errnoOf(error) !== 'ENOSPC' && errnoOf(error) !== 'EDQUOT') throw error;
    }
  }

  /** Somebody may have removed the one that there was. */
  #openSpare(): Half {
    if (this.#spare !== null && isAt(this.#spare, this.#beside)) return this.#spare;
    if (this.#spare !== null) closeSync(this.#spare.fd);
    this.#spare = null;
    this.#spare = this.#opened(this.#beside);
    return this.#spare;
  }

  #makeRoom(half: Half, bytes: number): void {
    if (half.reserved_bytes < bytes && this.#reserve(half.fd, bytes)) half.reserved_bytes = bytes;
  }

  #opened(path: string): Half {
    const fd = openSync(path, O_RDWR | O_CREAT | O_NOFOLLOW, MODE);
    const { size, ino } = fstatSync(fd);
    return { fd, ino, used_bytes: size, reserved_bytes: 0 };
  }
}

/** Whether a second name could be had. */
function hasLinked(path: string, other: string): boolean {
  try {
    linkSync(path, other);
    return true;
  } catch {
    // Then a new spare is made.
    return false;
  }
}

function isAt({ ino }: Half, path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.ino === ino;
}

function writeAll(fd: number, bytes: Uint8Array, at: number): void {
  for (let written = 0; written < bytes.length; ) written += writeSync(fd, bytes, written, bytes.length - written, at + written);
}
