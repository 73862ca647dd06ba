import { accessSync, constants, lstatSync, realpathSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import { messageOf } from '../errors.js';
import { PlantedError, trustedPath } from './trusted-file.js';

const { W_OK, X_OK } = constants;
const OTHERS_WRITE = 0o022;
const STICKY = 0o1000;

/**
 * Why a state directory can't be used, or can't be made where there is nothing; null where all is well. Nothing is changed.
 *
 * @returns a clause, such as `it is no directory`
 */
export function stateDirTrouble(path: string): string | null {
  try {
    trustedPath(path);
    const found = lstatSync(path, { throwIfNoEntry: false });
    return found === undefined ? unmade(path) : (ofOthers(path) ?? unwritable(path, 'it can not be written to'));
  } catch (cause) {
    return cause instanceof PlantedError ? cause.message : `it can not be looked at: ${messageOf(cause)}`;
  }
}

/** Why others decide what is at a path: it belongs to them, or they may change it, or put another in its place. */
export function ofOthers(path: string): string | null {
  const found = lstatSync(path);
  if (!found.isDirectory()) return `it is ${found.isSymbolicLink() ? 'a symbolic link' : 'no directory'}`;
  const uid = process.geteuid?.();
  if (found.uid !== uid) return `it belongs to uid ${found.uid}, not to uid ${uid}`;
  if ((found.mode & OTHERS_WRITE) !== 0) return `others may write to it (mode ${(found.mode & 0o777).toString(8)}), 700 is needed`;
  return exposed(dirname(realpathSync(path)));
}

/** Why nothing can be written into a directory. */
function unwritable(path: string, what: string): string | null {
  try {
    accessSync(path, W_OK | X_OK);
    return null;
  } catch (cause) {
    return `${what}: ${messageOf(cause)}`;
  }
}

function unmade(path: string): string | null {
  let above = dirname(path);
  while (statSync(above, { throwIfNoEntry: false }) === undefined) above = dirname(above);
  return exposed(realpathSync(above)) ?? unwritable(above, 'it can not be made');
}

function exposed(directory: string): string | null {
  const uid = process.geteuid?.();
  for (let above = directory; ; above = dirname(above)) {
    const { uid: owner, mode } = statSync(above);
    // With the sticky bit nobody moves away what is another's.
    const isSafe = (owner === uid || owner === 0) && ((mode & OTHERS_WRITE) === 0 || (mode & STICKY) !== 0);
    if (!isSafe)
      return `others may put another in its place, for ${above} belongs to uid ${owner} and has mode ${(mode & 0o7777).toString(8)}`;
    if (above === dirname(above)) return null;
  }
}
