import { ourWord } from './other-words.js';

/**
 * Edits (insert, delete, replace, swap neighbours) that turn one text into the other.
 *
 * @source Damerau-Levenshtein, optimal string alignment
 */
export function distance(a: string, b: string): number {
  let before: number[] = [];
  let last = Array.from({ length: b.length + 1 }, (_, at) => at);
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) {
      const same = a[i - 1] === b[j - 1];
      let edits = Math.min((last[j] ?? 0) + 1, (row[j - 1] ?? 0) + 1, (last[j - 1] ?? 0) + (same ? 0 : 1));
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]) edits = Math.min(edits, (before[j - 2] ?? 0) + 1);
      row.push(edits);
    }
    before = last;
    last = row;
  }
  return last[b.length] ?? 0;
}

/** What is longer nobody has typed, and it would take its time. */
const LONGEST = 100;

/** The candidate that `found` was probably meant to be: at most one edit for each three letters, case and `-` for `_` ignored. */
export function closest(found: string, candidates: Iterable<string>): string | undefined {
  const plain = (text: string): string => text.toLowerCase().replaceAll('-', '_');
  if (found.length > LONGEST) return undefined;
  let best: string | undefined;
  let fewest = Math.max(1, Math.floor(found.length / 3)) + 1;
  for (const candidate of candidates) {
    // At least as many letters are too many, or missing.
    if (Math.abs(candidate.length - found.length) >= fewest) continue;
    const edits = distance(plain(found), plain(candidate));
    if (edits < fewest) [best, fewest] = [candidate, edits];
  }
  return best;
}

/** The option that an unknown key was probably meant to be: the one that others call so, else the one that is almost spelt so. */
export function meantOption(key: string, known: readonly string[]): string | undefined {
  return ourWord(key, known) ?? closest(key, known);
}

/** The `did_you_mean` of a problem, where there is something to suggest. */
export function suggestion(found: string, candidates: Iterable<string>): { did_you_mean?: string } {
  const best = closest(found, candidates);
  return best === undefined ? {} : { did_you_mean: best };
}
