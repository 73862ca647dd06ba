import { type OptionsSchema, statsdOptions } from '../../core/index.js';

/** Names, meanings and defaults are those of Circus's StatsdEmitter, but for `tags`. */
export const schema = {
  type: 'object',
  additionalProperties: false,
  properties: {
    application_name: { type: 'string', minLength: 1, default: 'app', description: 'Part of every name: `circus.APPLICATION.watcher.…`.' },
    ...statsdOptions,
  },
} as const satisfies OptionsSchema;
