import { EVENTS, type EventName, type FromSchema, type JsonSchema } from '../../core/index.js';

/** Names of events, and all of them. */
export const EVENT_WORDS: readonly (EventName | '*')[] = [...(Object.keys(EVENTS) as EventName[]), '*'];

export const schema = {
  type: 'object',
  additionalProperties: false,
  properties: {
    events: {
      anyOf: [{ type: 'array', items: { enum: EVENT_WORDS } }, { type: 'string' }],
      default: ['gave_up', 'spawn_failed', 'stuck', 'trouble'],
      description: 'The events to tell of: a list, or text with commas between their names; `*` is all of them.',
      examples: ['reap, gave_up'],
    },
    url: {
      type: ['string', 'null'],
      secret: true,
      default: null,
      description: 'Where to POST each event, as JSON. Only its host is ever logged.',
      examples: ['$(circus.env.WEBHOOK_URL)'],
    },
    headers: {
      type: 'object',
      secret: true,
      additionalProperties: { type: 'string' },
      default: {},
      description: 'Headers to send with it; their values are never logged.',
    },
    body: {
      type: ['object', 'null'],
      default: null,
      description: `The JSON to send: \${watcher}, \${event}, \${summary}, \${time}, \${host}, \${dropped} and what the event has, such as \${exit_code}, stand for the values in each text. Without it all of these are sent.`,
      examples: [{ text: `\${watcher} on \${host}: \${summary} \${reason}` }],
    },
    command: {
      type: ['string', 'null'],
      minLength: 1,
      default: null,
      description:
        'A command to run for each event, with the same variables in its words and the default JSON on its standard input; a status other than 0 is a failure.',
      examples: [`logger -t ringmaster \${watcher}: \${event}`],
    },
    timeout: {
      type: ['number', 'string'],
      quantity: 'duration',
      unit: 's',
      exclusiveMinimum: 0,
      default: 10,
      description: 'How long one attempt may take.',
    },
    attempts: { type: 'integer', minimum: 1, default: 5, description: 'How often one event is tried before it is given up.' },
    retry_in: {
      type: ['number', 'string'],
      quantity: 'duration',
      unit: 's',
      minimum: 0,
      default: 1,
      description: 'How long after a failure it is tried again; twice as long after each further one.',
    },
    retry_cap: {
      type: ['number', 'string'],
      quantity: 'duration',
      unit: 's',
      minimum: 0,
      default: 60,
      description: 'The longest of these waits, also where a server asks for a longer one.',
    },
    max_per_minute: {
      type: ['integer', 'null'],
      minimum: 1,
      default: 60,
      description: 'How many events are sent within a minute; the rest wait. null: no limit. Only of the plugin as a whole.',
    },
    max_queue: {
      type: 'integer',
      minimum: 1,
      default: 100,
      description: `How many events may wait; of more the oldest are dropped, and counted in \${dropped}. Only of the plugin as a whole.`,
    },
  },
} as const satisfies JsonSchema;

export type Options = FromSchema<typeof schema>;
