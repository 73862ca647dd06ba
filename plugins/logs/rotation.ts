import { existsSync, readdirSync, renameSync, rmSync, statSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import type { Clock } from '../../core/index.js';
import { sizeNewer, sizeNumbers, sizeRenames, timedName, timedSurplus } from './rotation-names.js';
import { firstRotation_ms, isTooFar, nameTime_ms, nextRotation_ms, type Schedule, suffixOf } from './rotation-time.js';
import { timeFormat } from './time-format.js';

/** What is known of a file that is open. */
export interface OpenFile {
  readonly dev: number;
  readonly ino: number;
  readonly size: number;
  readonly mtime_ms: number;
}

/** When and how the file that is written to becomes an old one. */
export interface Rotation {
  /** The file stays below this size, bytes. */
  readonly limit: number;
  opened(file: OpenFile): void;
  /** Whether another file is due before the next line. */
  due(): boolean;
  /** Makes way for a new file. @throws what the file system throws */
  rotate(filename: string): void;
  /** Paths of the old files that were begun after that one, which is an old one too. */
  newer(filename: string, old: string): readonly string[];
}

/** Never another file. */
export const noRotation: Rotation = {
  limit: Number.POSITIVE_INFINITY,
  opened: () => {},
  due: () => false,
  rotate: () => {},
  newer: () => [],
};

/** By size. @source Circus's FileStream */
export function sizeRotation(max_bytes: number, backup_count: number): Rotation {
  if (max_bytes === 0 || backup_count === 0) return noRotation;
  return {
    ...noRotation,
    limit: max_bytes,
    rotate(filename) {
      for (const { from, to } of sizeRenames(filename, backup_count, numbersOf(filename))) rename(from, to);
    },
    newer: (filename, old) => sizeNewer(filename, backup_count, old, numbersOf(filename)),
  };
}

/** Whenever the name means another file than the one that is open. @source Circus's WatchedFileStream */
export function watchedRotation(filename: string): Rotation {
  let open: OpenFile | null = null;
  return {
    ...noRotation,
    opened(file) {
      open = file;
    },
    due() {
      const named = statSync(filename, { throwIfNoEntry: false });
      return open !== null && (named?.ino !== open.ino || named.dev !== open.dev);
    },
  };
}

/** By time. @source Circus's TimedRotatingFileStream */
export function timedRotation(schedule: Schedule, backup_count: number, clock: Clock): Rotation {
  const { format, digits } = suffixOf(schedule);
  const suffix = timeFormat(format, schedule.utc);
  let rotate_at: number | null = null;
  return {
    ...noRotation,
    opened({ size, mtime_ms }) {
      rotate_at ??= firstRotation_ms(schedule, size > 0 ? mtime_ms : clock.wall());
    },
    due() {
      const now_ms = clock.wall();
      // The clock has been put back, or the file was written to by one that was ahead: nobody waits for that time to come again.
      if (rotate_at !== null && isTooFar(schedule, rotate_at, now_ms)) rotate_at = nextRotation_ms(schedule, now_ms);
      return rotate_at !== null && now_ms >= rotate_at;
    },
    rotate(filename) {
      const now_ms = clock.wall();
      const ended_at = rotate_at ?? now_ms;
      rotate_at = nextRotation_ms(schedule, now_ms);
      const size = statSync(filename, { throwIfNoEntry: false })?.size ?? 0;
      if (size > 0) rename(filename, timedName(filename, suffix(nameTime_ms(schedule, ended_at, now_ms)), existsSync));
      const directory = dirname(filename);
      for (const name of timedSurplus(basename(filename), readdirSync(directory), digits, backup_count)) rmSync(join(directory, name));
    },
  };
}

function numbersOf(filename: string): readonly number[] {
  return sizeNumbers(basename(filename), readdirSync(dirname(filename)));
}

/** A file that somebody else has taken away need not be renamed. */
function rename(from: string, to: string): void {
  if (existsSync(from)) renameSync(from, to);
}
