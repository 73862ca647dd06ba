import { applicationName, type FromSchema, type JsonSchema, type OptionsSchema, paceOptions, statsdOptions } from '../../core/index.js';

const redisUrl = {
  type: 'string',
  pattern: '^(?:rediss?|unix)://',
  default: 'redis://localhost:6379/0',
  description:
    'Server to ask: `redis://[[USER]:PASSWORD@]HOST[:PORT][/DB]`, `rediss://…` with TLS, `unix://[[USER]:PASSWORD@]PATH[?db=DB]`.',
} as const satisfies JsonSchema;

/** Options of the probe `redis`. */
export const probeSchema = {
  type: 'object',
  additionalProperties: false,
  properties: { redis_url: redisUrl },
} as const satisfies JsonSchema;

/** Names, meanings and defaults are those of Circus's redis observer; `action`, `failures` and `tags` are more. */
export const schema = {
  type: 'object',
  additionalProperties: false,
  properties: {
    redis_url: {
      ...redisUrl,
      type: ['string', 'null'],
      description: `${redisUrl.description} Null: none, for a plugin that is there for watchers' own servers or for the probe \`redis\`.`,
    },
    ...paceOptions,
    timeout: { ...paceOptions.timeout, default: 5 },
    restart_on_timeout: {
      type: ['string', 'null'],
      default: null,
      description:
        'Watcher to act upon when the server can not be reached or gives no answer; for a `redis_url` of a watcher itself that watcher.',
    },
    action: {
      enum: ['restart', 'stop', 'event'],
      default: 'restart',
      description:
        'What becomes of that watcher: it is restarted, stopped, or an event is told, `check_failed` and later `check_recovered`.',
    },
    failures: { type: 'integer', minimum: 1, default: 1, description: 'How many failures in a row it takes to act, and to act again.' },
    ...applicationName('redis_observer'),
    ...statsdOptions,
  },
} as const satisfies OptionsSchema;

export type Options = FromSchema<typeof schema>;
