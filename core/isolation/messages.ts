import type { FromSchema, JsonSchema } from '../json-schema.js';

/** The version of the protocol; both sides refuse another. */
export const PROTOCOL = 1;

type MessageSchema = JsonSchema & { readonly type: 'object'; readonly properties: Readonly<Record<string, JsonSchema>> };
interface MessageRow {
  readonly summary: string;
  readonly schema: MessageSchema;
}
type Rows = Readonly<Record<string, MessageRow>>;

const error = {
  type: 'object',
  required: ['message'],
  description: 'What went wrong.',
  properties: {
    message: { type: 'string', description: 'In words.' },
    code: { type: 'string', description: 'One of the codes in the errors reference, where it is one of them.' },
    context: { type: 'object', description: 'Data about it.' },
  },
} as const satisfies JsonSchema;
const anything = { description: 'Any JSON value; missing: nothing.' } as const satisfies JsonSchema;
const call = { type: 'integer', minimum: 1, description: 'Number that the answer repeats.' } as const satisfies JsonSchema;
const extension = { type: 'integer', minimum: 1, description: 'Number of what was added.' } as const satisfies JsonSchema;
const tap = { type: 'integer', minimum: 1, description: 'Number of the tap.' } as const satisfies JsonSchema;

/** What the guest, the plugin's thread or process, tells the daemon. */
export const TO_HOST = {
  describe: {
    summary: 'First of all: what the plugin is. Nothing is sent to it before.',
    schema: {
      type: 'object',
      required: ['protocol', 'name', 'summary', 'schema'],
      properties: {
        protocol: { type: 'integer', description: `Version of this protocol: ${PROTOCOL}.` },
        name: { type: 'string', minLength: 1, description: 'Name of the plugin.' },
        summary: { type: 'string', description: 'One sentence for listings.' },
        schema: { type: 'object', description: 'JSON Schema of its options: an object with `properties`.' },
        hooks: { type: 'array', items: { type: 'string' }, default: [], description: 'The hooks that it taps.' },
        per_watcher: { type: 'boolean', default: false, description: 'Whether each option can be set for one watcher.' },
        requires: { type: 'array', items: { type: 'string' }, default: [], description: 'Must be empty: services stay in the daemon.' },
        probes: {
          type: 'array',
          default: [],
          description: 'Types of probes that it adds, for the check of configs.',
          items: {
            type: 'object',
            required: ['name', 'schema'],
            properties: {
              name: { type: 'string', minLength: 1, description: 'What `type` of a check says.' },
              summary: { type: 'string', default: '', description: 'One line.' },
              schema: { type: 'object', description: 'JSON Schema of its options.' },
            },
          },
        },
        applies: { type: 'string', enum: ['live', 'daemon'], default: 'live', description: 'How a changed config reaches it.' },
      },
    },
  },
  tap: {
    summary: 'Taps a hook; from `setup` on. Those before `ready` begin with it.',
    schema: {
      type: 'object',
      required: ['tap', 'hook'],
      properties: {
        tap: { type: 'integer', minimum: 1, description: 'A number of its own, used once.' },
        hook: { type: 'string', description: 'One of the declared hooks.' },
        options: {
          type: 'object',
          default: {},
          description: 'As in the guide: `stage`, `before`, `watcher`, `deadline_ms`, `ignore_failure`.',
          properties: {
            stage: { type: 'number', description: 'Smaller runs earlier.' },
            before: { type: 'array', items: { type: 'string' }, description: 'Names of plugins whose taps run after this one.' },
            watcher: { type: 'string', description: 'Only for this watcher.' },
            deadline_ms: { type: 'number', exclusiveMinimum: 0, description: 'Milliseconds for an answer.' },
            ignore_failure: { type: 'boolean', description: 'A failure refuses nothing.' },
          },
        },
      },
    },
  },
  untap: {
    summary: 'Takes a tap back.',
    schema: { type: 'object', required: ['tap'], properties: { tap } },
  },
  ready: {
    summary: 'It is set up.',
    schema: { type: 'object', properties: {} },
  },
  answer: {
    summary: 'Answers a `hook` that has a `call`, or an `invoke`.',
    schema: { type: 'object', required: ['call'], properties: { call, value: anything, error } },
  },
  failed: {
    summary: 'Something went wrong outside of a hook. Before `ready` it means that setting up has failed.',
    schema: {
      type: 'object',
      required: ['what', 'error'],
      properties: { what: { type: 'string', description: 'What it was doing, such as `a timer`.' }, error },
    },
  },
  detach: {
    summary: 'It can do no more, and is closed for good. Only after `ready`; before it, `failed` says so.',
    schema: {
      type: 'object',
      required: ['why'],
      properties: { why: { type: 'string', description: 'A clause for the log, such as `its licence has run out`.' } },
    },
  },
  request: {
    summary: 'Asks the supervisor, or one watcher, for something; answered by `reply`.',
    schema: {
      type: 'object',
      required: ['call', 'method'],
      properties: {
        call,
        watcher: { type: 'string', description: 'Name of the watcher; missing: the supervisor.' },
        method: { type: 'string', description: 'Which request; see below.' },
        args: { type: 'array', default: [], description: 'Its arguments in order; a watcher is given by its name.' },
      },
    },
  },
  extend: {
    summary: 'Adds to the work of other plugins; from `setup` on. What was added before `ready` is there with it.',
    schema: {
      type: 'object',
      required: ['extension', 'point', 'contribution'],
      properties: {
        extension: { type: 'integer', minimum: 1, description: 'A number of its own, used once.' },
        point: {
          type: 'string',
          enum: ['command', 'metric', 'route', 'probe', 'config_source'],
          description: 'One of the extension points reference; a `stream` has to be in the daemon.',
        },
        contribution: { type: 'object', description: 'Its fields, but for functions: the daemon calls these by `invoke`.' },
        watched: { type: 'boolean', default: false, description: 'A `config_source` that says `changed`.' },
      },
    },
  },
  withdraw: {
    summary: 'Takes back what was added.',
    schema: { type: 'object', required: ['extension'], properties: { extension } },
  },
  changed: {
    summary: 'A `config_source` would give something else now.',
    schema: { type: 'object', required: ['extension'], properties: { extension } },
  },
  emit: {
    summary: 'Tells everybody of an event of a watcher.',
    schema: {
      type: 'object',
      required: ['watcher', 'name', 'body'],
      properties: {
        watcher: { type: 'string', description: 'Name of the watcher.' },
        name: { type: 'string', description: 'Name of the event, one of the events reference.' },
        body: { type: 'object', description: 'What it tells.' },
      },
    },
  },
  log: {
    summary: 'A line for the log of the daemon, under the name of the plugin.',
    schema: {
      type: 'object',
      required: ['message'],
      properties: {
        level: { type: 'string', enum: ['debug', 'info', 'warn', 'error'], default: 'info', description: 'How much it matters.' },
        message: { type: 'string', description: 'What it says.' },
        fields: { type: 'object', default: {}, description: 'Data beside it.' },
      },
    },
  },
  pong: {
    summary: 'Answers `ping`.',
    schema: { type: 'object', properties: {} },
  },
} as const satisfies Rows;

/** What the daemon tells the guest. */
export const TO_GUEST = {
  supervisor: {
    summary: 'The supervisor as it is now; once before `setup`, then at each change.',
    schema: {
      type: 'object',
      required: ['state', 'options', 'sockets'],
      properties: {
        state: { type: 'string', description: '`idle`, `starting`, `running`, `stopping` or `stopped`.' },
        options: { type: 'object', description: "The daemon's own options." },
        sockets: { type: 'array', description: 'Managed sockets.' },
      },
    },
  },
  watcher: {
    summary: 'One watcher as it is now: once before `setup`, then what has changed. What is missing is as before.',
    schema: {
      type: 'object',
      required: ['name', 'status', 'numprocesses', 'reloads_in_turn', 'processes', 'gone'],
      properties: {
        name: { type: 'string', description: 'Its name.' },
        status: { type: 'string', description: '`starting`, `active`, `stopping` or `stopped`.' },
        numprocesses: { type: 'integer', description: 'How many processes are wanted.' },
        reloads_in_turn: { type: 'boolean', description: 'Whether a sequential reload is under way.' },
        spec: { type: 'object', description: 'All of its options.' },
        config: { type: ['object', 'null'], description: "The plugin's options for this watcher; null: switched off there." },
        processes: {
          type: 'array',
          items: { type: 'object' },
          description: 'Processes that are new or have changed: `pid`, `wid`, `started`, `generation`, `stopping`.',
        },
        gone: { type: 'array', items: { type: 'integer' }, description: 'Pids of those that are gone.' },
      },
    },
  },
  watcher_removed: {
    summary: 'A watcher is there no more.',
    schema: { type: 'object', required: ['name'], properties: { name: { type: 'string', description: 'Its name.' } } },
  },
  setup: {
    summary: 'Set up: tap hooks, start what is needed, then say `ready`.',
    schema: {
      type: 'object',
      required: ['config', 'directory'],
      properties: {
        config: { type: 'object', description: 'The checked options, defaults filled in.' },
        directory: { type: 'string', description: 'What relative paths refer to.' },
      },
    },
  },
  hook: {
    summary: 'A tap is called. With `call` an `answer` is waited for, without it none is wanted.',
    schema: {
      type: 'object',
      required: ['tap', 'hook', 'args'],
      properties: {
        call,
        tap,
        hook: { type: 'string', description: 'Name of the hook.' },
        value: anything,
        args: { type: 'object', description: 'As in the hooks reference; `watcher` is its name.' },
      },
    },
  },
  invoke: {
    summary: 'A function of what was added is called; its `answer` is waited for, five seconds at most.',
    schema: {
      type: 'object',
      required: ['call', 'extension', 'function', 'args'],
      properties: {
        call,
        extension,
        function: { type: 'string', description: '`run`, `collect`, `handle`, `probe` or `read`.' },
        args: { type: 'array', description: 'The first argument of that function, where it has one; `query` of a page is text.' },
      },
    },
  },
  reply: {
    summary: 'Answers a `request`.',
    schema: { type: 'object', required: ['call'], properties: { call, value: anything, error } },
  },
  ping: {
    summary: 'Asks for a `pong`; no answer in `patience` means that it hangs.',
    schema: { type: 'object', properties: {} },
  },
  close: {
    summary: 'Undo everything and end. So does the end of standard input.',
    schema: { type: 'object', properties: {} },
  },
} as const satisfies Rows;

type Messages<R extends Rows> = { [T in keyof R]: { readonly type: T } & Readonly<FromSchema<R[T]['schema']>> }[keyof R];
export type ToHost = Messages<typeof TO_HOST>;
export type ToGuest = Messages<typeof TO_GUEST>;
/** One of the messages to the host, by its type. */
export type HostMessage<T extends ToHost['type']> = Extract<ToHost, { readonly type: T }>;
/** One of the messages to the guest, by its type. */
export type GuestMessage<T extends ToGuest['type']> = Extract<ToGuest, { readonly type: T }>;
/** An error as it crosses the border. */
export type Fault = FromSchema<typeof error>;

/** A message as one line; its type is always first, and there is no space that was not in a value. */
export function lineOf(message: ToHost | ToGuest): string {
  const { type, ...rest } = message;
  return `${JSON.stringify({ type, ...rest })}\n`;
}
