import { readdirSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';

/**
 * A log file and what was rotated out of it, oldest first. Names with a time come in its order; numbers count from the newest.
 *
 * @param names of the directory that the file is in
 */
export function inOrder(filename: string, names: readonly string[]): readonly string[] {
  const base = basename(filename);
  const rotated = names.flatMap((name) => {
    const [, number = '', again = '0'] = name.startsWith(`${base}.`) ? (/^(\d+)(?:\.(\d+))?$/.exec(name.slice(base.length + 1)) ?? []) : [];
    return number === '' ? [] : [{ name, number, again: Number(again) }];
  });
  const timed = rotated.filter(({ number }) => number.length >= 8);
  const counted = rotated.filter(({ number }) => number.length < 8);
  timed.sort((a, b) => (a.number === b.number ? a.again - b.again : a.number < b.number ? -1 : 1));
  counted.sort((a, b) => Number(b.number) - Number(a.number));
  const current = names.includes(base) ? [base] : [];
  return [...timed, ...counted]
    .map(({ name }) => name)
    .concat(current)
    .map((name) => join(dirname(filename), name));
}

/** The same, as there are files. */
export function logFiles(filename: string): readonly string[] {
  return inOrder(filename, readdirSync(dirname(filename)));
}
