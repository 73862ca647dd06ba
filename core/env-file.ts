/** Variables of a file in dotenv syntax, or the first line of it that is none. */
export type EnvFile = { readonly variables: Readonly<Record<string, string>> } | { readonly line: number; readonly error: string };

const NAME = /^(?:export[ \t]+)?([A-Za-z_][A-Za-z0-9_.]*)[ \t]*=[ \t]*/;
const ESCAPES: Readonly<Record<string, string>> = { n: '\n', r: '\r', t: '\t' };

/**
 * Reads `NAME=value` lines. Values may be in double quotes, with \n, \r, \t and a backslash before any other character, or in single
 * quotes, as they are; both may go over several lines. Without quotes a value ends at the end of its line, or before ` #`. Nothing in
 * it is replaced. Of a name that comes twice the last value counts.
 */
export function parseEnvFile(text: string): EnvFile {
  const variables = new Map<string, string>();
  const whole = text.replace(/^\uFEFF/, '').replaceAll('\r\n', '\n');
  let rest = whole;
  const fail = (error: string): EnvFile => ({ line: whole.slice(0, whole.length - rest.length).split('\n').length, error });
  for (;;) {
    rest = rest.replace(/^(?:[ \t]*(?:#[^\n]*)?\n)+/, '').replace(/^[ \t]+/, '');
    if (/^(?:#[^\n]*)?$/.test(rest)) return { variables: Object.fromEntries(variables) };
    const [head, name] = NAME.exec(rest) ?? [];
    if (head === undefined || name === undefined) return fail('NAME=value is needed');
    const found = leadingValue(rest.slice(head.length));
    if (found === null) return fail(`the value of ${name} has a quote that is never closed, or text after the quote`);
    if (found.value.includes('\0')) return fail(`the value of ${name} has a zero byte in it`);
    variables.set(name, found.value);
    rest = rest.slice(head.length + found.length);
  }
}

/** A value at the beginning of a text and how much of the text it takes. */
function leadingValue(text: string): { readonly value: string; readonly length: number } | null {
  if (text.startsWith('"') || text.startsWith("'")) {
    const [whole, double, single] = /^(?:"((?:[^"\\]|\\[\s\S])*)"|'([^']*)')[ \t]*(?:#[^\n]*)?(?=\n|$)/.exec(text) ?? [];
    if (whole === undefined) return null;
    const value = single ?? (double ?? '').replaceAll(/\\([\s\S])/g, (_, character: string) => ESCAPES[character] ?? character);
    return { value, length: whole.length };
  }
  const line = /^[^\n]*/.exec(text)?.[0] ?? '';
  return { value: line.replace(/(?:^|[ \t]+)#.*$/, '').trim(), length: line.length };
}
