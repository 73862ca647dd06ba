import { checkOptions, type FromSchema, type OptionsSchema, paceOptions, statsdOptions, tcpProbeOptions } from '../../core/index.js';

/** Circus has none of this; its options are in the manner of `http_observer`. */
export const schema = {
  type: 'object',
  additionalProperties: false,
  properties: {
    timeout: {
      type: ['number', 'string'],
      quantity: 'duration',
      unit: 's',
      minimum: 0.001,
      default: 10,
      description: 'How long a check may take.',
    },
    ...paceOptions,
    checks: {
      type: 'object',
      default: {},
      description: 'Where to connect to, by name.',
      additionalProperties: {
        type: 'object',
        additionalProperties: false,
        required: ['port'],
        properties: {
          ...tcpProbeOptions,
          ...checkOptions,
        },
      },
    },
    application_name: {
      type: 'string',
      minLength: 1,
      default: 'tcp_observer',
      description: 'Part of every name: `circus.APPLICATION.watcher.…`.',
    },
    ...statsdOptions,
  },
} as const satisfies OptionsSchema;

export type Options = FromSchema<typeof schema>;
