import { DURABLE_ERRORS } from './durable/errors.js';
import { REQUEST_ERRORS } from './request-errors.js';

/**
 * Every error that ringmaster raises on purpose. A code is never used again for something else.
 * `fix` is the remedy, printed under the message by the command line and in the reference.
 */
export const ERRORS = {
  ...DURABLE_ERRORS,
  RM_CONFIG_INVALID: {
    message: (problems: string) => `cannot use the config: ${problems}`,
    fix: 'correct what is named; `ringmaster check FILE` shows every problem at once',
  },
  RM_COMMAND_INVALID: {
    message: (command: string, why: string) => `cannot split the command line ${JSON.stringify(command)}: ${why}`,
    fix: 'close every quote, and put a backslash before a quote that is meant as it is',
  },
  RM_WATCHER_UNKNOWN: {
    message: (name: string) => `program ${name} not found`,
    fix: '`ringmaster list` shows the watchers there are',
  },
  RM_WATCHER_EXISTS: {
    message: (name: string) => `'${name}' already exist`,
    fix: 'choose another name, or remove the one that is there first',
  },
  RM_OPTION_INVALID: {
    message: (why: string) => why,
    fix: 'see the watcher options in docs/reference/config.md',
  },
  RM_USER_UNKNOWN: {
    message: (name: string) => `uid: there is no user ${JSON.stringify(name)}`,
    fix: 'name a user that `getent passwd` knows, or give the number',
  },
  RM_GROUP_UNKNOWN: {
    message: (name: string) => `gid: there is no group ${JSON.stringify(name)}`,
    fix: 'name a group that `getent group` knows, or give the number',
  },
  RM_PROCESS_UNKNOWN: {
    message: (pid: number, watcher: string) => `process ${pid} not found in '${watcher}'`,
    fix: '`ringmaster list NAME` shows the pids there are',
  },
  RM_SIGNAL_INVALID: {
    message: (found: string) => `signal invalid, got ${found}`,
    fix: 'give a number, or a name with or without SIG, such as TERM, SIGHUP or RTMIN+1',
  },
  RM_SOCKET_OPEN: {
    message: (name: string, where: string, why: string) => `cannot open socket "${name}" at ${where}: ${why}`,
    fix: 'correct the socket in the config, or free the address; no watcher was touched',
  },
  RM_OS_FORM: {
    message: (form: string, why: string) => `cannot use the form of the operating system that RINGMASTER_OS=${form} asks for: ${why}`,
    fix: 'unset RINGMASTER_OS: the form that works here is chosen by itself',
  },
  RM_OUTPUT_MODULE: {
    message: (module: string, why: string) => `cannot use ${module} for an output: ${why}`,
    fix: 'name a module and its export as ./mine.mjs#Sink: a function (data, info), or a class with write(data, info)',
    of_config: true,
  },
  RM_PLUGIN_UNKNOWN: {
    message: (name: string, why: string) => `cannot load plugin "${name}": ${why}`,
    fix: 'use the name of a plugin that comes with ringmaster, a path that starts with ./ or /, or an installed npm package',
  },
  RM_PLUGIN_FAILED: {
    message: (plugin: string, what: string) => `plugin "${plugin}" failed in ${what}`,
    fix: 'see the cause; without this plugin the supervisor still works',
  },
  RM_PLUGIN_ISOLATION: {
    message: (plugin: string, tier: string, why: string) => `cannot run plugin "${plugin}" with isolation ${tier}: ${why}`,
    fix: 'correct what is named, or leave `isolation` out: the plugin then runs in the daemon',
  },
  RM_PLUGIN_GUEST: {
    message: (plugin: string, why: string) => `the guest of plugin "${plugin}" ${why}`,
    fix: 'see the log for why it ended; it is started again by itself unless that happens too often',
  },
  RM_PLUGIN_OPTION: {
    message: (plugin: string, path: string, found: string, allowed: string) =>
      `plugins.${plugin}.${path} of the config must be ${allowed}, got ${found}`,
    fix: 'see the options of the plugin in docs/reference/plugins.md',
  },
  RM_PLUGIN_OPTIONS: {
    message: (problems: string) => problems,
    fix: '`ringmaster plugins describe NAME` shows every option of a plugin',
  },
  RM_PLUGIN_ABSENT: {
    message: (name: string, hint: string) => `there is no plugin "${name}": ${hint}`,
    fix: '`ringmaster plugins` shows those that are there, `ringmaster plugin add NAME` adds one',
  },
  RM_PLUGIN_EXISTS: {
    message: (name: string) => `plugin "${name}" is there already`,
    fix: '`ringmaster plugin reconfigure NAME` changes its options, and sets it up again where it was detached',
  },
  RM_PLUGIN_REQUIRED: {
    message: (name: string, users: string) => `cannot remove plugin "${name}": ${users} requires it`,
    fix: 'remove those first',
  },
  RM_PLUGIN_FIXED: {
    message: (name: string) => `plugin "${name}" can only be changed in the config, with a new start of the daemon`,
    fix: 'change the config and start the daemon again',
  },
  RM_PLUGIN_CHANGE: {
    message: (name: string, why: string) => `plugin "${name}" was not changed, everything runs as before: ${why}`,
    fix: 'correct what is named, and ask again',
  },
  RM_PLUGIN_NAME: {
    message: (name: string, why: string) => `cannot make a plugin "${name}": ${why}`,
    fix: 'choose another name, such as queue-alarm',
  },
  RM_PLUGIN_DIRECTORY: {
    message: (directory: string) => `cannot make a plugin in ${directory}: it exists`,
    fix: 'choose another --directory, or remove that one',
  },
  RM_PLUGIN_ORDER: {
    message: (why: string) => `cannot order the plugins: ${why}`,
    fix: 'correct `requires` of the plugins named, or name the missing one under `plugins` in the config',
  },
  RM_PLUGIN_TIMEOUT: {
    message: (plugin: string, what: string, deadline_ms: number, why: string) =>
      `plugin "${plugin}" did not finish ${what} within ${deadline_ms} ms: ${why}`,
    fix: 'look for a promise that never settles; start long work without awaiting it, and let it end when `signal` is aborted',
  },
  RM_EXTENSION_INVALID: {
    message: (plugin: string, field: string, found: string, allowed: string) =>
      `plugin "${plugin}" can't extend: ${field} is ${found}, allowed is ${allowed}`,
    fix: 'see the extension point in docs/reference/extension-points.md',
  },
  RM_EXTENSION_TAKEN: {
    message: (plugin: string, point: string, key: string, other: string) =>
      `plugin "${plugin}" can't add the ${point} "${key}": plugin "${other}" has one of that name`,
    fix: 'choose another name, or do without one of the two plugins',
  },
  RM_HOOK_TIMEOUT: {
    message: (plugin: string, hook: string, deadline_ms: number) =>
      `hook ${hook} of plugin "${plugin}" gave no answer within ${deadline_ms} ms`,
    fix: 'return, or settle the returned promise, in time',
  },
  RM_HOOK_RESULT: {
    message: (plugin: string, hook: string, found: string, allowed: string) =>
      `hook ${hook} of plugin "${plugin}" returned ${found}, allowed is ${allowed}`,
    fix: 'return what the hooks reference allows, or nothing',
  },
  RM_CLOSED: {
    message: (what: string) => `${what} is closed`,
    fix: 'do not use it after it was closed or stopped',
  },
  RM_STATE: {
    message: (what: string, state: string) => `cannot ${what} while the supervisor is ${state}`,
    fix: 'await start() and stop()',
  },
  RM_CONFIG_READ: {
    message: (file: string, why: string) => `cannot read ${file}: ${why}`,
    fix: 'check that the file is there and may be read',
  },
  RM_PIDFILE_HELD: {
    message: (file: string, pid: number) => `cannot use pidfile ${file}: it names process ${pid}, which is running`,
    fix: 'stop that process first, or give another --pidfile',
  },
  RM_PIDFILE_FOREIGN: {
    message: (file: string, found: string) => `cannot use pidfile ${file}: it holds ${found}, not a pid`,
    fix: 'give another --pidfile, or remove the file',
  },
  RM_PIDFILE_WRITE: {
    message: (file: string, why: string) => `cannot write pidfile ${file}: ${why}`,
    fix: 'give a --pidfile in a directory that may be written',
  },
  RM_LOG_OPEN: {
    message: (file: string, why: string) => `cannot open log ${file}: ${why}`,
    fix: 'give a --log-output that may be written; `-` is standard output',
  },
  RM_FILE_EXISTS: {
    message: (file: string) => `cannot write ${file}: it exists`,
    fix: 'choose another name, or add --force to replace it',
  },
  RM_FILE_WRITE: {
    message: (file: string, why: string) => `cannot write ${file}: ${why}`,
    fix: 'check that the directory is there and may be written',
  },
  RM_COMMAND_FAILED: {
    message: (command: string, why: string) => `${command} failed: ${why}`,
    fix: 'run it by hand to see why',
  },
  RM_NO_CONFIG_FILE: {
    message: () => 'there is no config file: this supervisor was not started from one',
    fix: 'name a file, or call apply() with a config',
  },
  RM_ENDPOINT_BIND: {
    message: (endpoint: string, why: string) => `cannot listen on ${endpoint}: ${why}`,
    fix: 'stop whoever holds the endpoint, or choose another: `endpoint` and `pubsub_endpoint`, or the options of the plugin that listens there',
  },
  RM_CONFIG_APPLY: {
    message: (why: string) => `the config was not applied, everything runs as before: ${why}`,
    fix: 'correct what is named, and ask again',
  },
  ...REQUEST_ERRORS,
  RM_FORBIDDEN: {
    message: (what: string, why: string) => `cannot carry out ${what}: ${why}`,
    fix: 'ask an admin of the daemon; `ringmaster keys authorize` gives a key another role',
  },
  RM_KEY_FILE: {
    message: (file: string, why: string) => `cannot use the key file ${file}: ${why}`,
    fix: 'make keys with `ringmaster keys new` and keep them in a directory of mode 700, in files of mode 600',
  },
  RM_ZEROMQ: {
    message: (why: string) => `cannot load ZeroMQ: ${why}`,
    fix: 'install it with its binaries for this system; under --permission Node wants --allow-addons as well',
  },
  RM_CLIENT_TIMEOUT: {
    message: (what: string, endpoint: string, timeout_ms: number) => `no ${what} from ${endpoint} within ${timeout_ms} ms`,
    fix: 'raise the time-out, above all for a request that waits, and see whether the daemon still works',
  },
  RM_CLIENT_CLOSED: {
    message: (what: string) => `cannot get a reply to ${what}: the client is closed`,
    fix: 'close the client only after its last reply',
  },
  RM_CLIENT_REFUSED: {
    message: (endpoint: string, why: string) => `cannot connect to ${endpoint}: ${why}`,
    fix: 'start the daemon, or name its endpoint with --endpoint or RINGMASTER_ENDPOINT',
  },
  RM_CLIENT_LOST: {
    message: (command: string, endpoint: string, then: string) =>
      `no reply to ${command}: it was sent, and ${endpoint} has closed the connection; ${then}`,
    fix: 'see the log of the daemon, and what has become of the request before you send it again',
  },
  RM_CLIENT_UNREADABLE: {
    message: (what: string, why: string) => `cannot understand ${what}: ${why}`,
    fix: 'see that a daemon answers there, of the same version as this program; --json shows a reply as it is',
  },
  RM_SSH: {
    message: (endpoint: string, server: string, why: string) => `cannot reach ${endpoint} through ssh ${server}: ${why}`,
    fix: 'see that `ssh USER@HOST` works from here; --endpoint is the address of the daemon as it is over there',
  },
  RM_CLIENT_REPLY: {
    message: (reason: string) => reason,
    fix: 'see errno, reason and code of the reply',
  },
} as const satisfies Record<string, ErrorRow>;

interface ErrorRow {
  readonly message: (...args: never[]) => string;
  readonly fix: string;
  /** What the config names is at fault, whoever raises it. */
  readonly of_config?: true;
}
export type ErrorCode = keyof typeof ERRORS;
type ErrorArgs<C extends ErrorCode> = Parameters<(typeof ERRORS)[C]['message']>;

export interface ErrorOptions {
  readonly cause?: unknown;
  /** Data for whoever handles the error: watcher, pid, plugin, hook, … */
  readonly context?: Readonly<Record<string, unknown>>;
}

/** An error with a stable `code`, a `fix` that says what to do, and `context` as data. */
export class RingmasterError<C extends ErrorCode = ErrorCode> extends Error {
  override readonly name = 'RingmasterError';
  readonly code: C;
  readonly fix: string;
  readonly context: Readonly<Record<string, unknown>>;

  constructor(code: C, args: ErrorArgs<C>, options: ErrorOptions = {}) {
    const row: { message: (...args: never[]) => string; fix: string } = ERRORS[code];
    super((row.message as (...args: ErrorArgs<C>) => string)(...args), 'cause' in options ? { cause: options.cause } : undefined);
    this.code = code;
    this.fix = row.fix;
    this.context = options.context ?? {};
  }
}

/** Whether `error` is one of ours, with this code if one is given. */
export function isRingmasterError<C extends ErrorCode = ErrorCode>(error: unknown, code?: C): error is RingmasterError<C> {
  return error instanceof RingmasterError && (code === undefined || error.code === code);
}

/** Whether what the config names is at fault, whoever has thrown it. */
export function isOfConfig(thrown: unknown): boolean {
  if (!(thrown instanceof Error)) return false;
  const row: ErrorRow | null = isRingmasterError(thrown) ? ERRORS[thrown.code] : null;
  return row?.of_config === true || isOfConfig(thrown.cause);
}

/** The text of whatever was thrown. */
export function messageOf(thrown: unknown): string {
  return thrown instanceof Error ? thrown.message : String(thrown);
}

/** The text of whatever was thrown, and of what caused it where that is not in it already. */
export function explain(thrown: unknown): string {
  const cause = thrown instanceof Error ? thrown.cause : undefined;
  const text = messageOf(thrown);
  return cause === undefined || text.includes(`: ${messageOf(cause)}`) ? text : `${text}: ${messageOf(cause)}`;
}
