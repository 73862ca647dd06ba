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
  /** So many lines of what was written last are not read. */
  dropped?(lines: number): void;
}

/** The longest line, in characters. */
export const LONGEST_LINE = 1024 * 1024;
/** Of what was written by one who is dead by now this many lines are read at most, the last ones. */
const LAST_LINES = 200;

/** Reads lines from a stream, no faster than its pace, so that one who floods is held up and nobody else. */
export class LineReader {
  readonly #stream: Readable;
  readonly #listener: LineListener;
  readonly #decoder = new StringDecoder('utf8');
  #pace: Pace | null;
  #rest = '';
  #at = 0;
  #window_began_ms = 0;
  #lines = 0;
  #chars = 0;
  #timer: NodeJS.Timeout | undefined;
  /** The last lines of one who is dead, kept until there are no more. */
  #last: string[] | undefined;
  #dropped = 0;
  #over = false;

  /** @param pace null: as fast as it comes */
  constructor(stream: Readable, listener: LineListener, pace: Pace | null) {
    this.#stream = stream;
    this.#listener = listener;
    this.#pace = pace;
    stream.on('data', (chunk: Buffer) => this.#take(chunk));
    stream.once('end', () => this.#ended());
  }

  /** Whoever writes is dead: what is left is read at once, and of that only the last lines are told, by `finish`. */
  hurry(): void {
    if (this.#over || this.#last) return;
    this.#last = [];
    this.#pace = null;
    this.#pump();
  }

  /** Tells what is left, and reads nothing more. */
  finish(): void {
    this.hurry();
    // What is read so comes as data, too.
    while (!this.#over && !this.#stream.destroyed && this.#stream.read() !== null);
    const last = this.#last?.splice(0) ?? [];
    if (this.#dropped + last.length > LAST_LINES) this.#listener.dropped?.(this.#dropped + last.length - LAST_LINES);
    for (const line of last.slice(-LAST_LINES)) this.#listener.line(line);
    if (!this.#over) this.#ended();
    this.#close();
  }

  #close(): void {
    this.#over = true;
    this.#rest = '';
    this.#at = 0;
    clearTimeout(this.#timer);
    this.#stream.resume();
  }

  #take(chunk: Buffer): void {
    this.#rest = this.#rest.slice(this.#at) + this.#decoder.write(chunk);
    this.#at = 0;
    this.#pump();
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
      else if (this.#last) this.#keep(this.#last, line);
      else if (!this.#listener.line(line)) this.#lines += 1;
    }
  }

  #keep(last: string[], line: string): void {
    last.push(line);
    if (last.length < 2 * LAST_LINES) return;
    last.splice(0, LAST_LINES);
    this.#dropped += LAST_LINES;
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
    this.#close();
    this.#listener.tooLong();
  }

  /** Half a line is told when the lines before it were: at the end of a dead one, by `finish`. */
  #ended(): void {
    if (this.#over || (this.#last && this.#last.length > 0)) return;
    const begin = Math.max(this.#at, this.#rest.lastIndexOf('\n') + 1);
    const half = this.#rest.slice(begin) + this.#decoder.end();
    this.#rest = this.#rest.slice(0, begin);
    if (half !== '') this.#listener.half(half);
  }
}
