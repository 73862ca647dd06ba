import { writeSync } from 'node:fs';
import type { Clock } from '../../core/index.js';

const FIRST_PAUSE_MS = 2;
const LONGEST_PAUSE_MS = 50;

/** Writes to a descriptor that may not block, and says afterwards why not everything was written. */
export class FdWriter {
  /** errno's name where the last write failed; null where it did not, or where the descriptor takes nothing at present. */
  failure: string | null = null;
  /** Settles when a descriptor that took nothing may be tried again. */
  busy: Promise<void> | null = null;
  readonly #clock: Clock;
  #pause_ms = FIRST_PAUSE_MS;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** @returns how many bytes were written */
  write(fd: number, bytes: Buffer): number {
    this.failure = null;
    let written = 0;
    try {
      while (written < bytes.length) written += writeSync(fd, bytes, written, bytes.length - written);
    } catch (error) {
      const code = errnoOf(error);
      if (code === 'EAGAIN') this.#wait(written > 0);
      else this.failure = code;
      return written;
    }
    this.#pause_ms = FIRST_PAUSE_MS;
    return written;
  }

  /** Nothing tells when a pipe has room again that has no handle of its own, so it is tried, ever more slowly. */
  #wait(progress: boolean): void {
    this.#pause_ms = progress ? FIRST_PAUSE_MS : Math.min(this.#pause_ms * 2, LONGEST_PAUSE_MS);
    this.busy = new Promise((resolve) => {
      this.#clock.setTimeout(() => {
        this.busy = null;
        resolve();
      }, this.#pause_ms);
    });
  }
}

/** errno's name of what was thrown. */
export function errnoOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : String(error);
}
