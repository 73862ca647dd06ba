import { messageOf } from './errors.js';
import type { Logger } from './log.js';
import type { MarkedSink, OutputSink } from './os/port.js';
import type { ProcessSink } from './output.js';
import { type LinesOrigin, OutputLines, type OutputTaps } from './output-lines.js';

export interface GuardedSinkHost {
  readonly log: Logger;
  readonly taps: OutputTaps;
  /** Of the lines that it shows. */
  origin(): LinesOrigin;
  ended(): void;
}

/** Lets nothing that a plugin's sink throws get into the reading of pipes, and tells of it once; shows lines to whoever looks. */
export class GuardedSink implements OutputSink {
  readonly #sink: ProcessSink;
  readonly #host: GuardedSinkHost;
  readonly marked?: MarkedSink;
  #lines: OutputLines | undefined;
  #failed = false;

  constructor(sink: ProcessSink, host: GuardedSinkHost) {
    if (sink.marked !== undefined) this.marked = this.#marked(sink.marked);
    this.#sink = sink;
    this.#host = host;
  }

  spawned(pid: number): void {
    this.#guard(() => this.#sink.spawned?.(pid));
  }

  write(chunk: Uint8Array, room?: number): void | Promise<void> {
    // The sink may write into the chunk, and keeps nothing for others.
    this.#show(chunk);
    try {
      return this.#sink.write(chunk, room);
    } catch (error) {
      this.#report(error);
    }
  }

  end(): void {
    this.#lines?.end();
    this.#guard(() => this.#sink.end());
    this.#host.ended();
  }

  #show(chunk: Uint8Array): void {
    const { taps, origin } = this.#host;
    if (taps.wanted) {
      this.#lines ??= new OutputLines(taps, origin());
      this.#lines.write(chunk);
    } else {
      this.#lines = undefined;
    }
  }

  #marked(marked: MarkedSink): MarkedSink {
    const { line_delay_ms, longest_line } = marked;
    return {
      line_delay_ms,
      longest_line,
      mark: () => this.#answer(() => marked.mark(), null),
      restore: (mark) => this.#answer(() => marked.restore(mark), false),
      flush: () => this.#guard(() => marked.flush()),
    };
  }

  #answer<T>(ask: () => T, otherwise: T): T {
    try {
      return ask();
    } catch (error) {
      this.#report(error);
      return otherwise;
    }
  }

  #guard(call: () => void): void {
    try {
      call();
    } catch (error) {
      this.#report(error);
    }
  }

  #report(error: unknown): void {
    if (!this.#failed) this.#host.log.error(`output is lost: what reads it failed: ${messageOf(error)}`);
    this.#failed = true;
  }
}
