import { NEWLINE } from './line-format.js';

const NOTHING = Buffer.alloc(0);

/** The last bytes of what is added, up to a size. */
export class Tail {
  readonly #size: number;
  #ring = NOTHING;
  /** Bytes added since the beginning; where the next goes is this modulo the size. */
  #added = 0;

  /** @param size bytes */
  constructor(size: number) {
    this.#size = size;
  }

  add(bytes: Buffer): void {
    if (this.#ring.length === 0) this.#ring = Buffer.alloc(this.#size);
    const kept = bytes.length > this.#size ? bytes.subarray(bytes.length - this.#size) : bytes;
    const at = (this.#added + bytes.length - kept.length) % this.#size;
    const first = kept.copy(this.#ring, at);
    kept.copy(this.#ring, 0, first);
    this.#added += bytes.length;
  }

  /** A copy of what is kept, from the first line that is kept whole. */
  read(): Buffer {
    if (this.#added <= this.#size) return Buffer.from(this.#ring.subarray(0, this.#added));
    const at = this.#added % this.#size;
    const all = Buffer.concat([this.#ring.subarray(at), this.#ring.subarray(0, at)]);
    const begin = all.indexOf(NEWLINE) + 1;
    return begin < all.length ? all.subarray(begin) : all;
  }
}
