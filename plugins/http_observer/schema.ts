import { checkOptions, type FromSchema, httpProbeOptions, type OptionsSchema, paceOptions, statsdOptions } from '../../core/index.js';

/** Names, meanings and defaults are those of Circus's HTTP observer; `failures`, `checks` and `tags` are more. */
export const schema = {
  type: 'object',
  additionalProperties: false,
  properties: {
    check_url: {
      type: ['string', 'null'],
      pattern: '^https?://',
      default: null,
      description: 'URL to look at; where there is none, and no `checks` either, http://localhost/.',
    },
    timeout: {
      type: ['number', 'string'],
      quantity: 'duration',
      unit: 's',
      minimum: 0.001,
      default: 10,
      description: 'How long a check may take.',
    },
    ...paceOptions,
    restart_on_error: {
      type: ['string', 'null'],
      default: null,
      description: 'Watcher to restart when `check_url` gives an error or no answer.',
    },
    failures: { type: 'integer', minimum: 1, default: 1, description: 'How many failures in a row it takes to restart it.' },
    checks: {
      type: 'object',
      default: {},
      description: 'More checks, by name.',
      additionalProperties: {
        type: 'object',
        additionalProperties: false,
        required: ['url'],
        properties: {
          ...httpProbeOptions,
          ...checkOptions,
        },
      },
    },
    application_name: {
      type: 'string',
      minLength: 1,
      default: 'http_observer',
      description: 'Part of every name: `circus.APPLICATION.watcher.…`.',
    },
    ...statsdOptions,
  },
} as const satisfies OptionsSchema;

export type Options = FromSchema<typeof schema>;
