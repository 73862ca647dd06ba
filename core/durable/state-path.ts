import { existsSync } from 'node:fs';
import { basename, extname, join, resolve } from 'node:path';
import { runtimeDir } from '../runtime-dir.js';

/** Whether a supervisor of this config file has not ended as it should, and has left processes behind perhaps. */
export function hasLeftBehind(state_dir: string | null, file: string): boolean {
  const path = statePath(state_dir, file);
  return path !== null && existsSync(join(path, 'journal'));
}

/**
 * Where a supervisor keeps its state: `state_dir`, or a directory named after the config file; null where there is neither.
 *
 * @returns an absolute path
 */
export function statePath(state_dir: string | null, file: string | undefined): string | null {
  if (state_dir !== null) return resolve(state_dir);
  if (file === undefined) return null;
  const name = `${basename(file, extname(file))}-${hashOf(resolve(file))}`;
  return resolve(runtimeDir(), 'state', name);
}

/** Eight hexadecimal digits, without loading what has better ones. @source FNV-1a, 32 bits */
function hashOf(text: string): string {
  let hash = 0x811c9dc5;
  for (const byte of Buffer.from(text)) hash = Math.imul(hash ^ byte, 0x01000193);
  return (hash >>> 0).toString(16).padStart(8, '0');
}
