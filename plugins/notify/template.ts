/** What variables stand for. */
export type Values = Readonly<Record<string, string | number>>;

/** The variables that there can be; those that an event does not have stand for nothing. */
export const VARIABLES = [
  'watcher',
  'event',
  'summary',
  'time',
  'host',
  'dropped',
  'process_pid',
  'exit_code',
  'reason',
  'error',
  'errno',
  'name',
] as const;

const VARIABLE = /\$\{([^}]*)\}/g;

/** Puts values in the place of `${variables}`; what has no value stands for nothing. */
export function fill(text: string, values: Values): string {
  return text.replaceAll(VARIABLE, (_, name: string) => String(values[name.trim()] ?? ''));
}

/** The same in each text of a JSON value; keys stay. */
export function fillAll(value: unknown, values: Values): unknown {
  if (typeof value === 'string') return fill(value, values);
  if (Array.isArray(value)) return value.map((item) => fillAll(item, values));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, member]) => [key, fillAll(member, values)]));
}

/** Variables that a JSON value uses and that there are none of. */
export function unknownVariables(value: unknown): readonly string[] {
  const texts = JSON.stringify(value) ?? '';
  const names = [...texts.matchAll(VARIABLE)].map(([, name = '']) => name.trim());
  return [...new Set(names)].filter((name) => !VARIABLES.some((known) => known === name));
}
