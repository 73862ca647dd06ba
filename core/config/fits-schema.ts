import type { JsonSchema, TypeName } from '../json-schema.js';

/** What `fitsSchema` understands, or may leave aside. */
const KNOWN: ReadonlySet<string> = new Set<keyof JsonSchema>([
  'type',
  'title',
  'description',
  'properties',
  'required',
  'additionalProperties',
  'propertyNames',
  'items',
  'anyOf',
  'enum',
  'const',
  'default',
  'examples',
  'minimum',
  'exclusiveMinimum',
  'maximum',
  'minLength',
  'maxLength',
  'minItems',
  'minProperties',
  'pattern',
  'quantity',
  'applies',
  'unit',
  'secret',
  'deprecated',
]);

const TYPES: Readonly<Record<TypeName, (value: unknown) => boolean>> = {
  string: (value) => typeof value === 'string',
  number: (value) => Number.isFinite(value),
  integer: (value) => Number.isInteger(value),
  boolean: (value) => typeof value === 'boolean',
  null: (value) => value === null,
  object: (value) => typeof value === 'object' && value !== null && !Array.isArray(value),
  array: Array.isArray,
};

const readable = new WeakMap<JsonSchema, boolean>();
const defaults = new WeakMap<JsonSchema, readonly (readonly [string, unknown])[]>();
const patterns = new Map<string, RegExp>();

/**
 * Whether a value is as the schema wants it; its defaults are filled in. False as well where the schema has keywords beyond
 * `JsonSchema`: then, and to say what is wrong, it takes a whole validator, which is much slower to load than to run.
 */
export function fitsSchema(value: unknown, schema: JsonSchema): boolean {
  return isReadable(schema) && fits(value, schema);
}

function isReadable(schema: JsonSchema): boolean {
  let known = readable.get(schema);
  if (known === undefined) {
    const keys = Object.keys(schema);
    known = keys.every((key) => KNOWN.has(key)) && parts(schema).every(isReadable) && !(schema.anyOf ?? []).some(hasDefault);
    readable.set(schema, known);
  }
  return known;
}

/** What is filled in for a branch that is not the one in the end would stay. */
function hasDefault(schema: JsonSchema): boolean {
  return schema.default !== undefined || parts(schema).some(hasDefault);
}

function parts({ properties = {}, additionalProperties, propertyNames, items, anyOf = [] }: JsonSchema): readonly JsonSchema[] {
  const all = [...Object.values(properties), ...anyOf, additionalProperties, propertyNames, items];
  return all.filter((part): part is JsonSchema => typeof part === 'object');
}

function fits(value: unknown, schema: JsonSchema): boolean {
  const { type, anyOf } = schema;
  if (type !== undefined && !isOfType(value, type)) return false;
  if (schema.const !== undefined && value !== schema.const) return false;
  if (schema.enum !== undefined && !schema.enum.some((allowed) => allowed === value)) return false;
  if (typeof value === 'number' && !fitsNumber(value, schema)) return false;
  if (typeof value === 'string' && !fitsText(value, schema)) return false;
  if (Array.isArray(value) && !fitsList(value, schema)) return false;
  if (TYPES.object(value) && !fitsObject(value as Record<string, unknown>, schema)) return false;
  return anyOf === undefined || anyOf.some((branch) => fits(value, branch));
}

function isOfType(value: unknown, type: TypeName | readonly TypeName[]): boolean {
  return typeof type === 'string' ? TYPES[type](value) : type.some((name) => TYPES[name](value));
}

/** The properties of a schema that have a default, with it. */
function defaultsOf(schema: JsonSchema): readonly (readonly [string, unknown])[] {
  let known = defaults.get(schema);
  if (known === undefined) {
    const all = Object.entries(schema.properties ?? {}).map(([key, part]): [string, unknown] => [key, part.default]);
    known = all.filter(([, value]) => value !== undefined);
    defaults.set(schema, known);
  }
  return known;
}

function fitsNumber(value: number, { minimum, exclusiveMinimum, maximum }: JsonSchema): boolean {
  if (minimum !== undefined && value < minimum) return false;
  if (exclusiveMinimum !== undefined && value <= exclusiveMinimum) return false;
  return maximum === undefined || value <= maximum;
}

/** Lengths are those of code points. */
function fitsText(value: string, { minLength, maxLength, pattern }: JsonSchema): boolean {
  if (minLength !== undefined && [...value].length < minLength) return false;
  if (maxLength !== undefined && [...value].length > maxLength) return false;
  if (pattern === undefined) return true;
  const known = patterns.get(pattern) ?? new RegExp(pattern, 'u');
  patterns.set(pattern, known);
  return known.test(value);
}

function fitsList(value: readonly unknown[], { minItems, items }: JsonSchema): boolean {
  if (minItems !== undefined && value.length < minItems) return false;
  return items === undefined || value.every((item) => fits(item, items));
}

function fitsObject(value: Record<string, unknown>, schema: JsonSchema): boolean {
  const { properties = {}, required = [], additionalProperties, propertyNames, minProperties } = schema;
  for (const [key, preset] of defaultsOf(schema)) {
    if (value[key] === undefined) value[key] = typeof preset === 'object' ? structuredClone(preset) : preset;
  }
  const keys = Object.keys(value);
  if (minProperties !== undefined && keys.length < minProperties) return false;
  if (required.some((key) => value[key] === undefined)) return false;
  return keys.every((key) => {
    if (propertyNames !== undefined && !fits(key, propertyNames)) return false;
    const part = Object.hasOwn(properties, key) ? properties[key] : additionalProperties;
    if (part === undefined || part === true) return true;
    return part !== false && (value[key] === undefined || fits(value[key], part));
  });
}
