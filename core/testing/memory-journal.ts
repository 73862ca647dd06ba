import type { JournalFile } from '../journal/file.js';
import { OsError } from '../os/os-error.js';

/** A journal in memory, which may be cut, damaged and refuse to be written. */
export class MemoryJournalFile implements JournalFile {
  /** Null where there is none. */
  bytes: Buffer | null;
  /** Name of the errno that writing fails with; null: it works. */
  fails: string | null = null;
  /** How often it was written in the place of everything. */
  replaced = 0;

  constructor(bytes: Buffer | null = null) {
    this.bytes = bytes;
  }

  read(): Uint8Array | null {
    return this.bytes;
  }

  append(text: string): void {
    this.#mayWrite();
    this.bytes = Buffer.concat([this.bytes ?? Buffer.alloc(0), Buffer.from(text)]);
  }

  replace(text: string): void {
    this.#mayWrite();
    this.replaced++;
    this.bytes = Buffer.from(text);
  }

  remove(): void {
    // A full disk is in nobody's way here.
    if (this.fails !== 'ENOSPC') this.#mayWrite();
    this.bytes = null;
  }

  close(): void {}

  #mayWrite(): void {
    if (this.fails !== null) throw new OsError(this.fails, 'write', 'cannot write');
  }
}
