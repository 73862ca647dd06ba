import type { FromSchema, JsonSchema } from '../../core/index.js';

const schedule = {
  minLength: 1,
  description:
    'When: minute, hour, day of the month, month, day of the week, with seconds before them where there are six; or @hourly, @daily, @weekly, @monthly, @yearly.',
  examples: ['30 4 * * MON-FRI', '0 */6 * * *', '@daily'],
} as const;

const job = {
  action: {
    enum: ['start', 'stop', 'restart', 'reload', 'signal', 'run'],
    default: 'restart',
    description:
      'What to do then. `run` starts a watcher with `respawn: false`, whose processes run to their end once. All but start and run leave a stopped watcher alone.',
  },
  signal: {
    type: ['integer', 'string'],
    quantity: 'signal',
    minimum: 1,
    default: 1,
    description: 'The signal that the action `signal` sends to all processes of the watcher.',
  },
  time_zone: {
    type: ['string', 'null'],
    minLength: 1,
    default: null,
    description: 'Whose clocks the schedule goes by, such as Europe/Berlin or UTC; those of the machine where none is given.',
  },
  missed: {
    enum: ['skip', 'run'],
    default: 'skip',
    description:
      'What becomes of times that passed while the machine slept or the clock was put forward: nothing, or one run for all of them.',
  },
  missed_after: {
    type: ['number', 'string'],
    quantity: 'duration',
    unit: 's',
    minimum: 1,
    default: 60,
    description: 'How late a run may be before it counts as missed.',
  },
} as const satisfies Readonly<Record<string, JsonSchema>>;

/** A schedule of its own for each watcher that has one, and any number of further jobs by name. */
export const schema = {
  type: 'object',
  additionalProperties: false,
  properties: {
    schedule: { ...schedule, type: ['string', 'null'], default: null },
    ...job,
    jobs: {
      type: 'object',
      default: {},
      description: 'More of them by name, each with the same options and the watcher that it is for; without one it is for all.',
      additionalProperties: {
        type: 'object',
        additionalProperties: false,
        required: ['schedule'],
        properties: {
          schedule: { ...schedule, type: 'string' },
          ...job,
          watcher: { type: ['string', 'null'], minLength: 1, default: null, description: 'Only for this watcher.' },
        },
      },
    },
  },
} as const satisfies JsonSchema;

export type Options = FromSchema<typeof schema>;
