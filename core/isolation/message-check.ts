import { Ajv, type ValidateFunction } from 'ajv';
import { shortJson } from '../config/problem.js';
import { messageOf } from '../errors.js';
import { TO_HOST, type ToHost } from './messages.js';

const ajv = new Ajv({ strict: true, strictRequired: false, allowUnionTypes: true, useDefaults: true });
const checks = new Map<string, ValidateFunction>();

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
  const check = checks.get(type) ?? ajv.compile(TO_HOST[type].schema);
  checks.set(type, check);
  if (check(value)) return value as unknown as ToHost;
  return `${type}: ${ajv.errorsText(check.errors, { dataVar: type })}: ${shortJson(line)}`;
}

const isKnown = (type: string): type is ToHost['type'] => Object.hasOwn(TO_HOST, type);
