import type { OptionsSchema } from '../../core/index.js';

export const schema = {
  type: 'object',
  additionalProperties: false,
  properties: {
    interval: {
      type: ['number', 'string'],
      quantity: 'duration',
      unit: 's',
      minimum: 0.1,
      default: 1,
      description: 'Time between two rounds of looking at processes.',
    },
  },
} as const satisfies OptionsSchema;
