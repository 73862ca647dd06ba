import type { ReadStream, WriteStream } from 'node:tty';
import { readKeys } from './keys.js';
import type { Line } from './view.js';

const CODES: Readonly<Record<Line['style'], string>> = { plain: '', bold: '\u001b[1m', inverse: '\u001b[7m', dim: '\u001b[2m' };
const ENTER = '\u001b[?1049h\u001b[?25l\u001b[2J';
const LEAVE = '\u001b[0m\u001b[?25h\u001b[?1049l';
/** Terminals that know it show everything in between at once. */
const BEGIN = '\u001b[?2026h';
const END = '\u001b[?2026l';

export interface ScreenListener {
  key(key: string): void;
  resized(): void;
}

/** A terminal taken over for a while; it is as before when the screen is disposed of, and when the process ends otherwise. */
export class Screen implements Disposable {
  readonly #input: ReadStream;
  readonly #output: WriteStream;
  readonly #undo: () => void;
  #shown: readonly string[] = [];

  constructor(input: ReadStream, output: WriteStream, listener: ScreenListener) {
    this.#input = input;
    this.#output = output;
    const typed = (data: string): void => {
      for (const key of readKeys(data)) listener.key(key);
    };
    const resized = (): void => {
      this.#shown = [];
      output.write('\u001b[2J');
      listener.resized();
    };
    // Also after an exception that nobody has caught.
    const restore = (): void => {
      input.setRawMode(false);
      output.write(LEAVE);
    };
    output.write(ENTER);
    input.setRawMode(true);
    input.setEncoding('utf8');
    input.on('data', typed);
    output.on('resize', resized);
    process.once('exit', restore);
    this.#undo = () => {
      process.removeListener('exit', restore);
      output.removeListener('resize', resized);
      input.removeListener('data', typed);
      input.pause();
      restore();
    };
  }

  get size(): { readonly width: number; readonly height: number } {
    return { width: this.#output.columns, height: this.#output.rows };
  }

  /** Shows these lines, writing only those that differ from what is there. */
  show(lines: readonly Line[]): void {
    const next = lines.map(({ text, style }) => `${CODES[style]}${text}\u001b[0m`);
    const changes = next.map((line, row) => (line === this.#shown[row] ? '' : `\u001b[${row + 1};1H${line}\u001b[K`)).join('');
    this.#shown = next;
    if (changes !== '') this.#output.write(`${BEGIN}${changes}${END}`);
  }

  [Symbol.dispose](): void {
    this.#undo();
    this.#input.unref();
  }
}
