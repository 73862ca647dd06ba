import type { MarkedSink, ProcessSink, WhenSlow } from '../../core/index.js';
import type { Channel } from './channel.js';
import type { HeldLines, Holder } from './held-lines.js';
import { type LineFormat, NEWLINE } from './line-format.js';
import type { Loss } from './loss.js';
import type { Origin } from './outlet.js';

const NOTHING = Buffer.alloc(0);
/** Where a held back piece and what follows it are put together; one for all, as it is only used within a call. */
let scratch = Buffer.allocUnsafeSlow(131_072);

/** Reads an output of one process: passes whole lines on at once, and holds back what has no end yet. */
export class Source implements ProcessSink, Origin, Holder {
  pid = 0;
  readonly marked: MarkedSink;
  readonly #channel: Channel;
  readonly #lines: HeldLines;
  readonly #longest: number;
  #held = NOTHING;
  #length = 0;
  #aged = false;

  /** @param longest bytes of a line that are held back at most */
  constructor(channel: Channel, lines: HeldLines, longest: number) {
    this.#channel = channel;
    this.#lines = lines;
    this.#longest = longest;
    this.marked = {
      line_delay_ms: lines.delay_ms,
      longest_line: longest,
      mark: () => {
        // What is held back is not of what is about to come.
        void this.#flush();
        return channel.route.target.mark();
      },
      restore: (mark) => channel.route.target.restore(mark),
      flush: () => void this.#flush(),
    };
  }

  get watcher(): string {
    return this.#channel.watcher;
  }

  get name(): string {
    return this.#channel.name;
  }

  get loss(): Loss {
    return this.#channel.loss;
  }

  get format(): LineFormat | null {
    return this.#channel.format;
  }

  get when_slow(): WhenSlow {
    return this.#channel.when_slow;
  }

  get holds(): boolean {
    return this.#length > 0;
  }

  spawned(pid: number): void {
    this.pid = pid;
  }

  write(chunk: Uint8Array, room = 0): void | Promise<void> {
    const bytes = Buffer.isBuffer(chunk) ? chunk : Buffer.from(chunk.buffer, chunk.byteOffset, chunk.length);
    const end = bytes.lastIndexOf(NEWLINE) + 1;
    const whole = end === 0 ? NOTHING : this.#joined(bytes, end, room);
    const pending = whole.length > 0 ? this.#channel.write(whole, this) : undefined;
    if (end < bytes.length) this.#hold(bytes, end);
    return this.#length > this.#longest ? this.#flush() : pending;
  }

  end(): void {
    void this.#flush();
    this.#lines.delete(this);
    this.#channel.ended(this);
  }

  aged(): boolean {
    const aged = this.#aged && this.#length > 0;
    this.#aged = true;
    return aged;
  }

  release(): void {
    void this.#flush();
  }

  /** What was held back, and the bytes up to `end`. */
  #joined(bytes: Buffer, end: number, room: number): Buffer {
    if (this.#length === 0) return end === bytes.length ? bytes : bytes.subarray(0, end);
    const length = this.#length + end;
    if (this.#length <= room) {
      const joined = Buffer.from(bytes.buffer, bytes.byteOffset - this.#length, length);
      this.#held.copy(joined, 0, 0, this.#length);
      this.#length = 0;
      return joined;
    }
    if (length > scratch.length) scratch = Buffer.allocUnsafeSlow(length * 2);
    this.#held.copy(scratch, 0, 0, this.#length);
    bytes.copy(scratch, this.#length, 0, end);
    this.#length = 0;
    return scratch.subarray(0, length);
  }

  #hold(bytes: Buffer, begin: number): void {
    const length = this.#length + bytes.length - begin;
    if (length > this.#held.length) {
      const bigger = Buffer.allocUnsafeSlow(Math.max(256, 2 ** Math.ceil(Math.log2(length))));
      this.#held.copy(bigger, 0, 0, this.#length);
      this.#held = bigger;
    }
    bytes.copy(this.#held, this.#length, begin);
    if (this.#length === 0) this.#lines.add(this);
    this.#length = length;
    this.#aged = false;
  }

  #flush(): void | Promise<void> {
    if (this.#length === 0) return undefined;
    const piece = this.#held.subarray(0, this.#length);
    this.#length = 0;
    return this.#channel.write(piece, this);
  }
}
