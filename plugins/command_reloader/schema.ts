import type { FromSchema, JsonSchema } from '../../core/index.js';

/** `use_working_dir` and `loop_rate` are those of Circus's CommandReloader. */
export const schema = {
  type: 'object',
  additionalProperties: false,
  properties: {
    use_working_dir: {
      type: 'boolean',
      default: false,
      description:
        "Take relative paths from the watcher's working_dir; otherwise the command's from the daemon's own directory, and those of `files` from the config's.",
    },
    loop_rate: {
      type: ['number', 'string'],
      quantity: 'duration',
      unit: 's',
      exclusiveMinimum: 0,
      default: 1,
      description: 'How often to look at the file of the command.',
    },
    files: {
      anyOf: [{ type: 'array', items: { type: 'string', minLength: 1 } }, { type: 'string' }],
      default: [],
      description:
        'More files to watch, noticed at once: patterns with *, **, ?, [abc] and {a,b}, as a list or as text with white space between; one that begins with ! leaves out. Names that begin with a dot match only where the pattern has the dot.',
      examples: [['src/**/*.js', '!src/generated/**']],
    },
    debounce: {
      type: ['number', 'string'],
      quantity: 'duration',
      unit: 's',
      minimum: 0,
      default: 0.5,
      description: 'How long nothing may change any more before something is done.',
    },
    action: {
      enum: ['restart', 'reload'],
      default: 'restart',
      description: 'What is done: a restart as in Circus, or a graceful reload, without a gap.',
    },
  },
} as const satisfies JsonSchema;

export type Options = FromSchema<typeof schema>;
