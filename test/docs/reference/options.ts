import { QUANTITY_WORDS } from '../../../core/config/quantity.js';
import { schemaTypes } from '../../../core/config/schema-words.js';
import type { JsonSchema, TypeName } from '../../../core/json-schema.js';
import { signalName } from '../../../core/signals.js';
import { code, jsonCode, table } from './markdown.js';

const TYPE_WORDS: Readonly<Record<TypeName, string>> = {
  string: 'text',
  number: 'number',
  integer: 'integer',
  boolean: 'boolean',
  null: 'null',
  object: 'object',
  array: 'list',
};

const APPLIES: Readonly<Record<NonNullable<JsonSchema['applies']>, string>> = {
  live: 'live',
  restart: 'restart',
  daemon: 'daemon',
};

/** Texts by the name of an option. */
type Texts = Readonly<Record<string, string>>;

const HEADS = ['Name', 'Type', 'Unit', 'Default', 'Range', 'Applies', 'Description', 'In circus.ini'];

/**
 * The properties of a schema as a table, in the order of the schema.
 *
 * @param circus how an option is written in a circus.ini, by name, where that differs
 * @param remarks what is to be said of an option besides its description, by name
 */
export function optionTable(schema: JsonSchema, circus: Texts = {}, remarks: Texts = {}): string {
  const rows = Object.entries(schema.properties ?? {}).map(([name, option]) => [
    schema.required?.includes(name) === true ? `${code(name)} (required)` : code(name),
    typeText(option),
    unitText(option),
    defaultText(option),
    rangeText(option),
    option.applies === undefined ? '' : APPLIES[option.applies],
    [descriptionText(option), remarks[name] ?? ''].join(' ').trim(),
    circus[name] === undefined ? '' : code(circus[name]),
  ]);
  return rows.length === 0 ? 'None.' : table(HEADS, rows);
}

/** What may be written, in one or a few words. */
export function typeText(schema: JsonSchema): string {
  if (schema.quantity !== undefined) return `${schema.quantity}${schemaTypes(schema).includes('null') ? ' or null' : ''}`;
  if (schema.const !== undefined) return jsonCode(schema.const);
  if (schema.enum !== undefined) return 'one of a few';
  if (schema.anyOf !== undefined) return [...new Set(schema.anyOf.map(typeText))].join(' or ');
  return (
    schemaTypes(schema)
      .map((type) => oneType(type, schema))
      .join(' or ') || 'any'
  );
}

function oneType(type: TypeName, { items, additionalProperties }: JsonSchema): string {
  if (type === 'array' && items !== undefined) return `list of ${typeText(items)}`;
  if (type === 'object' && typeof additionalProperties === 'object') return `object of ${typeText(additionalProperties)}`;
  return TYPE_WORDS[type];
}

function unitText({ unit, quantity }: JsonSchema): string {
  if (unit !== undefined) return unit;
  return quantity === 'size' ? 'bytes' : '';
}

function defaultText(schema: JsonSchema): string {
  if (schema.default === undefined) return '';
  if (schema.quantity === 'signal' && typeof schema.default === 'number') return code(signalName(schema.default));
  return jsonCode(schema.default);
}

function rangeText(schema: JsonSchema): string {
  if (schema.enum !== undefined) return schema.enum.map((value) => jsonCode(value)).join(', ');
  const limits: string[] = [];
  if (schema.minimum !== undefined) limits.push(`≥ ${schema.minimum}`);
  if (schema.exclusiveMinimum !== undefined) limits.push(`> ${schema.exclusiveMinimum}`);
  if (schema.maximum !== undefined) limits.push(`≤ ${schema.maximum}`);
  if (schema.minLength !== undefined) limits.push(schema.minLength === 1 ? 'not empty' : `≥ ${schema.minLength} characters`);
  if (schema.maxLength !== undefined) limits.push(`≤ ${schema.maxLength} characters`);
  if (schema.minItems !== undefined) limits.push(`≥ ${schema.minItems} items`);
  if (schema.pattern !== undefined) limits.push(`matches ${code(schema.pattern)}`);
  const keys = schema.propertyNames?.enum;
  if (keys !== undefined) limits.push(`keys: ${keys.map((key) => code(String(key))).join(', ')}`);
  return limits.join(', ');
}

function descriptionText({ description = '', examples = [], deprecated, secret }: JsonSchema): string {
  const shown = examples.length === 0 ? '' : ` Example: ${examples.map((example) => jsonCode(example)).join(', ')}.`;
  return `${deprecated === true ? 'Deprecated. ' : ''}${description}${shown}${secret === true ? ' Secret: never shown.' : ''}`;
}

/** The kinds of quantity and what may be written for each. */
export function quantityTable(): string {
  return table(
    ['Quantity', 'What may be written'],
    Object.entries(QUANTITY_WORDS).map(([quantity, words]) => [quantity, words]),
  );
}
