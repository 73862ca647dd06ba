import { closeSync, constants, fstatSync, openSync } from 'node:fs';
import type { Clock } from '../../core/index.js';
import { FdWriter } from './fd-writer.js';
import type { Origin, Outlet } from './outlet.js';

/** The daemon's own standard output or error; one that nobody reads holds up its writers, never the daemon. */
export class ConsoleOutlet implements Outlet {
  readonly #own: number;
  readonly #writer: FdWriter;
  #fd: number | null = null;

  /** @param fd 1 or 2 */
  constructor(fd: number, clock: Clock) {
    this.#own = fd;
    this.#writer = new FdWriter(clock);
  }

  get busy(): Promise<void> | null {
    return this.#writer.busy;
  }

  write(bytes: Buffer, origin: Origin): number {
    this.#fd ??= openAgain(this.#own);
    const written = this.#writer.write(this.#fd, bytes);
    const { failure } = this.#writer;
    if (failure === null) {
      if (written > 0) origin.loss.kept();
      return written;
    }
    origin.loss.lost(bytes.subarray(written), failure);
    return bytes.length;
  }

  wake(): null {
    return null;
  }

  reopen(): void {
    this.rest();
  }

  rest(): void {
    if (this.#fd !== null && this.#fd !== this.#own) closeSync(this.#fd);
    this.#fd = null;
  }

  close(): void {
    this.rest();
  }
}

/**
 * What the descriptor means, once more and without blocking: whether a descriptor blocks is shared with everybody who has inherited
 * it, so it can't be changed. Files never block, and sockets can't be opened again.
 */
function openAgain(fd: number): number {
  const stat = fstatSync(fd);
  if (!stat.isFIFO() && !stat.isCharacterDevice()) return fd;
  try {
    return openSync(`/dev/fd/${fd}`, constants.O_WRONLY | constants.O_NONBLOCK);
  } catch {
    // Without permission to open it again it is written to as it is.
    return fd;
  }
}
