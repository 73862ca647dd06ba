import type { FromSchema, JsonSchema } from '../../json-schema.js';
import { type SocketOptions, socketSchema } from './socket.js';
import { type WatcherOptions, watcherSchema } from './watcher.js';

/** The daemon's own options, at the top of the file. Names and meanings are those of Circus's `[circus]`. */
export const daemonProperties = {
  endpoint: {
    type: ['string', 'null'],
    default: null,
    applies: 'daemon',
    description:
      'ZeroMQ address of the control endpoint. Without one: a unix socket in the runtime directory; for a circus.ini tcp://127.0.0.1:5555.',
    examples: ['ipc:///run/ringmaster/control.sock', 'tcp://127.0.0.1:5555'],
  },
  endpoint_owner: {
    type: ['string', 'integer', 'null'],
    default: null,
    applies: 'daemon',
    description:
      'User who owns the socket of an ipc:// endpoint, and so may do all that the daemon may; `add` must name that user as `uid`, as in Circus.',
  },
  pubsub_endpoint: {
    type: ['string', 'null'],
    default: null,
    applies: 'daemon',
    description:
      'ZeroMQ address where events are published. Without one: beside the control endpoint; for a circus.ini tcp://127.0.0.1:5556.',
  },
  stats_endpoint: {
    type: ['string', 'null'],
    default: null,
    applies: 'daemon',
    description:
      'ZeroMQ address where statistics are published. Without one, and with statsd: beside the control endpoint; for a circus.ini tcp://127.0.0.1:5557.',
  },
  statsd: { type: 'boolean', default: false, applies: 'live', description: 'Publish statistics once a second.' },
  statsd_close_outputs: {
    type: 'boolean',
    default: false,
    applies: 'daemon',
    description: 'Silence the output of the statistics process.',
  },
  multicast_endpoint: {
    type: ['string', 'null'],
    default: null,
    applies: 'daemon',
    description:
      'UDP multicast address where the daemon answers `ringmaster discover` and clients of Circus, which tells its addresses to whoever asks. Without one: it does not; for a circus.ini udp://237.219.251.97:12027. Empty: off.',
  },
  allow_remote: {
    type: 'boolean',
    default: false,
    applies: 'daemon',
    description:
      'Let endpoints without `curve` be reached from other machines, and `ipc://@NAME` by every user of this one: whoever reaches them can do everything. Without it such an endpoint is an error, in a circus.ini a warning.',
  },
  curve: {
    type: ['object', 'null'],
    additionalProperties: false,
    required: ['secret_key_file', 'authorized_keys_file'],
    properties: {
      secret_key_file: { type: 'string', minLength: 1, description: 'Key pair of the daemon, made by `ringmaster keys new`.' },
      authorized_keys_file: {
        type: 'string',
        minLength: 1,
        description: 'Keys of those who may connect, each with a role, made by `ringmaster keys authorize`; read anew when it changes.',
      },
    },
    default: null,
    applies: 'daemon',
    description: 'Keys, for endpoints over TCP: everything is encrypted, and only keys that are authorised get in.',
    examples: [{ secret_key_file: '/etc/ringmaster/keys/daemon.key', authorized_keys_file: '/etc/ringmaster/keys/authorized' }],
  },
  durable: {
    type: ['boolean', 'null'],
    default: null,
    applies: 'daemon',
    description:
      'Keep processes over a crash of the daemon: they run on, and its next start takes them over. A watcher may say otherwise. null: yes with --daemon and --respawn, else no. Linux only.',
  },
  state_dir: {
    type: ['string', 'null'],
    default: null,
    applies: 'daemon',
    description:
      'Directory, for its owner only, of what the daemon writes down for its next start where anything is `durable`. Without one: in the runtime directory, by the path of the config file.',
    examples: ['/var/lib/ringmaster'],
  },
  check_delay: {
    type: ['number', 'string'],
    quantity: 'duration',
    unit: 's',
    default: 5,
    applies: 'live',
    description:
      'Period of the safety net that looks whether processes are as they should be; deaths are noticed at once without it. 0 or less: no safety net.',
  },
  warmup_delay: {
    type: ['number', 'string'],
    quantity: 'duration',
    unit: 's',
    minimum: 0,
    default: 0,
    applies: 'live',
    description: 'Pause between the starts of two watchers.',
  },
  pidfile: { type: ['string', 'null'], default: null, applies: 'daemon', description: "File that holds the daemon's pid while it runs." },
  umask: {
    type: ['integer', 'string', 'null'],
    quantity: 'octal',
    minimum: 0,
    maximum: 0o777,
    default: null,
    applies: 'daemon',
    description: 'umask of the daemon and its processes, octal; a watcher may have its own.',
  },
  loglevel: {
    enum: ['debug', 'info', 'warning', 'error', 'critical', 'DEBUG', 'INFO', 'WARNING', 'ERROR', 'CRITICAL', null],
    default: null,
    applies: 'live',
    description: "Level of the daemon's log; info where none is given.",
  },
  logoutput: {
    type: ['string', 'null'],
    default: null,
    applies: 'daemon',
    description:
      "Where the daemon's log goes: a file, opened again when it is moved away; `syslog://HOST[:PORT]?FACILITY` (UDP) or `syslog:///PATH?FACILITY`, facility user where none is given; `-` or nothing: standard output.",
    examples: ['logs/ringmaster.log', 'syslog:///dev/log?daemon'],
  },
  loggerconfig: {
    type: ['string', 'null'],
    default: null,
    applies: 'daemon',
    description:
      'Configuration of Python logging (.ini, .json or .yaml), as Circus takes one: the level of the logger circus and the place of its first handler count before loglevel and logoutput; `default` is none.',
  },
  fqdn_prefix: {
    type: ['string', 'null'],
    default: null,
    applies: 'daemon',
    description: 'Put before the host name that plugins report under.',
  },
  plugin_fault_budget: {
    type: 'integer',
    minimum: 0,
    default: 10,
    applies: 'live',
    description:
      'A plugin is detached when one of its hooks, or its timers, failed as often in a row, or all of it six times as often within a minute; 0: never. A plugin may have its own, by the option `fault_budget`.',
  },
  debug: { type: 'boolean', default: false, applies: 'live', description: 'Log at level debug.' },
  debug_gc: { type: 'boolean', default: false, applies: 'daemon', description: 'Python garbage collector debugging; has no meaning here.' },
  httpd: { type: 'boolean', default: false, applies: 'daemon', description: "Circus's web console." },
  httpd_host: { type: 'string', default: 'localhost', applies: 'daemon', description: 'Address of the web console.' },
  httpd_port: { type: 'integer', minimum: 0, maximum: 65535, default: 8080, applies: 'daemon', description: 'Port of the web console.' },
  httpd_close_outputs: { type: 'boolean', default: false, applies: 'daemon', description: 'Silence the output of the web console.' },
} as const satisfies Readonly<Record<string, JsonSchema>>;

/** The whole file. Plugins' options are checked by the schemas of the plugins that it names. */
export const configSchema = {
  type: 'object',
  additionalProperties: false,
  properties: {
    ...daemonProperties,
    watchers: { type: 'object', additionalProperties: watcherSchema, default: {}, description: 'Watchers by name.' },
    sockets: { type: 'object', additionalProperties: socketSchema, default: {}, description: 'Managed listening sockets by name.' },
    plugins: {
      type: 'object',
      additionalProperties: { anyOf: [{ type: 'object' }, { type: 'boolean' }] },
      default: {},
      description: 'Plugins by name, path or npm package, each with its options; `false` switches one off that is on by default.',
      examples: [{ flapping: { attempts: 3 } }],
    },
    env: {
      type: 'object',
      additionalProperties: { type: 'string' },
      default: {},
      description: 'Environment that every watcher gets, under its own.',
      examples: [{ LOG_LEVEL: 'debug' }],
    },
  },
} as const satisfies JsonSchema;

export type DaemonOptions = FromSchema<{ type: 'object'; properties: typeof daemonProperties }>;

/** A checked config: every default filled in, every quantity a number. This is what the supervisor takes and what it can show. */
export interface Config extends DaemonOptions {
  watchers: Record<string, WatcherOptions>;
  sockets: Record<string, SocketOptions>;
  plugins: Record<string, Record<string, unknown> | boolean>;
  env: Record<string, string>;
}
