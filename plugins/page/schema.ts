import type { OptionsSchema } from '../../core/index.js';

export const schema = {
  type: 'object',
  additionalProperties: false,
  properties: {
    events: {
      type: 'integer',
      minimum: 0,
      maximum: 1000,
      default: 50,
      description: 'How many of the last events it shows.',
    },
    lines: {
      type: 'integer',
      minimum: 1,
      maximum: 10_000,
      default: 200,
      description: 'How many lines of output it shows of a watcher.',
    },
  },
} as const satisfies OptionsSchema;
