import type { JsonSchema } from '../../core/index.js';

export const schema = {
  type: 'object',
  additionalProperties: false,
  properties: {
    deadline: {
      type: ['number', 'string'],
      quantity: 'duration',
      unit: 's',
      minimum: 0.001,
      default: 30,
      description: 'How long a function may take to answer; after that it counts as failed.',
    },
  },
} as const satisfies JsonSchema;
