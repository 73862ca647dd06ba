import { C, type Libc } from './libc.js';

/** What a pipe holds unless it is asked to hold more. @source pipe(7) */
export const PIPE_BYTES = 64 * 1024;
/** As much as a busy pipe is made to hold. */
export const WIDE_BYTES = 256 * 1024;
/** Pages of a full pipe need not be full, each of them. */
const FULL_BYTES = 48 * 1024;
/** A pipe that was found full so many times has so much to say that a bigger one saves processor time. */
const BUSY_READS = 16;
/** What the pipes of one user hold is limited for all of his programs together. @source pipe(7), pipe-user-pages-soft */
const WIDE_AT_MOST = 64;
let wide = 0;

/** How much one pipe holds: more than others once it is known to be busy, as long as not too many do. What the kernel refuses stays as it is. */
export class PipeWidth {
  readonly #libc: Pick<Libc, 'fcntl'>;
  readonly #fd: number;
  #fullReads = 0;
  #isWide = false;

  constructor(libc: Pick<Libc, 'fcntl'>, fd: number) {
    this.#libc = libc;
    this.#fd = fd;
  }

  get isWide(): boolean {
    return this.#isWide;
  }

  /** As much is in it when it is full, or nearly so. */
  get full_bytes(): number {
    return this.#isWide ? FULL_BYTES * (WIDE_BYTES / PIPE_BYTES) : FULL_BYTES;
  }

  /** It may have been made wide by an earlier daemon. */
  measure(): void {
    if (this.#libc.fcntl(this.#fd, C.F_GETPIPE_SZ, 0) > PIPE_BYTES) this.#count();
  }

  /**
   * So many bytes were in it at once.
   *
   * @param follows asked before it is made bigger: whether whoever reads can take more at once
   */
  found(bytes: number, follows: () => boolean = () => true): void {
    if (bytes < FULL_BYTES || this.#isWide) return;
    this.#fullReads += 1;
    if (this.#fullReads !== BUSY_READS || wide >= WIDE_AT_MOST || !follows()) return;
    if (this.#libc.fcntl(this.#fd, C.F_SETPIPE_SZ, WIDE_BYTES) >= 0) this.#count();
  }

  /** As it was, for the next one who writes to it. */
  narrow(): void {
    if (this.#isWide && this.#libc.fcntl(this.#fd, C.F_SETPIPE_SZ, PIPE_BYTES) >= 0) this.release();
  }

  /** This process has nothing to do with it any more. */
  release(): void {
    if (this.#isWide) wide -= 1;
    this.#isWide = false;
  }

  #count(): void {
    this.#isWide = true;
    wide += 1;
  }
}
