/** What splitting a command line gives: its words, or why it can't be split. */
export type SplitResult = { readonly words: readonly string[] } | { readonly error: string };

const BLANK = /[ \t\r\n]/;
const BLANKS = /[ \t\r\n]+/;
const SPECIAL = /['"\\]/;
const SAFE = /^[\w@%+=:,./-]+$/;

/**
 * Splits a command line into words as a POSIX shell does, without expanding anything.
 *
 * @source Python's shlex.split with posix=True and without comments, which Circus uses
 */
export function splitWords(text: string): SplitResult {
  if (!SPECIAL.test(text)) return { words: text.split(BLANKS).filter((word) => word !== '') };
  const words: string[] = [];
  let word: string | null = null;
  let quote: '"' | "'" | null = null;
  for (let at = 0; at < text.length; at++) {
    const char = text.charAt(at);
    if (quote === "'" || (quote === '"' && char !== '\\')) {
      if (char === quote) quote = null;
      else word = (word ?? '') + char;
    } else if (char === '\\') {
      const next = text.charAt(++at);
      if (next === '') return { error: 'nothing follows the last backslash' };
      // Between double quotes a backslash is special only before these two.
      const kept: string = quote === '"' && next !== '"' && next !== '\\' ? char : '';
      word = (word ?? '') + kept + next;
    } else if (char === '"' || char === "'") {
      quote = char;
      word ??= '';
    } else if (BLANK.test(char)) {
      if (word !== null) words.push(word);
      word = null;
    } else {
      word = (word ?? '') + char;
    }
  }
  if (quote !== null) return { error: `a ${quote} is not closed` };
  if (word !== null) words.push(word);
  return { words };
}

/** Quotes a word, where it needs it, so that a POSIX shell reads it back as it is. */
export function quoteWord(word: string): string {
  if (SAFE.test(word)) return word;
  return `'${word.replaceAll("'", `'"'"'`)}'`;
}
