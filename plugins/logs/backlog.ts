import type { Origin } from './outlet.js';

/** Bytes that wait for a slow destination. */
export interface Waiting {
  bytes: Buffer;
  readonly origin: Origin;
  readonly fresh: boolean;
  /** A part of it is written already: the rest has to follow. */
  begun: boolean;
}

/** What waits for a slow destination, oldest first; of origins that may lose lines only up to a limit. */
export class Backlog {
  readonly #entries: Waiting[] = [];
  #bytes = 0;
  readonly #limit: number;

  /** @param limit bytes */
  constructor(limit: number) {
    this.#limit = limit;
  }

  /** How much waits. */
  get bytes(): number {
    return this.#bytes;
  }

  get first(): Waiting | undefined {
    return this.#entries[0];
  }

  /** Keeps a copy of what is added, or loses the oldest or newest lines, as their origin has it. */
  add(bytes: Buffer, origin: Origin, fresh: boolean, begun = false): void {
    const room = this.#bytes + bytes.length <= this.#limit;
    if (!room && !begun && origin.when_slow === 'drop_newest') {
      origin.loss.lost(bytes, 'slow');
      return;
    }
    this.#entries.push({ bytes: Buffer.from(bytes), origin, fresh, begun });
    this.#bytes += bytes.length;
    if (!room && origin.when_slow === 'drop_oldest') this.#dropOldest();
  }

  /** The first `count` bytes of the first entry are written. */
  took(count: number): void {
    const [first] = this.#entries;
    if (first === undefined) return;
    this.#bytes -= count;
    if (count === first.bytes.length) this.#entries.shift();
    else {
      first.bytes = first.bytes.subarray(count);
      first.begun ||= count > 0;
    }
  }

  /** Loses everything. */
  clear(error: string): void {
    for (const { bytes, origin } of this.#entries.splice(0)) origin.loss.lost(bytes, error);
    this.#bytes = 0;
  }

  #dropOldest(): void {
    for (let at = 0; at < this.#entries.length - 1 && this.#bytes > this.#limit; ) {
      const entry = this.#entries[at];
      if (entry === undefined || entry.begun || entry.origin.when_slow !== 'drop_oldest') at++;
      else {
        this.#entries.splice(at, 1);
        this.#bytes -= entry.bytes.length;
        entry.origin.loss.lost(entry.bytes, 'slow');
      }
    }
  }
}
