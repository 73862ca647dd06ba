import type { OutputMark, WhenSlow } from '../../core/index.js';
import type { LineFormat } from './line-format.js';
import type { Loss } from './loss.js';

/** Whose bytes these are: one process, or both outputs of it where they go the same way. */
export interface Origin {
  readonly pid: number;
  readonly watcher: string;
  /** `stdout` or `stderr`. */
  readonly name: string;
  readonly loss: Loss;
  readonly format: LineFormat | null;
  readonly when_slow: WhenSlow;
}

/** Where bytes end up: a file, the console, memory, a function. */
export interface Outlet {
  /** While not null nothing more can be taken; settles when it may be tried again. */
  readonly busy: Promise<void> | null;
  /**
   * Takes bytes, which are valid during the call only. What can't be kept is counted in the origin's `loss` and is taken too.
   *
   * @param fresh whether they begin a line, so that they may go to another file than the last
   * @returns how many were taken; fewer than all only where it is busy afterwards
   */
  write(bytes: Buffer, origin: Origin, fresh: boolean): number;
  /** Where the next write begins; missing, or null, where it is not at once in a regular file. */
  mark?(): OutputMark | null;
  /** Takes away what was written after a mark of an earlier daemon. @returns false where its file is not to be found */
  restore?(mark: OutputMark): boolean;
  /** Opens what has a name, so that it is there before anything is written. @returns errno's name where it can't be */
  wake(): string | null;
  /** Lets go of what may have been moved away; the next write opens it anew. */
  reopen(): void;
  /** Lets go of what is open until the next write. */
  rest(): void;
  /** Nothing is written any more. */
  close(): void | Promise<void>;
}
