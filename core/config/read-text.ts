import { readFileSync, statSync } from 'node:fs';

/**
 * The text of a file; what is no plain file, such as a pipe, is waited for.
 *
 * @throws what the file system throws
 */
export async function readText(path: string): Promise<string> {
  // Node loads and compiles a lot before it reads the first file in the background.
  if (statSync(path).isFile()) return readFileSync(path, 'utf8');
  const { readFile } = await import('node:fs/promises');
  return readFile(path, 'utf8');
}
