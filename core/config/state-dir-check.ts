import { statfsSync } from 'node:fs';
import { dirname } from 'node:path';
import { stateDirTrouble } from '../os/state-dir.js';
import { statePath } from '../state-path.js';
import type { Findings } from './problem.js';
import type { Config } from './schema/daemon.js';

/** A journal and its spare, and what else is made at a start. */
const ROOM_BYTES = 256 * 1024;

/** Warns of a state directory that is wanted and can't be used, or has no room; it makes nothing. */
export function checkStateDir({ state_dir, durable, watchers }: Config, file: string, findings: Findings): void {
  const isWanted = durable === true || Object.values(watchers).some((spec) => spec.durable === true);
  const path = statePath(state_dir, file);
  if (path === null || !(isWanted || (state_dir !== null && durable !== false))) return;
  const trouble = stateDirTrouble(path) ?? narrow(path);
  const message = `${state_dir === null ? 'needs a state directory, and' : 'can’t be used:'} ${path}: ${trouble}`;
  const fix = 'mend that, or name another by state_dir';
  if (trouble !== null) findings.warn([state_dir === null ? 'durable' : 'state_dir'], { message, fix });
}

function narrow(path: string): string | null {
  for (let at = path; ; at = dirname(at)) {
    try {
      const { bavail, bsize } = statfsSync(at);
      const bytes = bavail * bsize;
      return bytes < ROOM_BYTES ? `there is room for no more than ${Math.floor(bytes / 1024)} KiB` : null;
    } catch (error) {
      if (at === dirname(at)) throw error;
    }
  }
}
