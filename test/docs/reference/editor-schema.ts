import { configSchema } from '../../../core/config/schema/daemon.js';
import { schemaTypes } from '../../../core/config/schema-words.js';
import { isolationSchema } from '../../../core/isolation/options.js';
import type { JsonSchema, Quantity } from '../../../core/json-schema.js';
import type { AnyPlugin } from '../../../core/plugin.js';
import { withReserved } from '../../../core/plugin-options.js';

type Json = Readonly<Record<string, unknown>>;

/** Text with a variable in it: what it comes to is only known to the daemon. */
const VARIABLE = '\\$\\(|\\(\\(';

const QUANTITY_TEXT: Readonly<Record<Quantity, string>> = {
  duration: '^\\s*[+-]?(\\d+\\.?\\d*|\\.\\d+)\\s*([mM]?[sS]|[mMhHdD])?\\s*$',
  size: '^\\s*[+-]?\\d+(\\.\\d+)?\\s*([kKmMgGtT][iI]?[bB]?|[bB])?\\s*$',
  signal: '^\\s*([sS][iI][gG])?([A-Za-z]+\\d*([+-]\\d+)?|\\d+)\\s*$',
  octal: '^\\s*(0[oO])?[0-7]{1,5}\\s*$',
};
const NO_LIMIT = '^(|infinity|unlimited)$';
const NOTHING = '^\\s*$';

/** The schema of a whole config as a person writes it, in the JSON Schema that editors know (draft-07). */
export function editorSchema(plugins: readonly AnyPlugin[]): Json {
  const { watchers, plugins: named, ...properties } = configSchema.properties;
  const watcher = watchers.additionalProperties;
  const ofWatcher = plugins.filter((plugin) => plugin.per_watcher === true).map(({ name, schema }) => [name, relaxed(schema)] as const);
  return {
    $schema: 'http://json-schema.org/draft-07/schema#',
    title: 'A config of ringmaster',
    ...written({ type: 'object', additionalProperties: false, properties }),
    properties: {
      ...mapped(properties),
      watchers: {
        ...written(watchers),
        additionalProperties: {
          ...written(watcher),
          properties: { ...mapped(watcher.properties), plugins: pluginMap(watcher.properties.plugins, ofWatcher) },
        },
      },
      plugins: pluginMap(
        named,
        plugins.map(({ name, schema, summary }) => [name, isolatable({ description: summary, ...withReserved(schema) })] as const),
      ),
    },
  };
}

function pluginMap(schema: JsonSchema, plugins: readonly (readonly [string, JsonSchema])[]): Json {
  const properties = Object.fromEntries(
    plugins.map(([name, options]) => [name, { description: options.description, anyOf: [written(options), { type: 'boolean' }] }]),
  );
  return { ...written(schema), properties };
}

/** With the option that is reserved. */
function isolatable(schema: JsonSchema): JsonSchema {
  const { description } = isolationSchema;
  const tier = { ...isolationSchema.properties.tier, description };
  return { ...schema, properties: { ...schema.properties, isolation: { description, anyOf: [tier, isolationSchema] } } };
}

/** Without what is only for the whole: required keys. */
function relaxed({ required: _, ...schema }: JsonSchema): JsonSchema {
  return schema;
}

function mapped(properties: Readonly<Record<string, JsonSchema>>): Json {
  return Object.fromEntries(Object.entries(properties).map(([name, schema]) => [name, written(schema)]));
}

/** The schema of what may be written for a value: quantities as text with a unit, and text with a variable for anything simple. */
function written(schema: JsonSchema): Json {
  const { quantity, applies: _, secret: __, unit, properties, additionalProperties, items, anyOf, description, ...rest } = schema;
  const base = {
    ...rest,
    ...(description !== undefined && { description: unit === undefined ? description : `${description} (${unit})` }),
    ...(properties !== undefined && { properties: mapped(properties) }),
    ...(additionalProperties !== undefined && {
      additionalProperties: typeof additionalProperties === 'boolean' ? additionalProperties : written(additionalProperties),
    }),
    ...(items !== undefined && { items: written(items) }),
    ...(anyOf !== undefined && { anyOf: anyOf.map(written) }),
  };
  if (quantity !== undefined) return { ...base, pattern: quantityText(quantity, schema) };
  if (schema.enum !== undefined) {
    const { enum: allowed, ...others } = base;
    return { ...others, anyOf: [{ enum: allowed }, { type: 'string', pattern: VARIABLE }] };
  }
  const types = schemaTypes(schema);
  const simple = types.some((type) => type === 'number' || type === 'integer' || type === 'boolean');
  if (!simple || types.includes('string')) return base;
  return { ...base, type: [...types, 'string'], pattern: VARIABLE };
}

function quantityText(quantity: Quantity, schema: JsonSchema): string {
  const nullable = schemaTypes(schema).includes('null');
  const nothing = !nullable ? [] : quantity === 'size' ? [NO_LIMIT] : quantity === 'octal' ? [NOTHING] : [];
  return [QUANTITY_TEXT[quantity], ...nothing, VARIABLE].join('|');
}
