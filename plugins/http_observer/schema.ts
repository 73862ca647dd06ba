import {
  applicationName,
  type FromSchema,
  httpProbeOptions,
  namedChecks,
  type OptionsSchema,
  paceOptions,
  statsdOptions,
} from '../../core/index.js';

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
    ...paceOptions,
    restart_on_error: {
      type: ['string', 'null'],
      default: null,
      description: 'Watcher to restart when `check_url` gives an error or no answer; for a `check_url` of a watcher itself that watcher.',
    },
    failures: { type: 'integer', minimum: 1, default: 1, description: 'How many failures in a row it takes to restart it.' },
    checks: namedChecks('More checks, by name.', httpProbeOptions, ['url']),
    ...applicationName('http_observer'),
    ...statsdOptions,
  },
} as const satisfies OptionsSchema;

export type Options = FromSchema<typeof schema>;
