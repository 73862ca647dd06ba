import { type FromSchema, type JsonSchema, statsdOptions } from '../../core/index.js';

const count = (what: string) => ({ type: ['integer', 'null'], minimum: 1, default: null, description: what }) as const satisfies JsonSchema;

const size = (what: string) =>
  ({ type: ['integer', 'string', 'null'], quantity: 'size', default: null, description: what }) as const satisfies JsonSchema;

/** Names, meanings and defaults are those of Circus's ResourceWatcher; what it has not comes after them. */
export const schema = {
  type: 'object',
  additionalProperties: false,
  properties: {
    watcher: {
      type: ['string', 'null'],
      default: null,
      description:
        'The watcher to look after; without it all. Watchers with options of their own for this plugin are looked after as well.',
    },
    service: { type: ['string', 'null'], default: null, deprecated: true, description: 'The old name of `watcher`.' },
    loop_rate: {
      type: ['number', 'string'],
      quantity: 'duration',
      unit: 's',
      exclusiveMinimum: 0,
      default: 60,
      description: 'How often to look.',
    },
    max_cpu: { type: ['number', 'null'], minimum: 0, default: 90, unit: '%', description: 'Most of one processor; 0 or null: no limit.' },
    min_cpu: { type: ['number', 'null'], minimum: 0, default: null, unit: '%', description: 'Least of one processor.' },
    max_mem: {
      ...size('Most memory (RSS): up to 100 is percent of what the machine has, anything else a size such as 200M.'),
      default: 90,
    },
    min_mem: size('Least memory (RSS), in the same way.'),
    health_threshold: {
      type: ['number', 'null'],
      minimum: 0,
      default: 75,
      unit: '%',
      description: 'Most that processor and memory may have on average, both in percent; 0 or null: no limit.',
    },
    max_count: {
      type: 'integer',
      minimum: 0,
      default: 3,
      description: 'How often in a row one limit may be passed; at the next time something is done.',
    },
    process_children: {
      type: 'boolean',
      default: false,
      description: 'Look at the direct children of each process too; one that is over a limit is sent `child_signal`.',
    },
    child_signal: { type: ['integer', 'string'], quantity: 'signal', minimum: 1, default: 15, description: 'The signal for children.' },
    max_rss: size('Most memory (RSS), beside `max_mem`.'),
    max_pss: size('Most memory, with what is shared divided among those who share it (PSS). Linux only.'),
    max_fds: count('Most open file descriptors. Linux only.'),
    max_threads: count('Most threads. Linux only.'),
    per: {
      enum: ['process', 'watcher'],
      default: 'process',
      description: 'What limits are for: each process, or all of the watcher together.',
    },
    action: {
      enum: ['restart', 'replace', 'signal', 'event'],
      default: 'restart',
      description:
        'What to do: restart the whole watcher, replace the processes that are over a limit, send them `signal`, or only tell (every action is told by the event limit_exceeded).',
    },
    signal: { type: ['integer', 'string'], quantity: 'signal', minimum: 1, default: 15, description: 'The signal of the action `signal`.' },
    application_name: {
      type: 'string',
      minLength: 1,
      default: 'app',
      description: 'Part of the name of every counter: `circus.APPLICATION.watcher._resource_watcher.WATCHER.…`.',
    },
    ...statsdOptions,
  },
} as const satisfies JsonSchema;

export type Options = FromSchema<typeof schema>;
