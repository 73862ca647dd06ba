import type { JsonSchema } from '../json-schema.js';
import { checkSchema } from './ajv-problems.js';
import { convertValue } from './convert.js';
import { Findings, type Problem } from './problem.js';

/**
 * Checks a value from outside against a schema, fills in defaults and makes numbers of quantities. Changes `value`.
 *
 * @returns the value as it is meant, and what is wrong with it
 * @throws Error where the schema itself is wrong
 */
export function checkValue(value: unknown, schema: JsonSchema): { readonly value: unknown; readonly problems: readonly Problem[] } {
  const findings = new Findings(null);
  const options = { findings, isText: () => false };
  const converted = convertValue(value, schema, [], options);
  checkSchema(converted, schema, [], findings);
  // Defaults may be written as text with a unit too.
  return { value: convertValue(converted, schema, [], options), problems: findings.problems };
}
