import type { Clock } from '../../clock.js';
import { messageOf } from '../../errors.js';
import type { Logger } from '../../log.js';
import type { KeptEnd } from '../kept.js';
import type { MarkedSink, OutputMark, OutputSink } from '../port.js';
import type { Libc } from './libc.js';
import { Pace } from './pace.js';
import type { PipeCalls } from './pipe-calls.js';
import { PIPE_BYTES, PipeWidth } from './pipe-width.js';
import { ROOM_BYTES, type Stage } from './stage.js';

const NEWLINE = 10;
/** Chunks that are read of one pipe before others have their turn. */
const CHUNKS = 4;
/** @source poll(2): struct pollfd is an int and two shorts */
const POLLFD_BYTES = 8;
const REVENTS_AT = 6;
const POLLHUP = 0x10;
/** How often what has no end of line yet is looked at again at once. */
const QUICK_LOOKS = 4;
/** What fails again within this time is not told again. */
const QUIET_MS = 60_000;

/** What all pipes have in common. */
export interface ReadingParts {
  readonly libc: Libc;
  readonly calls: PipeCalls;
  readonly stage: Stage;
  readonly clock: Clock;
  readonly log: Logger;
}

interface ReadingHost extends ReadingParts {
  /** It is to be looked at again. */
  again(): void;
  /** It is not to be looked at for a moment. */
  pause(): void;
  finish(): void;
}

/** Reads one pipe, chunk by chunk, whenever it is told to look. */
export class PipeReading {
  readonly pipe: KeptEnd;
  /** Whether the host process lives on for it. */
  waited = true;
  readonly #sink: OutputSink;
  readonly #host: ReadingHost;
  readonly #poll = Buffer.alloc(POLLFD_BYTES);
  readonly #width: PipeWidth;
  readonly #pace = new Pace();
  #held = false;
  /** What is left in the pipe without an end of line, and since when. */
  #left_bytes = 0;
  #left_at = 0;
  /** How often it was looked at since. */
  #looks = 0;
  #timer: Disposable | null = null;
  #failed_at = Number.NEGATIVE_INFINITY;

  constructor(pipe: KeptEnd, sink: OutputSink, host: ReadingHost) {
    this.pipe = pipe;
    this.#sink = sink;
    this.#host = host;
    this.#poll.writeInt32LE(pipe.fd, 0);
    this.#width = new PipeWidth(host.libc, pipe.fd);
    this.#width.measure();
    if (this.#width.isWide) host.stage.widen();
  }

  /** Reads what is there, within limits. @returns whether there may be more */
  look(): boolean {
    let bytes = 0;
    for (let chunk = 0; chunk < CHUNKS && !this.#held; chunk++) {
      const { marked } = this.#sink;
      const taken = marked === undefined ? this.#read() : this.#pass(marked);
      if (taken < 0) {
        if (bytes > 0 && this.#pace.read(bytes, this.#width.full_bytes, this.#host.clock.now())) this.#host.pause();
        return false;
      }
      if (taken === 0) {
        this.finish();
        return false;
      }
      bytes += taken;
    }
    return !this.#held;
  }

  /** There is nothing more to come. */
  finish(): void {
    this.#width.narrow();
    this.#host.finish();
  }

  stop(): void {
    this.#held = true;
    this.#timer?.[Symbol.dispose]();
    this.#timer = null;
    this.#width.release();
  }

  /** @returns as `Stage.look` */
  #read(most?: number): number {
    const { stage } = this.#host;
    const count = stage.read(this.pipe.fd, most);
    if (count > 0) this.#write(count);
    return count;
  }

  #pass(marked: MarkedSink): number {
    const { stage } = this.#host;
    const found = stage.look(this.pipe.fd, this.#width.isWide);
    if (found <= 0) return found;
    this.#width.found(found, () => stage.widen());
    const bytes = this.#due(found, marked);
    if (bytes === 0) return -1;
    const mark = marked.mark();
    if (mark === null || !this.#tell(bytes, mark)) return this.#read(bytes);
    stage.pass(this.pipe.fd, bytes, (moved) => {
      this.#write(moved);
      marked.flush();
    });
    return bytes;
  }

  /** Where it can't be told what is about to be written, it is written all the same. */
  #tell(bytes: number, mark: OutputMark): boolean {
    const { stage, log } = this.#host;
    try {
      stage.tell(this.pipe.index, bytes, mark);
      return true;
    } catch (error) {
      const failed_at = this.#host.clock.now();
      if (failed_at - this.#failed_at >= QUIET_MS) log.error(`a crash now could double lines of output: ${messageOf(error)}`);
      this.#failed_at = failed_at;
      return false;
    }
  }

  /** How much of what was looked at is to be taken: whole lines, or what has waited long enough for its end, or fills the pipe. */
  #due(found: number, { longest_line, line_delay_ms }: Pick<MarkedSink, 'longest_line' | 'line_delay_ms'>): number {
    const { stage, clock } = this.#host;
    const whole = stage.buffer.subarray(0, found).lastIndexOf(NEWLINE) + 1;
    if (whole > 0) {
      this.#moved(0);
      return whole;
    }
    if (found >= Math.min(longest_line, PIPE_BYTES)) return found;
    const now = clock.now();
    if (found !== this.#left_bytes) this.#moved(found);
    else if (now - this.#left_at >= line_delay_ms) {
      this.#moved(0);
      return found;
    }
    // Nobody adds to it any more.
    if (this.#hungUp()) return stage.look(this.pipe.fd, this.#width.isWide);
    // A pipe that holds little is full with less than a chunk, and a long line has no end in it.
    if (this.#looks === QUICK_LOOKS) {
      const full = stage.lookInVain(this.pipe.fd, this.#width.isWide);
      if (full > 0) return this.#due(full, { longest_line: full, line_delay_ms });
    }
    this.#lookAgain(this.#left_at + line_delay_ms - now);
    return 0;
  }

  /** There is news: so many bytes of an unended line are left in the pipe. */
  #moved(left_bytes: number): void {
    this.#left_bytes = left_bytes;
    this.#left_at = this.#host.clock.now();
    this.#looks = 0;
    this.#timer?.[Symbol.dispose]();
    this.#timer = null;
  }

  /**
   * Of a write that fills a pipe in which something was left, and has to wait for room, the kernel tells nobody before it is over. So this
   * looks: in the next turns of the loop, then ever more slowly, and at last when the line has waited long enough.
   *
   * @source fs/pipe.c of Linux, pipe_write
   */
  #lookAgain(longest_ms: number): void {
    const looks = this.#looks++;
    if (looks < QUICK_LOOKS) {
      this.#host.again();
      return;
    }
    const look = (): void => {
      this.#timer = null;
      this.#host.again();
    };
    this.#timer ??= this.#host.clock.setTimeout(look, Math.min(2 ** (looks - QUICK_LOOKS), longest_ms));
  }

  #hungUp(): boolean {
    this.#poll.writeInt32LE(0, REVENTS_AT - 2);
    return this.#host.calls.poll(this.#poll, 1, 0) > 0 && (this.#poll.readInt16LE(REVENTS_AT) & POLLHUP) !== 0;
  }

  #write(bytes: number): void {
    const { buffer } = this.#host.stage;
    const pending = this.#sink.write(buffer.subarray(0, bytes), ROOM_BYTES);
    if (pending === undefined || this.#held) return;
    this.#held = true;
    const go = (): void => {
      this.#held = false;
      this.#host.again();
    };
    pending.then(go, go);
  }
}
