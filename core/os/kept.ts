import type { Clock } from '../clock.js';
import type { Logger } from '../log.js';
import type { OutputMark, OutputSink } from './port.js';

/** The reading end of a pipe that somebody else keeps open as well. */
export interface KeptEnd {
  /** It is known by, to this daemon and the next. */
  readonly index: number;
  /** It does not block, and stays open when all is read. */
  readonly fd: number;
}

/** A kept pipe that is being read. */
export interface KeptReading {
  /** Reads on, but no longer keeps the host process alive. */
  unref(): void;
}

/** What an earlier daemon was about when it was killed. */
export interface Unfinished {
  /** What it was to write. */
  readonly bytes: Buffer;
  /** Which pipe they are from, and where in which file they were to go: something of them may be there, or all. Null where that is damaged. */
  readonly intent: { readonly pipe: number; readonly mark: OutputMark } | null;
}

/** Reads kept pipes so that each byte gets into its file once, though the daemon may be killed at any moment. */
export interface KeptPipeReader {
  /**
   * Reads to the end, which is when nobody has the pipe open for writing; a process has to have it then. `ended` is called before the
   * sink is told. @throws OsError
   */
  read(pipe: KeptEnd, sink: OutputSink, ended: () => void): KeptReading;
  /** Null where nothing is; else `finish` is due before anything is read. */
  unfinished(): Unfinished | null;
  /** What was unfinished is written. */
  finish(): void;
  close(): void;
}

export interface KeptReaderOptions {
  /** A FIFO that is kept open by somebody else too: what is being written is there as well. */
  readonly stage: string;
  /** A file that says where what is being written begins. */
  readonly intent: string;
  readonly clock: Clock;
  readonly log: Logger;
}
