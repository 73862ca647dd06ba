import type { JsonSchema } from './json-schema.js';

/** Options that every plugin has, beside those of its own schema. */
export const RESERVED_OPTIONS = {
  fault_budget: {
    type: 'integer',
    minimum: 0,
    description: "Failures in a row after which this plugin is detached, instead of the daemon's plugin_fault_budget; 0: never.",
  },
} as const satisfies Readonly<Record<string, JsonSchema>>;

/** A plugin's options apart from those that every plugin has. */
export interface SplitOptions {
  readonly own: Readonly<Record<string, unknown>>;
  readonly fault_budget: number | undefined;
}

/** @param schema the plugin's own, which may have an option of a name that is otherwise reserved */
export function splitOptions(options: Readonly<Record<string, unknown>>, schema: JsonSchema): SplitOptions {
  const { isolation: _, ...here } = options;
  const { fault_budget, ...own } = here;
  if (typeof fault_budget !== 'number' || Object.hasOwn(schema.properties ?? {}, 'fault_budget'))
    return { own: here, fault_budget: undefined };
  return { own, fault_budget };
}

const extended = new WeakMap<JsonSchema, JsonSchema>();

/** The schema of a plugin's options with those that every plugin has; an option of the plugin's own counts where the names are the same. */
export function withReserved(schema: JsonSchema): JsonSchema {
  const known = extended.get(schema) ?? { ...schema, properties: { ...RESERVED_OPTIONS, ...schema.properties } };
  extended.set(schema, known);
  return known;
}
