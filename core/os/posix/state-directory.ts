import { chmodSync, closeSync, constants, fstatSync, lstatSync, mkdirSync, openSync, readFileSync, realpathSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import { load } from 'koffi';
import { messageOf, RingmasterError } from '../../errors.js';
import { DiskJournalFile } from '../../journal/file.js';
import type { StateDirectory } from '../durable.js';
import { processName } from '../holder.js';
import { journalPath } from '../left-state.js';
import { PlantedError, trustedPath } from '../trusted-file.js';

const { O_DIRECTORY, O_NOFOLLOW, O_RDONLY } = constants;
/** @source flock(2) */
const LOCK_EX_NB = 2 | 4;
const MODE = 0o700;
const STICKY = 0o1000;

/**
 * Takes a directory for this process alone by flock(2) on the directory itself: the kernel lets go of it however the process ends, and
 * there is no file that could be left over or in the way.
 *
 * @throws RM_STATE_DIR where it is none, belongs to somebody else, or others may write to it; RM_STATE_DIR_HELD
 */
export function takeStateDirectory(path: string): StateDirectory {
  prepare(path);
  const fd = openSync(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW);
  const flock = load(null).func('int flock(int, int)');
  if (flock(fd, LOCK_EX_NB) !== 0) {
    const { ino } = fstatSync(fd);
    closeSync(fd);
    throw new RingmasterError('RM_STATE_DIR_HELD', [path, holderOfLock(ino)]);
  }
  const file = journalPath(path);
  const journal = new DiskJournalFile(file);
  const left_at = statSync(file, { throwIfNoEntry: false })?.mtimeMs;
  return {
    path,
    journal,
    left_at: left_at === undefined ? null : left_at / 1000,
    close() {
      journal.close();
      closeSync(fd);
    },
  };
}

function prepare(path: string): void {
  const refuse = (why: string, cause?: unknown): RingmasterError => new RingmasterError('RM_STATE_DIR', [path, why], { cause });
  try {
    trustedPath(path);
    if (mkdirSync(path, { recursive: true, mode: MODE }) !== undefined) chmodSync(path, MODE);
  } catch (cause) {
    throw refuse(cause instanceof PlantedError ? cause.message : `it cannot be made: ${messageOf(cause)}`, cause);
  }
  const found = lstatSync(path);
  if (!found.isDirectory()) throw refuse(`it is ${found.isSymbolicLink() ? 'a symbolic link' : 'no directory'}`);
  const uid = process.geteuid?.();
  if (found.uid !== uid) throw refuse(`it belongs to uid ${found.uid}, not to uid ${uid}`);
  if ((found.mode & 0o022) !== 0) throw refuse(`others may write to it (mode ${(found.mode & 0o777).toString(8)}), 700 is needed`);
  for (let above = dirname(realpathSync(path)); ; above = dirname(above)) {
    const { uid: owner, mode } = statSync(above);
    // With the sticky bit nobody moves away what is another's.
    const isSafe = (owner === uid || owner === 0) && ((mode & 0o022) === 0 || (mode & STICKY) !== 0);
    if (!isSafe)
      throw refuse(`others may put another in its place, for ${above} belongs to uid ${owner} and has mode ${(mode & 0o7777).toString(8)}`);
    if (above === dirname(above)) return;
  }
}

/** @source proc(5): /proc/locks */
function holderOfLock(inode: number): string {
  const rows = readFileSync('/proc/locks', 'latin1').split('\n');
  const row = rows
    .map((line) => line.trim().split(/\s+/))
    .find(([, kind, , , , place]) => kind === 'FLOCK' && place?.endsWith(`:${inode}`));
  return row?.[4] === undefined ? 'another process' : processName(row[4]);
}
