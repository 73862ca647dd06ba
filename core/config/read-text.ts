import { readFileSync, statSync } from 'node:fs';
import type { Findings } from './problem.js';

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

/** What stands for bytes that are no character. */
const REPLACEMENT = '\uFFFD';

/** Warns of a text in another encoding, Latin-1 say, of which something would get lost without a word. */
export function checkEncoding(text: string, file: string, findings: Findings): void {
  const at = text.indexOf(REPLACEMENT);
  if (at < 0) return;
  const before = text.slice(0, at).split('\n');
  const origin = { file, line: before.length, column: (before.at(-1) ?? '').length + 1 };
  findings.warn([], { message: 'has a character that is not in UTF-8', fix: `iconv -f LATIN1 -t UTF-8 ${file}` }, origin);
}
