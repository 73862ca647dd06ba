import { randomUUID } from 'node:crypto';
import { NEWLINE } from './line-format.js';

const NOTHING = Buffer.alloc(0);
/** How fine `since` is, ms. */
const MARK_MS = 1000;

/** What was read of a tail, and how to go on from there. */
export interface TailPart {
  readonly bytes: Buffer;
  /** For the next call; good for this tail only. */
  readonly cursor: string;
  /** How much there had been after the cursor that is not kept any more. */
  readonly lost_bytes: number;
}

/** The last bytes of what is added, up to a size. */
export class Tail {
  readonly #id = randomUUID().slice(0, 8);
  readonly #size: number;
  readonly #now_ms: () => number;
  #ring = NOTHING;
  /** Bytes added since the beginning; where the next goes is this modulo the size. */
  #added = 0;
  /** When which byte came, one a second at most, oldest first. */
  readonly #marks: { readonly at: number; readonly time_ms: number }[] = [];

  /** @param size bytes */
  constructor(size: number, now_ms: () => number) {
    this.#size = size;
    this.#now_ms = now_ms;
  }

  add(bytes: Buffer): void {
    if (this.#ring.length === 0) this.#ring = Buffer.alloc(this.#size);
    this.#mark();
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

  /** The last lines that were added in that second or later. */
  last(lines: number, since_ms: number | null): TailPart {
    const all = this.read();
    const from = since_ms === null ? 0 : (this.#marks.find(({ time_ms }) => time_ms + MARK_MS > since_ms)?.at ?? this.#added);
    const recent = all.subarray(Math.max(0, all.length - (this.#added - from)));
    return { bytes: lastLinesOf(recent, lines), cursor: this.#cursor, lost_bytes: 0 };
  }

  /** What was added after a cursor; everything where it is of another tail, one that is gone say. */
  after(cursor: string): TailPart {
    const [id, position] = cursor.split('.');
    const from = id === this.#id ? Number(position) : 0;
    const wanted = this.#added - from;
    const all = this.read();
    const bytes = wanted < all.length ? all.subarray(all.length - wanted) : all;
    return { bytes, cursor: this.#cursor, lost_bytes: id === this.#id ? wanted - bytes.length : 0 };
  }

  get #cursor(): string {
    return `${this.#id}.${this.#added}`;
  }

  #mark(): void {
    const time_ms = this.#now_ms();
    const last = this.#marks.at(-1);
    if (last === undefined || time_ms - last.time_ms >= MARK_MS || time_ms < last.time_ms) this.#marks.push({ at: this.#added, time_ms });
    while ((this.#marks[1]?.at ?? Number.POSITIVE_INFINITY) <= this.#added - this.#size) this.#marks.shift();
  }
}

function lastLinesOf(bytes: Buffer, count: number): Buffer {
  let end = bytes[bytes.length - 1] === NEWLINE ? bytes.length - 1 : bytes.length;
  for (let left = count; left > 0; left--) {
    end = end === 0 ? -1 : bytes.lastIndexOf(NEWLINE, end - 1);
    if (end < 0) return bytes;
  }
  return count === 0 ? NOTHING : bytes.subarray(end + 1);
}
