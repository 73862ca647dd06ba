import type { FromSchema, OptionsSchema } from '../../core/index.js';

/** Names, meanings and defaults are those of Circus's watchdog plugin; `notify` and `ready_timeout` are more. */
export const schema = {
  type: 'object',
  additionalProperties: false,
  properties: {
    ip: { type: 'string', minLength: 1, default: '127.0.0.1', description: 'Where heartbeats are listened for; not for one watcher.' },
    port: {
      type: ['integer', 'null'],
      minimum: 0,
      maximum: 65_535,
      default: 1664,
      description:
        'UDP port of heartbeats, 0 for any that is free, null for none: then only watchers with `notify` are meant. Not for one watcher.',
    },
    msg_regex: {
      type: 'string',
      default: '^(?P<pid>.*);(?P<timestamp>.*)$',
      description: 'What a heartbeat looks like, in the way of Python or JavaScript, with a group `pid`; not for one watcher.',
    },
    watchers_regex: {
      type: 'string',
      default: '.*',
      description: 'What names of watchers begin with whose processes send heartbeats; not for one watcher.',
    },
    loop_rate: {
      type: ['number', 'string'],
      quantity: 'duration',
      unit: 's',
      minimum: 0.001,
      default: 60,
      description: 'How often a process sends a heartbeat at least.',
    },
    max_count: {
      type: 'integer',
      minimum: 1,
      default: 3,
      description: 'How many heartbeats in a row may be missing; then the process is killed gracefully, and so replaced.',
    },
    watchers_stop_signal: {
      type: ['integer', 'string', 'null'],
      quantity: 'signal',
      default: null,
      description: "Signal for a silent process, instead of its watcher's `stop_signal`.",
    },
    watchers_graceful_timeout: {
      type: ['number', 'string', 'null'],
      quantity: 'duration',
      unit: 's',
      minimum: 0,
      default: null,
      description: "How long a silent process has before SIGKILL, instead of its watcher's `graceful_timeout`.",
    },
    notify: {
      type: 'boolean',
      default: false,
      description:
        'Heartbeats as services of systemd send them, sd_notify(3): each process has a socket of its own in NOTIFY_SOCKET, and in WATCHDOG_USEC how long it may be silent, `loop_rate` × `max_count`. `WATCHDOG=1` is a heartbeat, `WATCHDOG=trigger` asks to be replaced, `WATCHDOG_USEC` changes the time, `STOPPING=1` ends it, `STATUS` is shown as `status_text` in stats. Linux only.',
    },
    ready_timeout: {
      type: ['number', 'string', 'null'],
      quantity: 'duration',
      unit: 's',
      exclusiveMinimum: 0,
      default: null,
      description:
        'How long a process with `notify` may take to say `READY=1`; until then it counts as starting, and a reload keeps the old ones. One that takes longer is replaced. null: nothing is waited for.',
    },
  },
} as const satisfies OptionsSchema;

export type Options = FromSchema<typeof schema>;
