import { StringDecoder } from 'node:string_decoder';
import type { WatcherApi } from './api.js';
import type { Clock } from './clock.js';
import type { HookRegistry } from './hook-registry.js';
import type { OutputName } from './output-options.js';

/** So much of the output of one watcher is shown to the taps of `output` in a second, and at once; what exceeds it is skipped. */
const BYTES_PER_SECOND = 1024 * 1024;
/** Of a line without an end this much is shown. */
const LONGEST_LINE = 65_536;

export interface OutputTapsHost {
  readonly clock: Clock;
  readonly hooks: HookRegistry;
  readonly watcher: WatcherApi;
}

/** What the taps of `output` get to see of one watcher. */
export class OutputTaps {
  readonly #host: OutputTapsHost;
  #left = BYTES_PER_SECOND;
  #at_ms = 0;

  constructor(host: OutputTapsHost) {
    this.#host = host;
  }

  /** Whether anybody looks. */
  get wanted(): boolean {
    const { hooks, watcher } = this.#host;
    return hooks.used('output', watcher.name);
  }

  /** Whether so much more may be shown. */
  admit(bytes: number): boolean {
    const now_ms = this.#host.clock.now();
    this.#left = Math.min(BYTES_PER_SECOND, this.#left + ((now_ms - this.#at_ms) / 1000) * BYTES_PER_SECOND);
    this.#at_ms = now_ms;
    if (bytes > this.#left) return false;
    this.#left -= bytes;
    return true;
  }

  tell(from: LinesOrigin, lines: readonly string[], skipped_bytes: number): void {
    const { hooks, watcher } = this.#host;
    const { wid, pid, stream } = from;
    hooks.watch('output', { watcher, wid, pid, stream, lines, skipped_bytes });
  }
}

/** The output that lines are of. */
export interface LinesOrigin {
  readonly wid: number;
  readonly pid: number;
  readonly stream: OutputName;
}

/** Puts together the lines of one output of one process, as long as somebody looks. */
export class OutputLines {
  readonly #taps: OutputTaps;
  readonly #from: LinesOrigin;
  readonly #decoder = new StringDecoder('utf8');
  #rest = '';
  #skipped_bytes = 0;
  /** What comes until the next line begins belongs to one that is not shown, or no further. */
  #within = false;

  constructor(taps: OutputTaps, from: LinesOrigin) {
    this.#taps = taps;
    this.#from = from;
  }

  write(chunk: Uint8Array): void {
    if (!this.#taps.admit(chunk.length)) {
      this.#skipped_bytes += chunk.length;
      this.#rest = '';
      this.#within = true;
      return;
    }
    let text = this.#rest + this.#decoder.write(chunk as Buffer);
    if (this.#within) {
      const begin = text.indexOf('\n') + 1;
      this.#skipped_bytes += Buffer.byteLength(begin === 0 ? text : text.slice(0, begin));
      if (begin === 0) return;
      text = text.slice(begin);
      this.#within = false;
    }
    const lines = text.split('\n');
    this.#rest = lines.pop() ?? '';
    if (this.#rest.length > LONGEST_LINE) {
      lines.push(this.#rest.slice(0, LONGEST_LINE));
      this.#skipped_bytes += Buffer.byteLength(this.#rest) - Buffer.byteLength(lines.at(-1) ?? '');
      this.#rest = '';
      this.#within = true;
    }
    if (lines.length > 0) this.#tell(lines);
  }

  /** The last line may have no end; and there may be nobody to tell of what was skipped but now. */
  end(): void {
    const rest = this.#rest + this.#decoder.end();
    if (rest !== '' || this.#skipped_bytes > 0) this.#tell(rest === '' ? [] : [rest]);
  }

  #tell(lines: readonly string[]): void {
    const skipped_bytes = this.#skipped_bytes;
    this.#skipped_bytes = 0;
    this.#taps.tell(this.#from, lines, skipped_bytes);
  }
}
