import { closeSync, fstatSync, openSync, statSync } from 'node:fs';
import { readFrom } from './read.js';

/** Reads what is added to a file, over into the next one when it is rotated, from where it ends now. */
export class Follower implements Disposable {
  readonly #file: string;
  #fd: number | null = null;
  #offset = 0;

  constructor(file: string) {
    this.#file = file;
    if (this.#open()) this.#offset = fstatSync(this.#fd ?? 0).size;
  }

  /** Up to where the file was read, bytes. */
  get offset(): number {
    return this.#offset;
  }

  /** What was added since the last call. */
  read(): Buffer {
    const pieces: Buffer[] = [];
    if (this.#fd !== null) pieces.push(this.#more(this.#fd));
    const named = statSync(this.#file, { throwIfNoEntry: false });
    const open = this.#fd === null ? undefined : fstatSync(this.#fd);
    if (named !== undefined && (named.ino !== open?.ino || named.dev !== open.dev)) {
      // The last of the old file may have come between both looks.
      if (this.#fd !== null) pieces.push(this.#more(this.#fd));
      this[Symbol.dispose]();
      this.#offset = 0;
      if (this.#open() && this.#fd !== null) pieces.push(this.#more(this.#fd));
    } else if (named !== undefined && named.size < this.#offset) {
      // Cut off by somebody: what is there now is new.
      this.#offset = 0;
    }
    return Buffer.concat(pieces);
  }

  [Symbol.dispose](): void {
    if (this.#fd !== null) closeSync(this.#fd);
    this.#fd = null;
  }

  #more(fd: number): Buffer {
    const bytes = readFrom(fd, this.#offset);
    this.#offset += bytes.length;
    return bytes;
  }

  #open(): boolean {
    if (statSync(this.#file, { throwIfNoEntry: false }) === undefined) return false;
    this.#fd = openSync(this.#file, 'r');
    return true;
  }
}
