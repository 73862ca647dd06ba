import type { FromSchema, JsonSchema } from '../json-schema.js';

/** The reserved option `isolation` of every plugin; in a config the tier alone is enough. */
export const isolationSchema = {
  type: 'object',
  additionalProperties: false,
  required: ['tier'],
  description: 'Where the plugin runs: in the daemon, in a thread, or in a process; the tier, or an object.',
  properties: {
    tier: {
      type: 'string',
      enum: ['none', 'worker', 'process'],
      description: 'In the daemon (`none`, the default), in a thread of its own (`worker`), or in a process of its own (`process`).',
    },
    command: {
      anyOf: [
        { type: 'string', minLength: 1 },
        { type: 'array', items: { type: 'string' }, minItems: 1 },
      ],
      description: 'For `process`: what to run instead of the file that the plugin is named by; from the directory of the config.',
    },
    memory_limit: {
      type: 'integer',
      quantity: 'size',
      unit: 'bytes',
      minimum: 16_777_216,
      default: 268_435_456,
      description: 'JavaScript heap of a thread; data segment of a process (Linux). At the limit it ends, and is started again.',
    },
    patience: {
      type: 'number',
      quantity: 'duration',
      unit: 'seconds',
      minimum: 0.1,
      default: 10,
      description: 'How long it may take to say what it is, and to answer a ping, before it is ended and started again.',
    },
  },
} as const satisfies JsonSchema;

/** The checked option, defaults filled in. */
export type Isolation = FromSchema<typeof isolationSchema>;

/** What a config may hold under `isolation` as the object that the schema is for. */
export function spelledOut(given: unknown): unknown {
  return typeof given === 'string' ? { tier: given } : given;
}
