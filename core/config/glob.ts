import { lstat, readdir } from 'node:fs/promises';
import { join, parse } from 'node:path';
import { fnmatch } from './fnmatch.js';

const MAGIC = /[*?[]/;

/**
 * Files that an absolute pattern matches, sorted; each part of the path is matched by itself, and `*` does not match a leading dot.
 * A folder that can't be listed holds nothing.
 *
 * @source Python's glob.glob, not recursive
 */
export async function glob(pattern: string): Promise<string[]> {
  const { root } = parse(pattern);
  let found = [root];
  for (const part of pattern.slice(root.length).split('/').filter(Boolean)) {
    const next = await Promise.all(found.map((folder) => (MAGIC.test(part) ? matchesIn(folder, part) : literalIn(folder, part))));
    found = next.flat();
  }
  return found.toSorted();
}

async function literalIn(folder: string, name: string): Promise<string[]> {
  const path = join(folder, name);
  return lstat(path).then(
    () => [path],
    () => [],
  );
}

async function matchesIn(folder: string, pattern: string): Promise<string[]> {
  const names = await namesIn(folder);
  return names
    .filter((name) => fnmatch(name, pattern) && (pattern.startsWith('.') || !name.startsWith('.')))
    .map((name) => join(folder, name));
}

/** Nothing where it is no folder or may not be listed: a pattern that matches nothing is reported by the caller. */
async function namesIn(folder: string): Promise<string[]> {
  return readdir(folder).catch(() => []);
}
