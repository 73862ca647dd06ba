import { RingmasterError } from '../errors.js';
import type { Finding } from './problem.js';

const WORDS: Readonly<Record<string, string>> = {
  ENOENT: 'there is no such file',
  EACCES: 'no permission to read it',
  EISDIR: 'it is a directory',
  ENOTDIR: 'a part of its path is not a directory',
};

/** The problem of a file that can't be read. */
export function readProblem(file: string, thrown: unknown): Finding {
  const code = thrown instanceof Error && 'code' in thrown ? String(thrown.code) : '';
  const { message, fix } = new RingmasterError('RM_CONFIG_READ', [file, WORDS[code] ?? (code || String(thrown))]);
  return { message, fix };
}
