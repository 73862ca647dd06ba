import type { Findings, Origin, Path } from '../problem.js';
import { type Source, typedSource } from '../source.js';

/** Reads TOML 1.0, with the line of every key; keys of inline tables have the line of the table. */
export async function readTomlSource(text: string, file: string, findings: Findings): Promise<Source> {
  const { parse, TomlError } = await import('smol-toml');
  try {
    const value = parse(text);
    locateKeys(text, file, findings);
    return typedSource(value, file);
  } catch (thrown) {
    if (!(thrown instanceof TomlError)) throw thrown;
    const [reason = ''] = thrown.message.replace(/^Invalid TOML document: /, '').split('\n');
    findings.error([], { message: `is not TOML: ${reason}` }, { file, line: thrown.line, column: thrown.column });
    return typedSource(undefined, file);
  }
}

const KEY = /\s*(?:"((?:[^"\\]|\\.)*)"|'([^']*)'|([\w-]+))\s*/y;

/** Walks the lines of a document that is known to be right, so that a key stands at the start of its line. */
function locateKeys(text: string, file: string, findings: Findings): void {
  let table: Path = [];
  let closing: string | null = null;
  let brackets = 0;
  const lengths = new Map<string, number>();
  for (const [at, line] of text.split('\n').entries()) {
    const inside: boolean = closing !== null || brackets > 0;
    const header = inside ? null : /^\s*(\[\[?)/.exec(line);
    const origin: Origin = { file, line: at + 1, column: 1 + line.length - line.trimStart().length };
    if (header?.[1] !== undefined) {
      const { keys } = readKeys(line, header[0].length);
      table = keys;
      if (header[1] === '[[') {
        const name = keys.join('\0');
        const index = lengths.get(name) ?? 0;
        lengths.set(name, index + 1);
        table = [...keys, index];
      }
      findings.locate(table, origin);
      continue;
    }
    let from = 0;
    if (!inside) {
      const { keys, end } = readKeys(line, 0);
      if (keys.length === 0) continue;
      from = end;
      for (let length = 1; length <= keys.length; length++) findings.locate([...table, ...keys.slice(0, length)], origin);
    }
    ({ closing, brackets } = skipValue(line, from, closing, brackets));
  }
}

function readKeys(line: string, from: number): { keys: string[]; end: number } {
  const keys: string[] = [];
  let end = from;
  while (true) {
    KEY.lastIndex = end;
    const match = KEY.exec(line);
    if (match === null) return { keys, end };
    keys.push(match[1] === undefined ? (match[2] ?? match[3] ?? '') : String(JSON.parse(`"${match[1]}"`)));
    end = KEY.lastIndex;
    if (line.charAt(end) !== '.') return { keys, end };
    end++;
  }
}

/** Goes over the rest of a line: which multi-line text is still open at its end, and how many brackets. */
function skipValue(line: string, from: number, open: string | null, depth: number): { closing: string | null; brackets: number } {
  let closing = open;
  let brackets = depth;
  for (let at = from; at < line.length; at++) {
    if (closing !== null) {
      if (line.charAt(at) === '\\' && closing.startsWith('"')) at++;
      else if (line.startsWith(closing, at)) {
        at += closing.length - 1;
        closing = null;
      }
      continue;
    }
    const char = line.charAt(at);
    if (char === '#') break;
    if (char === '[' || char === '{') brackets++;
    if (char === ']' || char === '}') brackets--;
    if (char === '"' || char === "'") {
      closing = line.startsWith(char.repeat(3), at) ? char.repeat(3) : char;
      at += closing.length - 1;
    }
  }
  return { closing: closing?.length === 3 ? closing : null, brackets };
}
