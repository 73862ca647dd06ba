import type { FromSchema, JsonSchema } from '../../core/index.js';

/** All but `respawns_per_second` can be set for one watcher. */
export const schema = {
  type: 'object',
  additionalProperties: false,
  properties: {
    at_once: {
      type: 'integer',
      minimum: 0,
      default: 1,
      description: 'How many early deaths in a row of one worker are answered at once, before any waiting.',
    },
    initial: {
      type: ['number', 'string'],
      quantity: 'duration',
      unit: 's',
      minimum: 0,
      default: 0.1,
      description: 'The first wait before a respawn. Waits are counted from the start of the process that died.',
    },
    factor: { type: 'number', minimum: 1, default: 2, description: 'What each further early death multiplies the wait by.' },
    cap: {
      type: ['number', 'string'],
      quantity: 'duration',
      unit: 's',
      minimum: 0,
      default: 10,
      description: 'The longest wait, and so how soon all is back when what processes need is back.',
    },
    jitter: {
      type: 'number',
      minimum: 0,
      maximum: 1,
      default: 0.1,
      description: 'Up to this share is taken off a wait, by chance, so that workers which died together do not return together.',
    },
    reset_after: {
      type: ['number', 'string'],
      quantity: 'duration',
      unit: 's',
      minimum: 0,
      default: 10,
      description: 'A process that lived this long was well: its death is answered at once, and those before it are forgotten.',
    },
    respawns_per_second: {
      type: ['integer', 'null'],
      minimum: 1,
      default: 100,
      description:
        'How many respawns all watchers together may have within a second; the rest wait for the next one. A process that ran for a second is replaced at once all the same, and counts. One watcher has at most three quarters of what others leave, so that there is room for the next. null: no limit. Only of the plugin as a whole.',
    },
  },
} as const satisfies JsonSchema;

export type Options = FromSchema<typeof schema>;
