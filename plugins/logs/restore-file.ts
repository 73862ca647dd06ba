import { readdirSync, rmSync, statSync, truncateSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import type { OutputMark } from '../../core/index.js';
import type { Rotation } from './rotation.js';

/**
 * Takes away what was written to a file, and to those that followed it when it was rotated, after a mark. Nothing is touched where the
 * file is not in its directory any more, under its own name or that of an old one.
 *
 * @returns whether it was found
 */
export function restoreFile(filename: string, mark: OutputMark, rotation: Rotation): boolean {
  const found = [filename, ...oldFiles(filename)].find((path) => {
    const stat = statSync(path, { throwIfNoEntry: false });
    return stat !== undefined && stat.ino === mark.ino && stat.dev === mark.dev;
  });
  if (found === undefined) return false;
  if (found !== filename) {
    for (const path of rotation.newer(filename, found)) rmSync(path, { force: true });
    cut(filename, 0);
  }
  cut(found, mark.size);
  return true;
}

function oldFiles(filename: string): readonly string[] {
  const [directory, prefix] = [dirname(filename), `${basename(filename)}.`];
  const names = readdirSync(directory).filter((name) => name.startsWith(prefix));
  return names.map((name) => join(directory, name));
}

function cut(path: string, size: number): void {
  if ((statSync(path, { throwIfNoEntry: false })?.size ?? 0) > size) truncateSync(path, size);
}
