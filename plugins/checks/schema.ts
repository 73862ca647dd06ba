import { checkOptions, type FromSchema, type OptionsSchema, paceOptions } from '../../core/index.js';

export const schema = {
  type: 'object',
  additionalProperties: false,
  properties: {
    ...paceOptions,
    probes: {
      type: 'object',
      default: {},
      description: 'What is looked at, by name.',
      additionalProperties: {
        type: 'object',
        additionalProperties: false,
        required: ['type'],
        properties: {
          type: { type: 'string', minLength: 1, description: 'How it is looked at: `http`, `tcp`, or a type that a plugin adds.' },
          options: {
            type: 'object',
            default: {},
            description: 'Options of the type: for `http` `url`, `method`, … as in http_observer, for `tcp` `host` and `port`.',
          },
          ...checkOptions,
        },
      },
    },
  },
} as const satisfies OptionsSchema;

export type Options = FromSchema<typeof schema>;
