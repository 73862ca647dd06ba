import { realpath, stat } from 'node:fs/promises';
import { delimiter, resolve } from 'node:path';
import { splitWords, type WatcherOptions } from '../../core/index.js';
import type { Fingerprint } from './policy.js';

/**
 * The file that a watcher's command is, as it is now.
 *
 * @param directory what a relative path refers to
 * @returns null where there is none, or it can't be looked at
 */
export async function commandFile(
  { executable, cmd, env }: Pick<WatcherOptions, 'executable' | 'cmd' | 'env'>,
  directory: string,
): Promise<Fingerprint | null> {
  const split = splitWords(cmd);
  const name = executable ?? ('words' in split ? split.words[0] : undefined);
  if (name === undefined) return null;
  // As for a spawn: a bare name is looked up in PATH, anything else is a path.
  const path = env.PATH ?? process.env.PATH ?? '';
  const folders = name.includes('/') ? [directory] : [...path.split(delimiter).filter(Boolean), directory];
  for (const folder of folders) {
    const found = await fingerprint(resolve(directory, folder, name));
    if (found !== null) return found;
  }
  return null;
}

async function fingerprint(file: string): Promise<Fingerprint | null> {
  try {
    const path = await realpath(file);
    const stats = await stat(path);
    return stats.isFile() ? { path, mtime_ms: stats.mtimeMs } : null;
  } catch (error) {
    if (error instanceof Error && 'code' in error) return null;
    throw error;
  }
}
