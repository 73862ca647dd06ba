import type { FromSchema, JsonSchema } from './json-schema.js';

const filename = {
  type: 'string',
  minLength: 1,
  description: "The file to append to; a relative name is looked for from the daemon's working directory.",
} as const satisfies JsonSchema;

const time_format = {
  type: ['string', 'null'],
  default: null,
  description: 'Puts `TIME [PID] | ` before each line, with the time as strftime(3) writes it by this format; `%f` is microseconds.',
  examples: ['%Y-%m-%d %H:%M:%S'],
} as const satisfies JsonSchema;

const backup_count = {
  type: 'integer',
  minimum: 0,
  default: 0,
  description: 'How many rotated files to keep. 0: with `max_bytes` the file is never rotated, by time all rotated files are kept.',
} as const satisfies JsonSchema;

const when_slow = {
  enum: ['block', 'drop_oldest', 'drop_newest'],
  default: 'block',
  description:
    'What happens when this takes bytes more slowly than they come: the process has to wait, or the oldest or newest lines are dropped and counted.',
} as const satisfies JsonSchema;

/**
 * Where an output can go, by the `type` of the new form; `class` is Circus's name for the same. Options of both are the same.
 *
 * @source Circus's circus.stream
 */
export const OUTPUT_TYPES = {
  file: {
    class: 'FileStream',
    summary: 'A file, rotated by size where `max_bytes` and `backup_count` are given: file.1 is the newest.',
    schema: {
      type: 'object',
      additionalProperties: false,
      required: ['filename'],
      properties: {
        filename,
        max_bytes: {
          type: ['integer', 'string'],
          quantity: 'size',
          minimum: 0,
          default: 0,
          description: 'The file is rotated, between two lines, before it reaches this size; 0: never.',
        },
        backup_count,
        time_format,
        direct: {
          type: 'boolean',
          default: false,
          description: 'Processes write to the file themselves: the least work, but without rotation, `time_format` and whole lines.',
        },
        when_slow,
      },
    },
  },
  watched_file: {
    class: 'WatchedFileStream',
    summary: 'A file that somebody else rotates: opened again when it was moved or removed.',
    schema: {
      type: 'object',
      additionalProperties: false,
      required: ['filename'],
      properties: { filename, time_format, when_slow },
    },
  },
  timed_file: {
    class: 'TimedRotatingFileStream',
    summary: 'A file, rotated by time; rotated files have the time that they began in their name.',
    schema: {
      type: 'object',
      additionalProperties: false,
      required: ['filename', 'rotate_when'],
      properties: {
        filename,
        rotate_when: {
          enum: ['S', 'M', 'H', 'D', 'MIDNIGHT', 'W0', 'W1', 'W2', 'W3', 'W4', 'W5', 'W6'],
          description: 'Every second, minute, hour, day, at midnight, or at the end of a weekday; W0 is Monday.',
        },
        rotate_interval: { type: 'integer', minimum: 1, default: 1, description: 'Only every so many of what `rotate_when` says.' },
        utc: { type: 'boolean', default: false, description: 'Use universal time, not local time.' },
        backup_count,
        time_format,
        when_slow,
      },
    },
  },
  stdout: {
    class: 'StdoutStream',
    summary: "The daemon's standard output, whole lines as they are.",
    schema: { type: 'object', additionalProperties: false, properties: { when_slow } },
  },
  fancy_stdout: {
    class: 'FancyStdoutStream',
    summary: "The daemon's standard output, each line in colour, with time and pid.",
    schema: {
      type: 'object',
      additionalProperties: false,
      properties: {
        color: {
          enum: ['red', 'green', 'yellow', 'blue', 'magenta', 'cyan', 'white', null],
          default: null,
          description: 'Colour of the lines; one by chance where none is given.',
        },
        time_format: { ...time_format, type: 'string', default: '%Y-%m-%d %H:%M:%S' },
        when_slow,
      },
    },
  },
  memory: {
    class: 'QueueStream',
    summary: 'The last bytes, kept in memory for plugins and embedders.',
    schema: {
      type: 'object',
      additionalProperties: false,
      properties: {
        max_bytes: {
          type: ['integer', 'string'],
          quantity: 'size',
          minimum: 1024,
          maximum: 1_073_741_824,
          default: 1_048_576,
          description: 'How much is kept; the oldest lines go first.',
        },
      },
    },
  },
  null: {
    class: null,
    summary: 'Nowhere.',
    schema: { type: 'object', additionalProperties: false, properties: {} },
  },
} as const satisfies Readonly<Record<string, OutputTypeRow>>;

interface OutputTypeRow {
  /** Circus's name; null where it has none. */
  readonly class: string | null;
  readonly summary: string;
  readonly schema: JsonSchema;
}

/** Options of a destination of one's own besides those that it gets itself. */
export const customSchema = {
  type: 'object',
  additionalProperties: true,
  properties: { when_slow },
} as const satisfies JsonSchema;

export type OutputType = keyof typeof OUTPUT_TYPES;
export type WhenSlow = FromSchema<typeof when_slow>;

type Packaged = { [T in OutputType]: { readonly type: T } & Readonly<FromSchema<(typeof OUTPUT_TYPES)[T]['schema']>> }[OutputType];

/** A function or class of one's own that takes what processes write. */
export interface CustomOutput {
  readonly type: 'custom';
  /** `MODULE#EXPORT`. */
  readonly module: string;
  readonly when_slow: WhenSlow;
  /** All other options, as they are in the config. */
  readonly options: Readonly<Record<string, unknown>>;
}

/** A type of destination that a plugin adds. */
export interface ExtensionOutput {
  readonly type: 'extension';
  readonly name: string;
  readonly when_slow: WhenSlow;
  /** All other options, as they are in the config: the plugin's schema has their defaults. */
  readonly options: Readonly<Record<string, unknown>>;
}

/** Where an output goes, checked and with defaults; `same`: where the other one goes, in order. */
export type OutputOptions = Packaged | CustomOutput | ExtensionOutput | { readonly type: 'same' };

/** `stdout` and `stderr` of a watcher. */
export const outputSchema = {
  type: ['object', 'string', 'null'],
  default: null,
  applies: 'live',
  description:
    'Where this output goes: `{type: file, filename: …}` with the options of the type (file, watched_file, timed_file, stdout, fancy_stdout, memory, null, one that a plugin adds, or `./mine.mjs#Sink`); ' +
    'the path of a file; or, for one of the two, the name of the other: both go there in order. ' +
    "Null: the daemon's own. A change takes effect at once for processes whose output is read already, else for new ones.",
} as const satisfies JsonSchema;

/** `stdout_stream` and `stderr_stream` of a watcher. */
export const streamSchema = {
  type: 'object',
  default: {},
  applies: 'live',
  description: 'Where this output goes, as Circus has it: `class` (FileStream, StdoutStream, …) and the options of that class.',
} as const satisfies JsonSchema;
