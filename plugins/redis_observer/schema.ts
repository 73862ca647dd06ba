import { type OptionsSchema, paceOptions, statsdOptions } from '../../core/index.js';

/** Names, meanings and defaults are those of Circus's redis observer; `action`, `failures` and `tags` are more. */
export const schema = {
  type: 'object',
  additionalProperties: false,
  properties: {
    redis_url: {
      type: 'string',
      pattern: '^(?:rediss?|unix)://',
      default: 'redis://localhost:6379/0',
      description:
        'Server to ask: `redis://[[USER]:PASSWORD@]HOST[:PORT][/DB]`, `rediss://…` with TLS, `unix://[[USER]:PASSWORD@]PATH[?db=DB]`.',
    },
    timeout: {
      type: ['number', 'string'],
      quantity: 'duration',
      unit: 's',
      minimum: 0.001,
      default: 5,
      description: 'How long a check may take.',
    },
    ...paceOptions,
    restart_on_timeout: {
      type: ['string', 'null'],
      default: null,
      description: 'Watcher to act upon when the server can not be reached or gives no answer.',
    },
    action: {
      enum: ['restart', 'stop', 'event'],
      default: 'restart',
      description:
        'What becomes of that watcher: it is restarted, stopped, or an event is told, `check_failed` and later `check_recovered`.',
    },
    failures: { type: 'integer', minimum: 1, default: 1, description: 'How many failures in a row it takes to act, and to act again.' },
    application_name: {
      type: 'string',
      minLength: 1,
      default: 'redis_observer',
      description: 'Part of every name: `circus.APPLICATION.watcher.…`.',
    },
    ...statsdOptions,
  },
} as const satisfies OptionsSchema;
