import { type OptionsSchema, statsdOptions } from '../../core/index.js';

/** Names, meanings and defaults are those of Circus's FullStats, but for `tags`. */
export const schema = {
  type: 'object',
  additionalProperties: false,
  properties: {
    application_name: { type: 'string', minLength: 1, default: 'app', description: 'Part of every name: `circus.APPLICATION.watcher.…`.' },
    ...statsdOptions,
    sample_rate: {
      ...statsdOptions.sample_rate,
      description: 'For counters and timings, of which this plugin has none: gauges are always sent.',
    },
    loop_rate: {
      type: ['number', 'string'],
      quantity: 'duration',
      unit: 's',
      minimum: 0.1,
      default: 60,
      description: 'Time from one look at the processes to the next. Only of the plugin as a whole.',
    },
  },
} as const satisfies OptionsSchema;
