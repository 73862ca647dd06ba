import type { Clock } from '../../clock.js';
import { messageOf } from '../../errors.js';
import type { Logger } from '../../log.js';
import type { KeptEnd, KeptPipeReader, KeptReaderOptions, KeptReading, Unfinished } from '../kept.js';
import type { MarkedSink, OutputMark, OutputSink } from '../port.js';
import { Epoll } from './epoll.js';
import type { Handles } from './handles.js';
import type { Libc } from './libc.js';
import { loadPipeCalls, type PipeCalls } from './pipe-calls.js';
import { CHUNK_BYTES, ROOM_BYTES, Stage } from './stage.js';

const NEWLINE = 10;
/** Chunks that are read of one pipe before others have their turn. */
const CHUNKS = 4;
/** @source poll(2): struct pollfd is an int and two shorts */
const POLLFD_BYTES = 8;
const REVENTS_AT = 6;
const POLLHUP = 0x10;
const RETRY_MS = 100;
/** What fails again within this time is not told again. */
const QUIET_MS = 60_000;

interface Host {
  readonly calls: PipeCalls;
  readonly stage: Stage;
  readonly clock: Clock;
  readonly log: Logger;
}

/**
 * Reads pipes so that the death of the daemon loses nothing: what has an end of line is taken and written before anything else is, and
 * what has none stays in the pipe. The end of a pipe is when nobody has it open for writing any more.
 */
export class KeptReader implements KeptPipeReader {
  readonly #host: Host;
  readonly #epoll: Epoll;
  readonly #readings = new Map<number, Reading>();
  /** Those that have more than was read in their turn. */
  readonly #unread = new Set<Reading>();
  #turn: Disposable | null = null;
  #retry: Disposable | null = null;

  /** @throws what the system says where a file can't be opened */
  constructor({ libc, handles }: { readonly libc: Libc; readonly handles: Handles }, { clock, log, ...files }: KeptReaderOptions) {
    const calls = loadPipeCalls();
    this.#host = { calls, stage: new Stage(libc, calls, files), clock, log };
    this.#epoll = new Epoll(libc, handles);
  }

  read(pipe: KeptEnd, sink: OutputSink, ended: () => void): KeptReading {
    const finish = (): void => {
      this.#forget(reading);
      ended();
      sink.end();
    };
    const reading: Reading = new Reading(pipe, sink, { ...this.#host, again: () => this.#later(reading), finish });
    this.#epoll.add(pipe.fd, true);
    this.#readings.set(pipe.fd, reading);
    this.#keepAlive();
    this.#arm();
    this.#later(reading);
    return {
      unref: () => {
        reading.waited = false;
        this.#keepAlive();
      },
    };
  }

  unfinished(): Unfinished | null {
    return this.#host.stage.unfinished();
  }

  finish(): void {
    this.#host.stage.clear();
  }

  close(): void {
    for (const reading of [...this.#readings.values()]) this.#forget(reading);
    this.#turn?.[Symbol.dispose]();
    this.#retry?.[Symbol.dispose]();
    this.#turn = this.#retry = null;
    this.#host.stage[Symbol.dispose]();
  }

  #tell(): void {
    const ready = this.#epoll.ready().flatMap((fd) => this.#readings.get(fd) ?? []);
    this.#arm();
    for (const reading of ready) this.#look(reading);
  }

  /** Waiting takes a descriptor: where there is none now, another try is made soon. */
  #arm(): void {
    try {
      this.#epoll.arm(() => this.#tell());
    } catch (error) {
      this.#host.log.warn(`output waits: ${messageOf(error)}`);
      this.#retry ??= this.#host.clock.setTimeout(() => {
        this.#retry = null;
        if (this.#readings.size > 0) this.#tell();
      }, RETRY_MS);
    }
  }

  #look(reading: Reading): void {
    if (this.#readings.get(reading.pipe.fd) !== reading) return;
    this.#unread.delete(reading);
    try {
      if (reading.look()) this.#later(reading);
    } catch (error) {
      this.#host.log.error(`output is lost: ${messageOf(error)}`, { pipe: reading.pipe.index });
      reading.finish();
    }
  }

  #later(reading: Reading): void {
    this.#unread.add(reading);
    this.#turn ??= this.#host.clock.setImmediate(() => {
      this.#turn = null;
      for (const one of [...this.#unread]) this.#look(one);
    });
  }

  #forget(reading: Reading): void {
    if (this.#readings.get(reading.pipe.fd) !== reading) return;
    reading.stop();
    this.#epoll.remove(reading.pipe.fd);
    this.#readings.delete(reading.pipe.fd);
    this.#unread.delete(reading);
    if (this.#readings.size > 0) this.#keepAlive();
    else this.#epoll.rest();
  }

  #keepAlive(): void {
    this.#epoll.keepAlive([...this.#readings.values()].some(({ waited }) => waited));
  }
}

interface ReadingHost extends Host {
  /** It is to be looked at again. */
  again(): void;
  finish(): void;
}

/** One pipe. */
class Reading {
  readonly pipe: KeptEnd;
  /** Whether the host process lives on for it. */
  waited = true;
  readonly #sink: OutputSink;
  readonly #host: ReadingHost;
  readonly #poll = Buffer.alloc(POLLFD_BYTES);
  #held = false;
  /** What is left in the pipe without an end of line, and since when. */
  #left_bytes = 0;
  #left_at = 0;
  #timer: Disposable | null = null;
  #failed_at = Number.NEGATIVE_INFINITY;

  constructor(pipe: KeptEnd, sink: OutputSink, host: ReadingHost) {
    this.pipe = pipe;
    this.#sink = sink;
    this.#host = host;
    this.#poll.writeInt32LE(pipe.fd, 0);
  }

  /** Reads what is there, within limits. @returns whether there may be more */
  look(): boolean {
    for (let chunk = 0; chunk < CHUNKS && !this.#held; chunk++) {
      const { marked } = this.#sink;
      const taken = marked === undefined ? this.#read() : this.#pass(marked);
      if (taken < 0) return false;
      if (taken === 0) {
        this.finish();
        return false;
      }
    }
    return !this.#held;
  }

  /** There is nothing more to come. */
  finish(): void {
    this.#host.finish();
  }

  stop(): void {
    this.#held = true;
    this.#timer?.[Symbol.dispose]();
    this.#timer = null;
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
    const found = stage.look(this.pipe.fd);
    if (found <= 0) return found;
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
  #due(found: number, { longest_line, line_delay_ms }: MarkedSink): number {
    const { stage, clock } = this.#host;
    const whole = stage.buffer.subarray(0, found).lastIndexOf(NEWLINE) + 1;
    if (whole > 0) {
      this.#left_bytes = 0;
      return whole;
    }
    if (found >= Math.min(longest_line, CHUNK_BYTES)) return found;
    const now = clock.now();
    if (found !== this.#left_bytes) {
      this.#left_bytes = found;
      this.#left_at = now;
    } else if (now - this.#left_at >= line_delay_ms) {
      this.#left_bytes = 0;
      return found;
    }
    // Nobody adds to it any more.
    if (this.#hungUp()) return stage.look(this.pipe.fd);
    this.#timer ??= clock.setTimeout(
      () => {
        this.#timer = null;
        this.#host.again();
      },
      this.#left_at + line_delay_ms - now,
    );
    return 0;
  }

  #hungUp(): boolean {
    this.#poll.writeInt32LE(0, REVENTS_AT - 2);
    return this.#host.calls.poll(this.#poll, 1, 0) > 0 && (this.#poll.readInt16LE(REVENTS_AT) & POLLHUP) !== 0;
  }

  #write(bytes: number): void {
    const { buffer } = this.#host.stage;
    const pending = this.#sink.write(bytes === CHUNK_BYTES ? buffer : buffer.subarray(0, bytes), ROOM_BYTES);
    if (pending === undefined || this.#held) return;
    this.#held = true;
    const go = (): void => {
      this.#held = false;
      this.#host.again();
    };
    pending.then(go, go);
  }
}
