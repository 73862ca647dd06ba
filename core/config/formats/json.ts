import { isObject } from '../json-value.js';
import type { Findings, Path } from '../problem.js';
import { type Source, typedSource } from '../source.js';

/** Reads JSON, strictly, with the place of every key. */
export function readJsonSource(text: string, file: string, findings: Findings): Source {
  const json = text.replace(/^\uFEFF/, '');
  const value = plainly(json);
  if (value === undefined) return typedSource(new JsonParser(json, file, findings).parse(), file);
  // Where each key is takes long to find out, and is asked for only where something is wrong.
  findings.locateLater(() => void new JsonParser(json, file, findings).parse());
  return typedSource(value, file);
}

/** What Node reads, where it reads all that is there; undefined where there are mistakes, keys that come twice, or too many levels. */
function plainly(json: string): unknown {
  let value: unknown;
  try {
    value = JSON.parse(json);
  } catch {
    // The other parser says what is wrong, and where.
    return undefined;
  }
  let keys = 0;
  for (const [, colon] of json.matchAll(/"(?:[^"\\]|\\.)*"\s*(:?)/g)) if (colon !== '') keys++;
  return countKeys(value, 0) === keys ? value : undefined;
}

/** NaN below the deepest level. */
function countKeys(value: unknown, depth: number): number {
  if (typeof value !== 'object' || value === null) return depth > DEEPEST ? Number.NaN : 0;
  if (depth > DEEPEST) return Number.NaN;
  const members: readonly unknown[] = Object.values(value);
  return members.reduce<number>((sum, member) => sum + countKeys(member, depth + 1), isObject(value) ? members.length : 0);
}

/** Far deeper than any config, and far from the end of the stack. */
const DEEPEST = 100;

class JsonSyntaxError extends Error {
  readonly at: number;
  constructor(message: string, at: number) {
    super(message);
    this.at = at;
  }
}

class JsonParser {
  readonly #text: string;
  readonly #file: string;
  readonly #findings: Findings;
  #at = 0;
  /** The last line that was asked for: its number, and where it starts. */
  #line = { number: 1, start: 0 };

  constructor(text: string, file: string, findings: Findings) {
    this.#text = text;
    this.#file = file;
    this.#findings = findings;
  }

  parse(): unknown {
    try {
      const value = this.#value([]);
      this.#space();
      if (this.#at < this.#text.length) this.#fail('the end of the file');
      return value;
    } catch (thrown) {
      if (!(thrown instanceof JsonSyntaxError)) throw thrown;
      this.#findings.error([], { message: `is not JSON: ${thrown.message}` }, this.#origin(thrown.at));
      return undefined;
    }
  }

  #value(path: Path): unknown {
    this.#space();
    const char = this.#text.charAt(this.#at);
    if (path.length > DEEPEST) this.#fail(`at most ${DEEPEST} objects and lists inside each other`);
    if (char === '{') return this.#object(path);
    if (char === '[') return this.#array(path);
    if (char === '"') return this.#string();
    const literal = /^(?:true|false|null|-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?)(?![\w.])/.exec(
      this.#text.slice(this.#at, this.#at + 400),
    );
    if (literal === null) this.#fail('a value');
    this.#at += literal[0].length;
    return JSON.parse(literal[0]);
  }

  #object(path: Path): Record<string, unknown> {
    const entries = new Map<string, unknown>();
    this.#members('}', 'a key in double quotes', () => {
      const start = this.#at;
      if (this.#text.charAt(start) !== '"') this.#fail('a key in double quotes');
      const key = this.#string();
      const at = [...path, key];
      this.#space();
      this.#take(':');
      if (entries.has(key)) this.#findings.error(at, { message: 'is given twice' }, this.#origin(start));
      this.#findings.locate(at, this.#origin(start));
      entries.set(key, this.#value(at));
    });
    return Object.fromEntries(entries);
  }

  #array(path: Path): unknown[] {
    const items: unknown[] = [];
    this.#members(']', 'a value', () => {
      const at = [...path, items.length];
      this.#findings.locate(at, this.#origin(this.#at));
      items.push(this.#value(at));
    });
    return items;
  }

  #members(end: string, member: string, read: () => void): void {
    this.#at++;
    this.#space();
    if (this.#text.charAt(this.#at) === end) {
      this.#at++;
      return;
    }
    while (true) {
      this.#space();
      if (this.#text.charAt(this.#at) === end) this.#fail(`${member} after the comma`);
      read();
      this.#space();
      if (this.#text.charAt(this.#at) !== ',') break;
      this.#at++;
    }
    if (this.#text.charAt(this.#at) !== end) this.#fail(`a comma or ${end}`);
    this.#at++;
  }

  #string(): string {
    const match = /"(?:[^"\\\n\r]|\\.)*"/y;
    match.lastIndex = this.#at;
    const raw = match.exec(this.#text)?.[0];
    if (raw === undefined) this.#fail('a text closed by a double quote');
    try {
      const value: unknown = JSON.parse(raw);
      this.#at += raw.length;
      return String(value);
    } catch {
      return this.#fail('a text with the escapes of JSON only');
    }
  }

  #take(char: string): void {
    if (this.#text.charAt(this.#at) !== char) this.#fail(char);
    this.#at++;
  }

  #space(): void {
    while (/[ \t\r\n]/.test(this.#text.charAt(this.#at))) this.#at++;
  }

  #fail(expected: string): never {
    const char = this.#text.charAt(this.#at);
    const found = char === '' ? 'the end of the file' : JSON.stringify(char);
    const hint = char === '/' || char === '#' ? ' (there are no comments in JSON)' : '';
    throw new JsonSyntaxError(`expected ${expected}, got ${found}${hint}`, this.#at);
  }

  #origin(at: number): { file: string; line: number; column: number } {
    // Counted on from the place before: a whole file for each key would take as long as its square.
    if (at < this.#line.start) this.#line = { number: 1, start: 0 };
    let { number, start } = this.#line;
    for (let end = this.#text.indexOf('\n', start); end >= 0 && end < at; end = this.#text.indexOf('\n', start)) {
      number += 1;
      start = end + 1;
    }
    this.#line = { number, start };
    return { file: this.#file, line: number, column: at - start + 1 };
  }
}
