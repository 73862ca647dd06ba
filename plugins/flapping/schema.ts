import type { FromSchema, JsonSchema } from '../../core/index.js';

/** Names, meanings and defaults are those of Circus's flapping plugin. */
export const schema = {
  type: 'object',
  additionalProperties: false,
  properties: {
    attempts: { type: 'integer', minimum: 1, default: 2, description: 'How many deaths inside `window` count as flapping.' },
    window: {
      type: ['number', 'string'],
      quantity: 'duration',
      unit: 's',
      minimum: 0,
      default: 1,
      description: 'How close together those deaths are; time in which backoff holds back a process does not count.',
    },
    retry_in: {
      type: ['number', 'string'],
      quantity: 'duration',
      unit: 's',
      minimum: 0,
      default: 7,
      description: 'How long a flapping watcher stays stopped before it is tried again.',
    },
    max_retry: {
      type: 'integer',
      minimum: -1,
      default: 5,
      description: 'How often it is tried again before it is left stopped; -1: for ever.',
    },
    active: { type: 'boolean', default: true, description: 'Without it nothing is done.' },
  },
} as const satisfies JsonSchema;

export type Options = FromSchema<typeof schema>;
