import { basename, extname, resolve } from 'node:path';
import { hasJournal } from './os/left-state.js';
import { runtimeDir } from './runtime-dir.js';

/** The state directory of a supervisor: as its config says, else named after its config file; null where it has neither. */
export function statePath(state_dir: string | null, file: string | undefined): string | null {
  if (state_dir !== null) return resolve(state_dir);
  if (file === undefined) return null;
  const name = `${basename(file, extname(file))}-${hashOf(resolve(file))}`;
  return resolve(runtimeDir(), 'state', name);
}

/** Whether a supervisor of this config file has not ended as it should, and has left processes behind perhaps. */
export function hasLeftBehind(state_dir: string | null, file: string): boolean {
  const path = statePath(state_dir, file);
  return path !== null && hasJournal(path);
}

/** Eight hexadecimal digits, without loading what has better ones. @source FNV-1a, 32 bits */
function hashOf(text: string): string {
  let hash = 0x811c9dc5;
  for (const byte of Buffer.from(text)) hash = Math.imul(hash ^ byte, 0x01000193);
  return (hash >>> 0).toString(16).padStart(8, '0');
}
