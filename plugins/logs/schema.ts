import type { FromSchema, OptionsSchema } from '../../core/index.js';

/** Options of the logs plugin; each can be set for one watcher. Where an output goes is an option of the watcher: `stdout`, `stderr`. */
export const schema = {
  type: 'object',
  additionalProperties: false,
  properties: {
    tail: {
      type: ['integer', 'string'],
      quantity: 'size',
      minimum: 0,
      maximum: 67_108_864,
      default: 0,
      description:
        'How much of the last output of each watcher is kept in memory, besides where it goes; 0: none. More than 0 has all output read by the daemon, which costs.',
    },
    longest_line: {
      type: ['integer', 'string'],
      quantity: 'size',
      minimum: 1024,
      maximum: 16_777_216,
      default: 65_536,
      description: 'A line without an end is held back up to this size, so that lines of several processes do not mix.',
    },
    line_delay: {
      type: ['number', 'string'],
      quantity: 'duration',
      unit: 's',
      minimum: 0.01,
      maximum: 3600,
      default: 1,
      description: 'A line without an end is held back for this long at most.',
    },
    slow_buffer: {
      type: ['integer', 'string'],
      quantity: 'size',
      minimum: 4096,
      maximum: 1_073_741_824,
      default: 1_048_576,
      description: 'How much waits for a slow destination whose `when_slow` drops lines, before lines are dropped.',
    },
  },
} as const satisfies OptionsSchema;

export type LogsOptions = FromSchema<typeof schema>;
