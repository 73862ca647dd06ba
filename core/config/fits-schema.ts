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

/** The defaults of a schema, each with its own filled in. */
interface Presets {
  readonly values: Readonly<Record<string, unknown>>;
  readonly keys: readonly string[];
  /** The same as JSON. */
  readonly text: string;
  /** Whether they are as their own schemas want them. */
  readonly fit: boolean;
}

const readable = new WeakMap<JsonSchema, boolean>();
const presets = new WeakMap<JsonSchema, Presets>();
const patterns = new Map<string, RegExp>();
/** So many defaults make an object of their own. */
const MANY = 12;

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

/** @param given keys of an object that has its defaults already, without those */
function fits(value: unknown, schema: JsonSchema, given?: readonly string[]): boolean {
  const { type, anyOf } = schema;
  if (type !== undefined && !isOfType(value, type)) return false;
  if (schema.const !== undefined && value !== schema.const) return false;
  if (schema.enum !== undefined && !schema.enum.some((allowed) => allowed === value)) return false;
  if (typeof value === 'number' && !fitsNumber(value, schema)) return false;
  if (typeof value === 'string' && !fitsText(value, schema)) return false;
  if (Array.isArray(value) && !fitsList(value, schema)) return false;
  if (TYPES.object(value) && !fitsObject(value as Record<string, unknown>, schema, given)) return false;
  return anyOf === undefined || anyOf.some((branch) => fits(value, branch));
}

function isOfType(value: unknown, type: TypeName | readonly TypeName[]): boolean {
  return typeof type === 'string' ? TYPES[type](value) : type.some((name) => TYPES[name](value));
}

function presetsOf(schema: JsonSchema): Presets {
  let known = presets.get(schema);
  if (known === undefined) {
    const { properties = {}, propertyNames } = schema;
    const parts = Object.entries(properties).filter(([, part]) => part.default !== undefined);
    const values = Object.fromEntries(parts.map(([key, part]) => [key, copied(part.default)]));
    const keys = Object.keys(values);
    const fit = parts.every(([key, part]) => fits(values[key], part) && (propertyNames === undefined || fits(key, propertyNames)));
    known = { values, keys, text: JSON.stringify(values), fit };
    presets.set(schema, known);
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

function fitsObject(value: Record<string, unknown>, schema: JsonSchema, given?: readonly string[]): boolean {
  const { properties = {}, required = [], additionalProperties, propertyNames, minProperties } = schema;
  const keys = given ?? Object.keys(value);
  const known = presetsOf(schema);
  if (given === undefined) fillIn(value, known);
  if (minProperties !== undefined && Object.keys(value).length < minProperties) return false;
  if (required.some((key) => value[key] === undefined) || !known.fit) return false;
  for (const key of keys) {
    if (propertyNames !== undefined && !fits(key, propertyNames)) return false;
    const part = Object.hasOwn(properties, key) ? properties[key] : additionalProperties;
    if (part === undefined || part === true) continue;
    if (part === false) return false;
    const member = value[key];
    if (member === undefined) continue;
    const made = whole(member, part);
    if (made !== null) value[key] = made;
    if (!(made === null ? fits(member, part) : fits(made, part, Object.keys(member as object)))) return false;
  }
  return true;
}

function fillIn(value: Record<string, unknown>, { values, keys }: Presets): void {
  for (const key of keys) if (value[key] === undefined) value[key] = copied(values[key]);
}

/**
 * An object with its defaults, made in one step where there are many, as in a watcher; null for everything else. What V8 parses of one
 * text shares a description of its keys; copied in another way, each would have its own, which is larger than all else of it.
 */
function whole(value: unknown, schema: JsonSchema): Record<string, unknown> | null {
  const { keys, text } = presetsOf(schema);
  if (keys.length < MANY || !TYPES.object(value)) return null;
  const made: Record<string, unknown> = JSON.parse(text);
  for (const [key, member] of Object.entries(value as object)) if (member !== undefined || made[key] === undefined) made[key] = member;
  return made;
}

/** A copy of what is JSON: `structuredClone` takes longer than all else for what is empty most often. */
function copied(preset: unknown): unknown {
  if (typeof preset !== 'object' || preset === null) return preset;
  if (Array.isArray(preset)) return preset.map(copied);
  return Object.fromEntries(Object.entries(preset).map(([key, member]) => [key, copied(member)]));
}
