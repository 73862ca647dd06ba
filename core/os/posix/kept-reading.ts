import { messageOf } from '../../errors.js';
import type { KeptEnd, KeptPipeReader, KeptReaderOptions, KeptReading, Unfinished } from '../kept.js';
import type { OutputSink } from '../port.js';
import { Epoll } from './epoll.js';
import type { Handles } from './handles.js';
import { PipeReading, type ReadingParts } from './kept-pipe-reading.js';
import type { Libc } from './libc.js';
import { PAUSE_MS } from './pace.js';
import { loadPipeCalls } from './pipe-calls.js';
import { Stage } from './stage.js';

const RETRY_MS = 100;

/**
 * Reads pipes so that the death of the daemon loses nothing: what has an end of line is taken and written before anything else is, and
 * what has none stays in the pipe. The end of a pipe is when nobody has it open for writing any more.
 */
export class KeptReader implements KeptPipeReader {
  readonly #host: ReadingParts;
  readonly #epoll: Epoll;
  readonly #readings = new Map<number, PipeReading>();
  /** How many of them the host process lives on for. */
  #waited = 0;
  /** Those that have more than was read in their turn. */
  readonly #unread = new Set<PipeReading>();
  /** Those that are left alone for a moment. */
  readonly #pauses = new Map<PipeReading, Disposable>();
  #turn: Disposable | null = null;
  #retry: Disposable | null = null;

  /** @throws what the system says where a file can't be opened */
  constructor({ libc, handles }: { readonly libc: Libc; readonly handles: Handles }, { clock, log, ...files }: KeptReaderOptions) {
    const calls = loadPipeCalls();
    this.#host = { libc, calls, stage: new Stage(libc, calls, files), clock, log };
    this.#epoll = new Epoll(libc, handles);
  }

  read(pipe: KeptEnd, sink: OutputSink, ended: () => void): KeptReading {
    const finish = (): void => {
      this.#forget(reading);
      ended();
      sink.end();
    };
    const [again, pause] = [(): void => this.#later(reading), (): void => this.#pause(reading)];
    const reading: PipeReading = new PipeReading(pipe, sink, { ...this.#host, again, pause, finish });
    this.#epoll.add(pipe.fd, true);
    this.#readings.set(pipe.fd, reading);
    this.#wait(1);
    this.#arm();
    this.#later(reading);
    return {
      unref: () => {
        this.#unref(reading);
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

  #look(reading: PipeReading): void {
    if (this.#readings.get(reading.pipe.fd) !== reading) return;
    this.#unread.delete(reading);
    if (this.#pauses.has(reading)) return;
    try {
      if (reading.look()) this.#later(reading);
    } catch (error) {
      this.#host.log.error(`output is lost: ${messageOf(error)}`, { pipe: reading.pipe.index });
      reading.finish();
    }
  }

  #later(reading: PipeReading): void {
    this.#unread.add(reading);
    this.#turn ??= this.#host.clock.setImmediate(() => {
      this.#turn = null;
      for (const one of [...this.#unread]) this.#look(one);
    });
  }

  /** Nothing tells of it meanwhile. */
  #pause(reading: PipeReading): void {
    const go = (): void => {
      this.#pauses.delete(reading);
      this.#epoll.hush(reading.pipe.fd, false);
      this.#look(reading);
    };
    this.#epoll.hush(reading.pipe.fd, true);
    this.#pauses.set(reading, this.#host.clock.setTimeout(go, PAUSE_MS));
  }

  #forget(reading: PipeReading): void {
    if (this.#readings.get(reading.pipe.fd) !== reading) return;
    reading.stop();
    this.#epoll.remove(reading.pipe.fd);
    this.#pauses.get(reading)?.[Symbol.dispose]();
    this.#pauses.delete(reading);
    this.#readings.delete(reading.pipe.fd);
    this.#unread.delete(reading);
    this.#unref(reading);
    if (this.#readings.size === 0) this.#epoll.rest();
  }

  #unref(reading: PipeReading): void {
    if (!reading.waited) return;
    reading.waited = false;
    this.#wait(-1);
  }

  #wait(by: 1 | -1): void {
    this.#waited += by;
    this.#epoll.keepAlive(this.#waited > 0);
  }
}
