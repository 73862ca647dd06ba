import type { OptionsSchema } from '../../core/index.js';

/** Names, meanings and defaults are those of Circus's FullStats, but for `tags`. */
export const schema = {
  type: 'object',
  additionalProperties: false,
  properties: {
    application_name: { type: 'string', minLength: 1, default: 'app', description: 'Part of every name: `circus.APPLICATION.watcher.…`.' },
    host: { type: 'string', minLength: 1, default: 'localhost', description: 'Where statsd listens.' },
    port: { type: 'integer', minimum: 1, maximum: 65_535, default: 8125, description: 'UDP port of statsd.' },
    sample_rate: {
      type: 'number',
      exclusiveMinimum: 0,
      maximum: 1,
      default: 1,
      description: 'For counters and timings, of which this plugin has none: gauges are always sent.',
    },
    loop_rate: {
      type: ['number', 'string'],
      quantity: 'duration',
      unit: 's',
      minimum: 0.1,
      default: 60,
      description: 'Time from one look at the processes to the next.',
    },
    tags: {
      type: 'string',
      pattern: '^[^|\\n]*$',
      default: '',
      examples: ['env:prod,role:web'],
      description: 'Tags of every figure, for a statsd that knows DogStatsD: `key:value`, separated by commas.',
    },
  },
} as const satisfies OptionsSchema;
