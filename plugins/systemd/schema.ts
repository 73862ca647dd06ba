import type { OptionsSchema } from '../../core/index.js';

export const schema = {
  type: 'object',
  additionalProperties: false,
  properties: {
    status_delay: {
      type: ['number', 'string'],
      quantity: 'duration',
      unit: 's',
      minimum: 0,
      default: 1,
      description: 'How long changes are gathered before the line in `systemctl status` is brought up to date.',
    },
  },
} as const satisfies OptionsSchema;
