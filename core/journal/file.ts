import { closeSync, constants, fstatSync, ftruncateSync, openSync, readFileSync, renameSync, rmSync, writeSync } from 'node:fs';
import { errnoOf } from '../os/os-error.js';

/** Where a journal is kept. Everything is written when a call returns, as far as the death of this process goes. */
export interface JournalFile {
  /** Null where there is none. */
  read(): Uint8Array | null;
  /** Adds all of it, or none. @throws what the system says */
  append(text: string): void;
  /** Puts this in the place of everything, in one step. @throws what the system says */
  replace(text: string): void;
  /** There is none afterwards. */
  remove(): void;
  /** Lets go of it as it is. */
  close(): void;
}

const { O_APPEND, O_CREAT, O_NOFOLLOW, O_TRUNC, O_WRONLY } = constants;
const MODE = 0o600;

/**
 * A journal in a file, mode 0600. Nothing is synced to the disk: the kernel keeps what was written however this process ends, and
 * what is told in it does not outlive the kernel.
 */
export class DiskJournalFile implements JournalFile {
  readonly #path: string;
  #fd: number | null = null;
  #bytes = 0;

  constructor(path: string) {
    this.#path = path;
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
    const fd = this.#open();
    const bytes = Buffer.from(text);
    try {
      writeAll(fd, bytes);
    } catch (error) {
      // Half a line would take all that follows with it.
      ftruncateSync(fd, this.#bytes);
      throw error;
    }
    this.#bytes += bytes.length;
  }

  replace(text: string): void {
    const draft = `${this.#path}.new`;
    const bytes = Buffer.from(text);
    const fd = openSync(draft, O_WRONLY | O_CREAT | O_TRUNC | O_APPEND | O_NOFOLLOW, MODE);
    try {
      writeAll(fd, bytes);
      renameSync(draft, this.#path);
    } catch (error) {
      closeSync(fd);
      throw error;
    }
    this.close();
    this.#fd = fd;
    this.#bytes = bytes.length;
  }

  remove(): void {
    this.close();
    rmSync(this.#path, { force: true });
    rmSync(`${this.#path}.new`, { force: true });
  }

  close(): void {
    if (this.#fd !== null) closeSync(this.#fd);
    this.#fd = null;
  }

  #open(): number {
    if (this.#fd === null) {
      this.#fd = openSync(this.#path, O_WRONLY | O_CREAT | O_APPEND | O_NOFOLLOW, MODE);
      this.#bytes = fstatSync(this.#fd).size;
    }
    return this.#fd;
  }
}

function writeAll(fd: number, bytes: Uint8Array): void {
  for (let written = 0; written < bytes.length; ) written += writeSync(fd, bytes, written);
}
