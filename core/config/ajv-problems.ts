import { createRequire } from 'node:module';
import type { Ajv, ErrorObject, ValidateFunction } from 'ajv';
import type { JsonSchema } from '../json-schema.js';
import { meantOption, suggestion } from './did-you-mean.js';
import { fitsSchema } from './fits-schema.js';
import { type Finding, type Findings, type Path, shortJson } from './problem.js';
import { daemonProperties } from './schema/daemon.js';
import { schemaWords } from './schema-words.js';

const require = createRequire(import.meta.url);
let ajv: Ajv | undefined;

/** Loads it, which takes longer than all else in a start without mistakes. */
function validator(): Ajv {
  if (ajv !== undefined) return ajv;
  const { Ajv: Validator }: typeof import('ajv') = require('ajv');
  ajv = new Validator({ allErrors: true, strict: true, allowUnionTypes: true, useDefaults: true, verbose: true });
  return ajv.addVocabulary(['quantity', 'applies', 'unit', 'secret']);
}

const compiled = new WeakMap<JsonSchema, ValidateFunction>();

/**
 * Checks a value against a schema, fills in its defaults, and reports each mistake once. Changes `value`.
 *
 * @param path  where the value is in the config
 * @returns whether the value is as the schema wants it
 */
export function checkSchema(value: unknown, schema: JsonSchema, path: Path, findings: Findings): boolean {
  if (fitsSchema(value, schema)) return true;
  const validate = compiled.get(schema) ?? validator().compile(schema);
  compiled.set(schema, validate);
  if (validate(value)) return true;
  const errors = validate.errors ?? [];
  const unions = errors.filter((error) => error.keyword === 'anyOf');
  const told = new Set<string>();
  for (const error of errors) {
    // What the branches of a union say each for itself is noise: the union is reported as one.
    const inBranch = unions.some(
      (union) => error.instancePath.startsWith(union.instancePath) && error.schemaPath.startsWith(`${union.schemaPath}/`),
    );
    if (inBranch || error.propertyName !== undefined) continue;
    const { keys, finding } = toFinding(error, path.includes('plugins'));
    const at = [...path, ...pointerKeys(error.instancePath, value), ...keys];
    const key = JSON.stringify(at);
    if (!told.has(key)) findings.error(at, finding);
    told.add(key);
  }
  return false;
}

/**
 * What an error says, and the keys below its instance that it is about.
 *
 * @param lists whether an unknown key that is like none is told the known ones: those of a plugin are few
 */
function toFinding(error: ErrorObject, lists: boolean): { keys: readonly string[]; finding: Finding } {
  const schema = error.parentSchema as JsonSchema;
  const params = error.params as Readonly<Record<string, string>>;
  if (error.keyword === 'required') {
    const missing = params.missingProperty ?? '';
    const allowed = schemaWords(schema.properties?.[missing] ?? {});
    return { keys: [missing], finding: { message: `is missing; it must be ${allowed}`, allowed } };
  }
  if (error.keyword === 'additionalProperties' || error.keyword === 'propertyNames') {
    const found = params.additionalProperty ?? params.propertyName ?? '';
    const known = error.keyword === 'propertyNames' ? (schema.propertyNames?.enum ?? []).map(String) : Object.keys(schema.properties ?? {});
    const did_you_mean = meantOption(found, known);
    const listed = lists && did_you_mean === undefined ? { fix: ofDaemon(found) ?? `known are ${known.join(', ') || 'none'}` } : {};
    const finding = {
      message: 'is not a known key',
      found,
      allowed: `one of ${known.join(', ')}`,
      ...(did_you_mean !== undefined && { did_you_mean }),
      ...listed,
    };
    return { keys: [found], finding };
  }
  const found = shortJson(error.data);
  const allowed = schemaWords(schema);
  const meant = schema.enum !== undefined && typeof error.data === 'string' ? suggestion(error.data, schema.enum.map(String)) : {};
  const quoted = isQuotable(schema, error.data) ? { fix: `put it in quotes: "${String(error.data)}"` } : exampleOf(schema);
  return { keys: [], finding: { message: `must be ${allowed}, got ${found}`, found, allowed, ...meant, ...quoted } };
}

/** For an option of a plugin that is the daemon's own. */
function ofDaemon(key: string): string | null {
  return Object.hasOwn(daemonProperties, key) ? `it is an option of the daemon: put ${key} at the top of the config` : null;
}

/** What an object looks like, for who has written something else. */
function exampleOf({ type, examples: [example] = [] }: JsonSchema): { fix?: string } {
  return type === 'object' && example !== undefined ? { fix: `it looks like ${JSON.stringify(example)}` } : {};
}

function isQuotable(schema: JsonSchema, data: unknown): boolean {
  return schema.type === 'string' && (typeof data === 'number' || typeof data === 'boolean');
}

/** Keys of a JSON pointer; those of lists as numbers. */
function pointerKeys(pointer: string, value: unknown): (string | number)[] {
  let inside: unknown = value;
  return pointer
    .split('/')
    .slice(1)
    .map((part) => {
      const text = part.replaceAll('~1', '/').replaceAll('~0', '~');
      const key = Array.isArray(inside) ? Number(text) : text;
      inside = (inside as Readonly<Record<string | number, unknown>>)[key];
      return key;
    });
}
