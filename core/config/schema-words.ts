import type { JsonSchema, TypeName } from '../json-schema.js';
import { QUANTITY_WORDS } from './quantity.js';

const TYPE_WORDS: Readonly<Record<TypeName, string>> = {
  string: 'text',
  number: 'a number',
  integer: 'an integer',
  boolean: 'true or false',
  null: 'null',
  object: 'an object',
  array: 'a list',
};

/** What a schema allows, in words: `an integer, at least 0`. */
export function schemaWords(schema: JsonSchema): string {
  if (schema.const !== undefined) return JSON.stringify(schema.const);
  if (schema.enum !== undefined) return `one of ${schema.enum.map((value) => (value === null ? 'null' : String(value))).join(', ')}`;
  if (schema.anyOf !== undefined) return [...new Set(schema.anyOf.map(schemaWords))].join(' or ');
  return `${typeWords(schema)}${limitWords(schema)}`;
}

function typeWords(schema: JsonSchema): string {
  const types = schemaTypes(schema);
  if (schema.quantity !== undefined) return QUANTITY_WORDS[schema.quantity] + (types.includes('null') ? ' or null' : '');
  if (schema.type === 'array' && schema.items !== undefined) return `a list, each ${schemaWords(schema.items)}`;
  return types.length === 0 ? 'any value' : types.map((type) => TYPE_WORDS[type]).join(' or ');
}

function limitWords(schema: JsonSchema): string {
  const limits: string[] = [];
  const shown = (limit: number): string => (schema.quantity === 'octal' && limit > 0 ? `0${limit.toString(8)}` : String(limit));
  if (schema.minimum !== undefined) limits.push(`at least ${shown(schema.minimum)}`);
  if (schema.exclusiveMinimum !== undefined) limits.push(`greater than ${schema.exclusiveMinimum}`);
  if (schema.maximum !== undefined) limits.push(`at most ${shown(schema.maximum)}`);
  if (schema.minLength === 1) limits.push('not empty');
  else if (schema.minLength !== undefined) limits.push(`at least ${schema.minLength} characters`);
  if (schema.maxLength !== undefined) limits.push(`at most ${schema.maxLength} characters`);
  if (schema.minItems !== undefined) limits.push(`at least ${schema.minItems} long`);
  if (schema.minProperties !== undefined) limits.push(`with at least ${schema.minProperties} keys`);
  if (schema.pattern !== undefined) limits.push(`that matches ${schema.pattern}`);
  return limits.map((limit) => `, ${limit}`).join('');
}

/** The types that a schema names, as a list. */
export function schemaTypes(schema: JsonSchema): readonly TypeName[] {
  if (schema.type === undefined) return [];
  return typeof schema.type === 'string' ? [schema.type] : schema.type;
}
