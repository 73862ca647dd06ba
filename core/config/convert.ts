import type { JsonSchema, TypeName } from '../json-schema.js';
import { isObject } from './json-value.js';
import { type Findings, type Path, shortJson } from './problem.js';
import { parseQuantity } from './quantity.js';
import { schemaTypes, schemaWords } from './schema-words.js';

export interface ConvertOptions {
  readonly findings: Findings;
  /** Whether the text at this key path stands for a value of the type that the schema names, as in an ini file. */
  isText(path: Path): boolean;
}

const TRUTHY = ['yes', 'true', 'on', '1'];
const FALSY = ['no', 'false', 'off', '0'];

/**
 * Makes texts and quantities the values that the schema means: `"4"` in an ini the number 4, `"5m"` 300 seconds.
 * A quantity that can't be read is reported; other texts that do not fit stay, for the check against the schema. Changes `value`.
 */
export function convertValue(value: unknown, schema: JsonSchema, path: Path, options: ConvertOptions): unknown {
  return convert(value, schema, [...path], options);
}

/** @param path changes on the way, and is in the end what it was */
function convert(value: unknown, schema: JsonSchema, path: (string | number)[], options: ConvertOptions): unknown {
  if (typeof value === 'string') {
    const meant = options.isText(path) ? textToValue(value, schema) : value;
    return schema.quantity === undefined ? meant : convertQuantity(meant, schema, path, options);
  }
  if (typeof value === 'number' && schema.quantity !== undefined) return convertQuantity(value, schema, path, options);
  if (Array.isArray(value) && schema.items !== undefined) {
    const { items } = schema;
    return value.map((item, at) => {
      path.push(at);
      const converted = convert(item, items, path, options);
      path.pop();
      return converted;
    });
  }
  if (isObject(value)) {
    for (const key of Object.keys(value)) {
      const inner = memberSchema(schema, key);
      if (inner === undefined) continue;
      const member = value[key];
      // In YAML a key with nothing under it but comments is null.
      if (member === null && inner.type === 'object' && inner.default !== undefined) delete value[key];
      else {
        path.push(key);
        value[key] = convert(member, inner, path, options);
        path.pop();
      }
    }
  }
  return value;
}

function memberSchema(schema: JsonSchema, key: string): JsonSchema | undefined {
  if (schema.properties !== undefined && Object.hasOwn(schema.properties, key)) return schema.properties[key];
  return typeof schema.additionalProperties === 'object' ? schema.additionalProperties : undefined;
}

function convertQuantity(value: unknown, schema: JsonSchema, path: Path, { findings }: ConvertOptions): unknown {
  if (schema.quantity === undefined || (typeof value !== 'string' && typeof value !== 'number')) return value;
  const number = parseQuantity(schema.quantity, value, schemaTypes(schema).includes('null'));
  if (number !== undefined) return number;
  const found = shortJson(value);
  const allowed = schemaWords(schema);
  findings.error(path, { message: `must be ${allowed}, got ${found}`, found, allowed });
  // What is reported is not to be reported again by the check against the schema.
  return schema.default ?? (schemaTypes(schema).includes('null') ? null : value);
}

/** @source Circus's to_bool, dget and rlimit_value */
function textToValue(text: string, schema: JsonSchema): unknown {
  const plain = text.trim().toLowerCase();
  const types = anyTypes(schema);
  if (schema.enum !== undefined) {
    return (
      schema.enum.find((member) => member === text) ?? schema.enum.find((member) => String(member ?? '').toLowerCase() === plain) ?? text
    );
  }
  if (schema.quantity !== undefined) return text;
  if (plain === '' && types.includes('null')) return null;
  if (types.includes('boolean')) {
    if (TRUTHY.includes(plain)) return true;
    if (FALSY.includes(plain)) return false;
  }
  if (types.includes('integer') && /^[+-]?\d+$/.test(plain)) return Number(plain);
  if (types.includes('number') && /^[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:e[+-]?\d+)?$/.test(plain)) return Number(plain);
  return text;
}

function anyTypes(schema: JsonSchema): readonly TypeName[] {
  return [...schemaTypes(schema), ...(schema.anyOf ?? []).flatMap(anyTypes)];
}
