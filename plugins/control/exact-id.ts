/** Strings, marks and everything else of a JSON text, in order. */
const TOKENS = /"(?:[^"\\]|\\.)*"|[{}[\],:]|[^\s{}[\],:"]+/g;

/** A number as it was written: given back as it came, where JavaScript can't hold it exactly. */
export class WrittenNumber {
  readonly text: string;

  constructor(text: string) {
    this.text = text;
  }
}

/**
 * The id of a request, to be given back.
 *
 * @param id as parsed
 * @param text the request, a valid JSON object
 */
export function exactId(id: unknown, text: string): unknown {
  if (typeof id !== 'number' || Math.abs(id) <= Number.MAX_SAFE_INTEGER) return id ?? null;
  const tokens = text.match(TOKENS) ?? [];
  let depth = 0;
  let written = String(id);
  tokens.forEach((token, at) => {
    if (token === '{' || token === '[') depth++;
    else if (token === '}' || token === ']') depth--;
    else if (depth === 1 && tokens[at + 1] === ':' && JSON.parse(token) === 'id') written = tokens[at + 2] ?? written;
  });
  return new WrittenNumber(written);
}
