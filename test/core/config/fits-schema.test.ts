import { Ajv } from 'ajv';
import { expect } from 'chai';
import fc from 'fast-check';
import { fitsSchema } from '../../../core/config/fits-schema.js';
import { daemonProperties } from '../../../core/config/schema/daemon.js';
import { socketSchema } from '../../../core/config/schema/socket.js';
import { watcherSchema } from '../../../core/config/schema/watcher.js';
import { TO_HOST } from '../../../core/isolation/messages.js';
import type { JsonSchema } from '../../../core/json-schema.js';
import { packagedNames, resolvePlugin } from '../../../core/plugin-resolve.js';

/** Everything that a schema may say, in small. */
const ALL: JsonSchema = {
  type: 'object',
  required: ['must'],
  minProperties: 2,
  propertyNames: { maxLength: 6 },
  additionalProperties: { type: ['integer', 'null'], minimum: -1 },
  properties: {
    must: { anyOf: [{ type: 'string', pattern: '^a+$' }, { const: 3 }, { enum: [true, 'b'] }] },
    list: { type: 'array', minItems: 1, items: { type: 'number', exclusiveMinimum: 0, maximum: 5 } },
    text: { type: 'string', minLength: 2, maxLength: 3, default: '😀😀' },
    deep: { type: 'object', default: {}, additionalProperties: false, properties: { on: { type: 'boolean', default: true } } },
  },
};

const anyValue = fc.oneof(
  fc.constantFrom<unknown>(
    'aa',
    '',
    'b',
    '😀😀',
    '5m',
    0,
    1,
    -1,
    3,
    5,
    2.5,
    true,
    false,
    null,
    [],
    {},
    [1],
    [0],
    [1, 'x'],
    ['x'],
    { on: 1 },
    { a: 'b' },
  ),
  fc.jsonValue({ maxDepth: 2 }),
);

/** Objects with some of the schema's keys, and at times one that it does not know. */
function anyObject(schema: JsonSchema): fc.Arbitrary<Record<string, unknown>> {
  const entry = fc.tuple(fc.constantFrom(...Object.keys(schema.properties ?? {}), 'other', 'unheardof'), anyValue);
  return fc.array(entry, { maxLength: 6 }).map((entries) => Object.fromEntries(entries));
}

describe('the quick check of a schema', () => {
  const ajv = new Ajv({ allErrors: true, strict: true, strictRequired: false, allowUnionTypes: true, useDefaults: true });
  ajv.addVocabulary(['quantity', 'applies', 'unit', 'secret']);

  function isAsAjv(schema: JsonSchema): void {
    const validate = ajv.compile(schema);
    fc.assert(
      fc.property(anyObject(schema), (value) => {
        const [ours, theirs] = [structuredClone(value), structuredClone(value)];
        const fits = fitsSchema(ours, schema);
        expect(fits).to.equal(validate(theirs));
        if (fits) expect(ours).to.deep.equal(theirs);
      }),
      { numRuns: 300 },
    );
  }

  it('says what ajv says, and fills in the same defaults, whatever a schema may hold', () => isAsAjv(ALL));

  const cores: Readonly<Record<string, JsonSchema>> = {
    'the daemon': { type: 'object', properties: daemonProperties, additionalProperties: false },
    'a watcher': watcherSchema,
    'a socket': socketSchema,
  };
  for (const [name, schema] of Object.entries(cores)) it(`says what ajv says of ${name}`, () => isAsAjv(schema));

  it('says what ajv says of messages from guests', () => {
    for (const { schema } of Object.values(TO_HOST)) isAsAjv(schema);
  });

  it('says what ajv says of the options of every packaged plugin', async () => {
    for (const name of await packagedNames()) isAsAjv((await resolvePlugin(name, '.')).schema);
  });

  it('knows every keyword of the packaged schemas, so that a start without mistakes loads no validator', async () => {
    for (const name of await packagedNames()) {
      const { schema } = await resolvePlugin(name, '.');
      const required = Object.fromEntries((schema.required ?? []).map((key) => [key, schema.properties[key]]));
      if (Object.keys(required).length === 0) expect(fitsSchema({}, schema), name).to.equal(true);
    }
  });

  it('leaves a schema to ajv that says more than it understands', () => {
    expect(fitsSchema('a', { type: 'string' })).to.equal(true);
    expect(fitsSchema('a', { type: 'string', ...{ format: 'email' } })).to.equal(false);
  });

  it('leaves to ajv a schema whose branches have defaults, and fills none in', () => {
    const port: JsonSchema = { type: 'object', properties: { port: { type: 'integer', default: 25 } } };
    const value = {};
    expect(fitsSchema(value, { anyOf: [{ ...port, required: ['to'] }, { type: 'object' }] })).to.equal(false);
    expect(value).to.deep.equal({});
  });
});
