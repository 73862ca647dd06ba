/** Writes docs/reference; with `--check` it only compares, and names the files that differ. */
import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { referenceFiles } from './reference/index.js';

const REFERENCE = fileURLToPath(new URL('../../../docs/reference/', import.meta.url));

/** Names of the files in `directory` that are not what they ought to be: differ, are missing or are too many. */
export async function outdated(directory: string = REFERENCE): Promise<readonly string[]> {
  const wanted = await referenceFiles();
  const there = await readdir(directory);
  const differs = await Promise.all(
    [...wanted].map(async ([name, text]) => !there.includes(name) || (await readFile(join(directory, name), 'utf8')) !== text),
  );
  return [...[...wanted.keys()].filter((_, at) => differs[at]), ...there.filter((name) => !wanted.has(name))];
}

async function write(directory: string): Promise<void> {
  await mkdir(directory, { recursive: true });
  const wanted = await referenceFiles();
  for (const [name, text] of wanted) await writeFile(join(directory, name), text);
  for (const name of await readdir(directory)) if (!wanted.has(name)) await rm(join(directory, name));
}

async function main(): Promise<void> {
  if (!process.argv.includes('--check')) return write(REFERENCE);
  const names = await outdated();
  for (const name of names) process.stderr.write(`docs/reference/${name} is not up to date; run npm run docs\n`);
  if (names.length > 0) process.exitCode = 1;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await main();
