import type { FromSchema, OptionsSchema } from '../../core/index.js';

/** Options of the control plugin: limits, so that no client can take the daemon's memory. */
export const schema = {
  type: 'object',
  additionalProperties: false,
  properties: {
    max_message_bytes: {
      type: ['integer', 'string'],
      quantity: 'size',
      minimum: 1024,
      maximum: 268_435_456,
      default: 1_048_576,
      description:
        'Longest request that is carried out; a longer one is answered with an error, one of four times this ends the connection.',
    },
    max_requests_per_s: {
      type: 'integer',
      minimum: 1,
      maximum: 1_000_000,
      default: 5000,
      description:
        'Requests a second that one connection may send in the long run, or one key over all of its connections, and twice that at once; ' +
        'further ones are answered with an error. A long one counts as one more for each 4096 bytes.',
    },
    max_in_flight: {
      type: 'integer',
      minimum: 1,
      default: 10_000,
      description: 'Requests of one client that may be under way at once; one more is answered with an error.',
    },
    max_unread_replies: {
      type: 'integer',
      minimum: 1,
      default: 20_000,
      description: 'Replies kept for one client that does not read; further ones are dropped and counted.',
    },
    subscriber_hwm: {
      type: 'integer',
      minimum: 1,
      default: 10_000,
      description:
        'Events kept for one subscriber that does not read; it misses further ones until it has read half of them, which is counted.',
    },
    audit_entries: {
      type: 'integer',
      minimum: 0,
      maximum: 100_000,
      default: 200,
      description: 'How many of the last changes that clients asked for are kept for `ringmaster audit`.',
    },
    flush_ms: {
      type: 'integer',
      minimum: 0,
      maximum: 60_000,
      default: 500,
      unit: 'ms',
      description: 'How long the last replies and events may take to get out when the endpoints close.',
    },
  },
} as const satisfies OptionsSchema;

export type ControlOptions = FromSchema<typeof schema>;
