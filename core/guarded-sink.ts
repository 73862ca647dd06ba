import { messageOf } from './errors.js';
import type { Logger } from './log.js';
import type { MarkedSink, OutputSink } from './os/port.js';
import type { ProcessSink } from './output.js';

/** Lets nothing that a plugin's sink throws get into the reading of pipes, and tells of it once. */
export class GuardedSink implements OutputSink {
  readonly #sink: ProcessSink;
  readonly #log: Logger;
  readonly #ended: () => void;
  readonly marked?: MarkedSink;
  #failed = false;

  constructor(sink: ProcessSink, log: Logger, ended: () => void) {
    if (sink.marked !== undefined) this.marked = this.#marked(sink.marked);
    this.#sink = sink;
    this.#log = log;
    this.#ended = ended;
  }

  spawned(pid: number): void {
    this.#guard(() => this.#sink.spawned?.(pid));
  }

  write(chunk: Uint8Array, room?: number): void | Promise<void> {
    try {
      return this.#sink.write(chunk, room);
    } catch (error) {
      this.#report(error);
    }
  }

  end(): void {
    this.#guard(() => this.#sink.end());
    this.#ended();
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
    if (!this.#failed) this.#log.error(`output is lost: what reads it failed: ${messageOf(error)}`);
    this.#failed = true;
  }
}
