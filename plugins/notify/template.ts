import type { EventBodies, EventName } from '../../core/index.js';

/** What variables stand for. */
export type Values = Readonly<Record<string, string | number>>;

type Own = 'watcher' | 'event' | 'summary' | 'host' | 'dropped';
type OfEvents = { [N in EventName]: keyof EventBodies[N] }[EventName];

/** Complete by its type: what any event has, and what every letter has. */
const KNOWN: Readonly<Record<Own | OfEvents, true>> = {
  watcher: true,
  event: true,
  summary: true,
  time: true,
  host: true,
  dropped: true,
  process_pid: true,
  exit_code: true,
  reason: true,
  error: true,
  errno: true,
  name: true,
  limit: true,
  allowed: true,
  found: true,
  action: true,
  stream: true,
  bytes: true,
  lines: true,
  started: true,
  who: true,
  role: true,
  connection: true,
  command: true,
  properties: true,
  result: true,
  took_ms: true,
};

/** The variables that there can be; those that an event does not have stand for nothing. */
export const VARIABLES: readonly string[] = Object.keys(KNOWN);

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
  return [...new Set(names)].filter((name) => !VARIABLES.includes(name));
}
