import { chmodSync, closeSync, constants, fstatSync, mkdirSync, openSync, readFileSync, statSync } from 'node:fs';
import { stat, utimes } from 'node:fs/promises';
import { load } from 'koffi';
import { messageOf, RingmasterError } from '../../errors.js';
import { DiskJournalFile, type JournalFile } from '../../journal/file.js';
import type { StateDirectory } from '../durable.js';
import { processName } from '../holder.js';
import { hasJournal, historyPath, journalPath } from '../left-state.js';
import { OsError } from '../os-error.js';
import { ofOthers, stateDirTrouble } from '../state-dir.js';

const { O_DIRECTORY, O_NOFOLLOW, O_RDONLY } = constants;
/** @source flock(2) */
const LOCK_EX_NB = 2 | 4;
const MODE = 0o700;
/** Less often than this there is a sign of life, for a file system on a disk has work by it. */
const SIGN_MS = 60_000;

/**
 * Takes a directory for this process alone by flock(2) on the directory itself: the kernel lets go of it however the process ends, and
 * there is no file that could be left over or in the way.
 *
 * @throws RM_STATE_DIR where it is none, belongs to somebody else, or others may write to it; RM_STATE_DIR_HELD
 */
export function takeStateDirectory(path: string): StateDirectory {
  const fallocate = load(null).func('int fallocate(int, int, long, long)');
  const files = [journalPath(path), historyPath(path)] as const;
  let held = lock(path);
  const [journal, history] = files.map((file): JournalFile => {
    const disk = new DiskJournalFile(file, (target, bytes) => fallocate(target, 0, 0, bytes) === 0);
    return {
      read: () => disk.read(),
      append: (text) => disk.append(text),
      replace(text, room_bytes) {
        if (!isAt(held, path)) throw new OsError('ESTALE', 'open', `${path} is another directory by now`);
        disk.replace(text, room_bytes);
      },
      remove() {
        if (isAt(held, path)) disk.remove();
        else disk.close();
      },
      close: () => disk.close(),
    };
  }) as [JournalFile, JournalFile];
  const [left_at = null, told_at = null] = files.map(changedAt);
  let signed_ms = performance.now();
  return {
    path,
    journal,
    history,
    left_at,
    last_alive: told_at === null ? left_at : Math.max(told_at, left_at ?? 0),
    async look() {
      const [found, noted, told] = await Promise.allSettled([stat(path), stat(files[0]), stat(files[1])]);
      if (found.status === 'rejected' || found.value.dev !== held.dev || found.value.ino !== held.ino) return 'elsewhere';
      if (noted.status === 'rejected') return 'without_journal';
      if (told.status === 'rejected') return 'without_history';
      if (performance.now() - signed_ms >= SIGN_MS) {
        signed_ms = performance.now();
        const now = new Date();
        await Promise.allSettled([utimes(files[1], now, now)]);
      }
      return 'whole';
    },
    isThere: () => isAt(held, path),
    retake() {
      const taken = lock(path);
      journal.close();
      history.close();
      closeSync(held.fd);
      held = taken;
    },
    close() {
      journal.close();
      history.close();
      closeSync(held.fd);
    },
  };
}

/** When a file was last written, in seconds since the epoch; null where there is none. */
function changedAt(file: string): number | null {
  const found = statSync(file, { throwIfNoEntry: false });
  return found === undefined ? null : found.mtimeMs / 1000;
}

/** A directory that is held by its descriptor; which one it is, is asked once, for a file system that hangs or fails does not answer. */
interface Held {
  readonly fd: number;
  readonly dev: number;
  readonly ino: number;
}

/** Whether the path leads there; if not, what is there may be another supervisor's. */
function isAt({ dev, ino }: Held, path: string): boolean {
  const found = statSync(path, { throwIfNoEntry: false });
  return found?.dev === dev && found.ino === ino;
}

function lock(path: string): Held {
  prepare(path);
  const fd = openSync(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW);
  const flock = load(null).func('int flock(int, int)');
  const { dev, ino } = fstatSync(fd);
  if (flock(fd, LOCK_EX_NB) === 0) return { fd, dev, ino };
  closeSync(fd);
  throw new RingmasterError('RM_STATE_DIR_HELD', [path, holderOfLock(ino)]);
}

/** One that can't be written to is taken where somebody has left something in it, for that has to be looked after. */
function prepare(path: string): void {
  const refuse = (why: string, cause?: unknown): RingmasterError => new RingmasterError('RM_STATE_DIR', [path, why], { cause });
  const trouble = stateDirTrouble(path);
  const is_left = trouble !== null && hasJournal(path) && ofOthers(path) === null;
  if (trouble !== null && !is_left) throw refuse(trouble);
  try {
    if (mkdirSync(path, { recursive: true, mode: MODE }) !== undefined) chmodSync(path, MODE);
  } catch (cause) {
    throw refuse(`it can not be made: ${messageOf(cause)}`, cause);
  }
  const changed = ofOthers(path);
  if (changed !== null) throw refuse(changed);
}

/** @source proc(5): /proc/locks */
function holderOfLock(inode: number): string {
  const rows = readFileSync('/proc/locks', 'latin1').split('\n');
  const row = rows
    .map((line) => line.trim().split(/\s+/))
    .find(([, kind, , , , place]) => kind === 'FLOCK' && place?.endsWith(`:${inode}`));
  return row?.[4] === undefined ? 'another process' : processName(row[4]);
}
