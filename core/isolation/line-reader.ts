import type { Readable } from 'node:stream';
import { StringDecoder } from 'node:string_decoder';

/** How much is taken in one window; the rest waits, and whoever writes it with it. */
export interface Pace {
  readonly window_ms: number;
  readonly lines: number;
  readonly chars: number;
}

export interface LineListener {
  /** Returns whether it does not count for the pace. */
  line(text: string): boolean;
  /** What was written last, without the end of its line. */
  half(text: string): void;
  /** A line is longer than may be; nothing more is read. */
  tooLong(): void;
}

/** The longest line, in characters. */
export const LONGEST_LINE = 1024 * 1024;

/** Reads lines from a stream, no faster than its pace, so that one who floods is held up and nobody else. */
export class LineReader {
  readonly #stream: Readable;
  readonly #listener: LineListener;
  readonly #pace: Pace | null;
  readonly #decoder = new StringDecoder('utf8');
  #rest = '';
  #at = 0;
  #window_began_ms = 0;
  #lines = 0;
  #chars = 0;
  #timer: NodeJS.Timeout | undefined;
  #over = false;

  /** @param pace null: as fast as it comes */
  constructor(stream: Readable, listener: LineListener, pace: Pace | null) {
    this.#stream = stream;
    this.#listener = listener;
    this.#pace = pace;
    stream.on('data', (chunk: Buffer) => {
      this.#rest = this.#rest.slice(this.#at) + this.#decoder.write(chunk);
      this.#at = 0;
      this.#pump();
    });
    stream.once('end', () => this.#ended());
  }

  /** Reads nothing more. */
  close(): void {
    this.#over = true;
    this.#rest = '';
    this.#at = 0;
    clearTimeout(this.#timer);
    this.#stream.resume();
  }

  #pump(): void {
    clearTimeout(this.#timer);
    while (!this.#over) {
      const end = this.#rest.indexOf('\n', this.#at);
      if (end === -1) {
        if (this.#rest.length - this.#at > LONGEST_LINE) this.#refuse();
        else this.#stream.resume();
        return;
      }
      if (this.#isSpent()) return;
      const line = this.#rest.slice(this.#at, end);
      this.#at = end + 1;
      this.#chars += line.length;
      if (line.length > LONGEST_LINE) this.#refuse();
      else if (!this.#listener.line(line)) this.#lines += 1;
    }
  }

  /** Whether this window's share is taken; then it goes on with the next. */
  #isSpent(): boolean {
    if (this.#pace === null) return false;
    const now = performance.now();
    const left_ms = this.#window_began_ms + this.#pace.window_ms - now;
    if (left_ms <= 0) {
      this.#window_began_ms = now;
      this.#lines = this.#chars = 0;
      return false;
    }
    if (this.#lines < this.#pace.lines && this.#chars < this.#pace.chars) return false;
    this.#stream.pause();
    this.#timer = setTimeout(() => this.#pump(), left_ms);
    return true;
  }

  #refuse(): void {
    this.close();
    this.#listener.tooLong();
  }

  #ended(): void {
    if (this.#over) return;
    const half = this.#rest.slice(Math.max(this.#at, this.#rest.lastIndexOf('\n') + 1)) + this.#decoder.end();
    if (half !== '') this.#listener.half(half);
  }
}
