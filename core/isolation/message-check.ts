import { createRequire } from 'node:module';
import type { Ajv } from 'ajv';
import { fitsSchema } from '../config/fits-schema.js';
import { shortJson } from '../config/problem.js';
import { messageOf } from '../errors.js';
import { TO_HOST, type ToHost } from './messages.js';

const require = createRequire(import.meta.url);
let ajv: Ajv | undefined;

/** The message that a line from a guest holds, defaults filled in; a text says why it holds none. */
export function parseMessage(line: string): ToHost | string {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch (error) {
    return `${messageOf(error)}: ${shortJson(line)}`;
  }
  const type = typeof value === 'object' && value !== null && 'type' in value ? value.type : undefined;
  if (typeof type !== 'string' || !isKnown(type)) return `its type must be one of ${Object.keys(TO_HOST).join(', ')}: ${shortJson(line)}`;
  if (fitsSchema(value, TO_HOST[type].schema)) return value as ToHost;
  return `${type}: ${wrongWith(value, type)}: ${shortJson(line)}`;
}

const isKnown = (type: string): type is ToHost['type'] => Object.hasOwn(TO_HOST, type);

/** Its words are those of a validator that takes long to load, and to read a schema: only for what is wrong. */
function wrongWith(value: unknown, type: ToHost['type']): string {
  if (ajv === undefined) {
    const { Ajv: Validator }: typeof import('ajv') = require('ajv');
    ajv = new Validator({ strict: true, strictRequired: false, allowUnionTypes: true });
  }
  const { schema } = TO_HOST[type];
  ajv.validate(schema, value);
  return ajv.errorsText(ajv.errors, { dataVar: type });
}
