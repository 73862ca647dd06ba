import { closeSync } from 'node:fs';
import { join } from 'node:path';
import type { Clock } from '../clock.js';
import { messageOf } from '../errors.js';
import type { Logger } from '../log.js';
import type { KeptPipeReader, KeptReaderOptions, KeptReading, Unfinished } from '../os/kept.js';
import type { OutputSink } from '../os/port.js';
import { KeptPipes, type KeptPipesHost } from './kept-pipes.js';

const NOWHERE: OutputSink = { write: () => undefined, end: () => {} };
/** Of the pipe that what is being written passes through. */
const STAGE = 0;

export interface KeptOutputsHost extends Omit<KeptPipesHost, 'directory'> {
  readonly clock: Clock;
  readonly log: Logger;
  /** Where the FIFOs are, and what says what was being written; both are made. */
  readonly state_dir: string;
  /** @throws OsError */
  openReader(options: KeptReaderOptions): KeptPipeReader;
}

/** The output of one process by a pipe that outlives the daemon. */
export interface KeptOutput {
  /** Of the pipe, for the journal. */
  readonly index: number;
  /** What the process gets; open until it is told what became of the process. */
  readonly fd: number;
  /** There is a process: reads until nobody writes to the pipe any more. */
  start(): void;
  /** There is none. */
  cancel(): void;
  /** Reads on, but no longer keeps the host process alive. */
  unref(): void;
}

/**
 * The outputs of processes that outlive the daemon. Nothing is read of what an earlier daemon has left before that is written which it
 * was about to write when it was killed.
 */
export class KeptOutputs {
  readonly #pipes: KeptPipes;
  readonly #reader: KeptPipeReader;
  readonly #log: Logger;
  /** What is to be written first, and who waits for that. */
  #unfinished: Unfinished | null;
  /** Pipes of an earlier daemon that nobody has adopted yet. */
  readonly #left: Set<number>;
  readonly #waiting = new Set<() => void>();

  private constructor(pipes: KeptPipes, reader: KeptPipeReader, { log }: KeptOutputsHost, used: ReadonlySet<number>) {
    this.#left = new Set(used);
    this.#pipes = pipes;
    this.#reader = reader;
    this.#log = log;
    this.#unfinished = reader.unfinished();
    this.#settle();
  }

  /**
   * Opens what an earlier daemon has left in the directory, or begins anew.
   *
   * @param used indexes of the pipes of processes that lived when it ended
   * @throws OsError, SpawnError
   */
  static async open(host: KeptOutputsHost, used: ReadonlySet<number>): Promise<KeptOutputs> {
    const { clock, log, state_dir } = host;
    const pipes = new KeptPipes({ ...host, directory: join(state_dir, 'pipes') }, new Set([STAGE, ...used]));
    try {
      await pipes.held(STAGE);
      const reader = host.openReader({ stage: pipes.path(STAGE), intent: join(state_dir, 'pipes', 'intent'), clock, log });
      return new KeptOutputs(pipes, reader, host, used);
    } catch (error) {
      pipes.leave();
      throw error;
    }
  }

  /** A pipe for a process that is about to be spawned. @throws OsError, SpawnError */
  async take(sink: OutputSink): Promise<KeptOutput> {
    const { index } = await this.#pipes.acquire();
    let fd: number;
    try {
      fd = this.#pipes.openWriting(index);
    } catch (error) {
      this.#pipes.giveBack(index);
      throw error;
    }
    const reading = this.#reading(index, sink);
    return {
      index,
      fd,
      start: () => {
        try {
          reading.start();
        } finally {
          closeSync(fd);
        }
      },
      cancel: () => {
        closeSync(fd);
        this.#pipes.giveBack(index);
      },
      unref: () => reading.unref(),
    };
  }

  /** Reads on what an earlier daemon has read, whether the process lives or not. @throws OsError where there is no such pipe */
  adopt(index: number, sink: OutputSink): { unref(): void } {
    this.#pipes.end(index);
    const reading = this.#reading(index, sink);
    if (this.#unfinished?.intent?.pipe === index) this.#finish(sink, this.#unfinished);
    reading.start();
    if (this.#left.delete(index)) this.#settle();
    return reading;
  }

  /** Nobody adopts any other pipe: whoever writes to one still is not to wait for ever. */
  dropBut(adopted: ReadonlySet<number>): void {
    for (const index of this.#left) {
      if (adopted.has(index)) continue;
      this.#log.warn('output of a process of an earlier daemon is dropped: its watcher is gone', { pipe: index });
      this.adopt(index, NOWHERE).unref();
    }
  }

  /** The state directory is another one: what is open is read on, and dies with the daemon. */
  detach(): void {
    this.#pipes.detach();
  }

  /** Ends the processes that hold, at once. */
  kill(): void {
    this.#pipes.kill();
  }

  /** Leaves nothing behind. Whoever still writes has nobody who reads. */
  async remove(): Promise<void> {
    this.#reader.close();
    await this.#pipes.remove();
  }

  /** Lets go of everything as it is, for the next life. */
  leave(): void {
    this.#reader.close();
    this.#pipes.leave();
  }

  #reading(index: number, sink: OutputSink): { start(): void; unref(): void } {
    let reading: KeptReading | undefined;
    let isUnref = false;
    const start = (): void => {
      reading = this.#reader.read(this.#pipes.end(index), sink, () => this.#pipes.giveBack(index));
      if (isUnref) reading.unref();
    };
    return {
      start: () => {
        if (this.#unfinished === null) start();
        else this.#waiting.add(start);
      },
      unref: () => {
        isUnref = true;
        reading?.unref();
      },
    };
  }

  /** Takes away what there is of it, and writes it. */
  #finish(sink: OutputSink, { bytes, intent }: Unfinished): void {
    if (intent !== null && sink.marked?.restore(intent.mark) === false) {
      this.#log.warn(`${bytes.length} bytes of output may be written twice: the file that they were being written to is gone`, {
        pipe: intent.pipe,
      });
    }
    void sink.write(bytes);
    sink.marked?.flush();
    this.#go();
  }

  /** When all that an earlier daemon has left is adopted. */
  #settle(): void {
    if (this.#left.size > 0) return;
    if (this.#unfinished !== null) {
      const bytes = this.#unfinished.bytes.length;
      this.#log.error(`${bytes} bytes of output, which were being written when the daemon was killed, belong to nobody and are dropped`);
      this.#go();
    }
    this.#pipes.holdAgain().catch((error: unknown) => this.#log.error(`no process keeps pipes open: ${messageOf(error)}`));
  }

  #go(): void {
    this.#unfinished = null;
    this.#reader.finish();
    for (const start of this.#waiting) start();
    this.#waiting.clear();
  }
}
