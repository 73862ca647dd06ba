import { createRequire } from 'node:module';
import type { Ajv, ErrorObject, ValidateFunction } from 'ajv';
import { fitsSchema, type JsonSchema, RingmasterError } from '../../core/index.js';
import type { Properties } from './command.js';
import { shown } from './request.js';

const require = createRequire(import.meta.url);
let ajv: Ajv | undefined;
const compiled = new WeakMap<JsonSchema, ValidateFunction>();

/**
 * Checks the properties of a request against its command's schema. What the schema does not know is let through, as Circus does.
 *
 * @throws RM_REQUEST_INVALID that names the first property that is missing or wrong, in Circus's words where it has some
 */
export function checkProperties(schema: JsonSchema, properties: Properties): void {
  const missing = schema.required?.find((name) => !Object.hasOwn(properties, name));
  if (missing !== undefined) throw new RingmasterError('RM_REQUEST_INVALID', [`message invalid '${missing}' is missing`]);
  if (fitsSchema(properties, schema)) return;
  let validate = compiled.get(schema);
  if (validate === undefined) {
    ajv ??= load();
    validate = ajv.compile(schema);
    compiled.set(schema, validate);
  }
  if (validate(properties)) return;
  throw new RingmasterError('RM_REQUEST_INVALID', [`message invalid ${(validate.errors ?? []).slice(0, 1).map(describe).join()}`]);
}

/** Only to say what is wrong. */
function load(): Ajv {
  const { Ajv: Validator }: typeof import('ajv') = require('ajv');
  return new Validator({ allowUnionTypes: true, verbose: true });
}

function describe(error: ErrorObject): string {
  const where = error.instancePath.slice(1).replaceAll('/', '.');
  const allowed = error.keyword === 'type' ? `must be ${[error.schema].flat().join(' or ')}` : error.message;
  return `'${where}' ${allowed}, got ${shown(error.data)}`;
}
