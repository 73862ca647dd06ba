import { fitsSchema } from '../config/fits-schema.js';
import { shortJson } from '../config/problem.js';
import { schemaWords } from '../config/schema-words.js';
import { messageOf } from '../errors.js';
import type { JsonSchema } from '../json-schema.js';
import { TO_HOST, type ToHost } from './messages.js';

/**
 * The message that a line from a guest holds, defaults filled in; a text says why it holds none. No validator is loaded for it: that
 * would hold up everything for as long as a start takes.
 */
export function parseMessage(line: string): ToHost | string {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch (error) {
    return `${messageOf(error)}: ${shortJson(line)}`;
  }
  const type = typeof value === 'object' && value !== null && 'type' in value ? value.type : undefined;
  if (typeof type !== 'string' || !isKnown(type)) return `its type must be one of ${Object.keys(TO_HOST).join(', ')}: ${shortJson(line)}`;
  const { schema } = TO_HOST[type];
  if (fitsSchema(value, schema)) return value as ToHost;
  return `${type}: ${wrongWith(new Map(Object.entries(value as object)), schema)}: ${shortJson(line)}`;
}

const isKnown = (type: string): type is ToHost['type'] => Object.hasOwn(TO_HOST, type);

/** The first key that is missing or has a wrong value. */
function wrongWith(message: ReadonlyMap<string, unknown>, { required = [], properties = {} }: JsonSchema): string {
  const missing = required.find((key) => !message.has(key));
  if (missing !== undefined) return `${missing} is missing; it must be ${schemaWords(properties[missing] ?? {})}`;
  const [key, schema] = Object.entries(properties).find(([name, each]) => message.has(name) && !fitsSchema(message.get(name), each)) ?? [];
  return key === undefined ? 'it is not as it must be' : `${key} must be ${schemaWords(schema ?? {})}, got ${shortJson(message.get(key))}`;
}
