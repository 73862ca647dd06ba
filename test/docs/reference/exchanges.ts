import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArguments } from '../../../core/cli/arguments.js';
import { ExtensionRegistry } from '../../../core/extensions.js';
import { silentLogger } from '../../../core/log.js';
import { ProcessSampler } from '../../../core/os/process-sampler.js';
import { definePlugin } from '../../../core/plugin.js';
import { Scope } from '../../../core/scope.js';
import { splitWords } from '../../../core/shell-words.js';
import { createHarness } from '../../../core/testing.js';
import { Admission } from '../../../plugins/control/admission.js';
import { LOCAL } from '../../../plugins/control/asker.js';
import type { KeptEntry } from '../../../plugins/control/audit.js';
import { commandOptions, optionsOf } from '../../../plugins/control/cli/command-options.js';
import { asContribution, type Command, type Reply } from '../../../plugins/control/command.js';
import { type Commands, commandTable } from '../../../plugins/control/commands/index.js';
import { Dispatcher } from '../../../plugins/control/dispatch.js';
import { listCommands } from '../../../plugins/control/listing.js';

/** One request and what came of it. */
export interface Exchange {
  /** As typed after `ringmaster`. */
  readonly line: string;
  readonly request: Readonly<Record<string, unknown>>;
  readonly reply: Reply;
  /** What the command line prints; null for an error, and for `listen`. */
  readonly printed: string | null;
}

/** A command line for each command; the replies are what a daemon answers, on a fake operating system. */
const LINES: Readonly<Record<keyof Commands, string>> = {
  apply: 'apply /etc/ringmaster.yaml --graceful',
  audit: 'audit web',
  add: 'add --start --waiting mailer "node mailer.js"',
  commands: 'commands numwatchers',
  decr: 'decr --waiting web 2',
  dstats: 'dstats',
  get: 'get web numprocesses graceful_timeout',
  globaloptions: 'globaloptions endpoint',
  incr: 'incr --waiting web',
  inspect: 'inspect quiet --last 2',
  ipython: 'ipython',
  ipythonshell: 'ipythonshell',
  kill: 'kill web 1002 --signum INT --waiting',
  list: 'list web',
  listen: 'listen watcher.web.',
  listsockets: 'listsockets',
  numprocesses: 'numprocesses web',
  numwatchers: 'numwatchers',
  options: 'options ticker',
  plan: 'plan /etc/ringmaster.yaml',
  plugin_add: 'plugin add flapping attempts=3',
  plugin_describe: 'plugin describe quiet',
  plugin_reconfigure: 'plugin reconfigure quiet hours=2',
  plugin_remove: 'plugin remove quiet',
  plugins: 'plugins quiet',
  quit: 'quit --waiting',
  reload: 'reload web --waiting',
  reloadconfig: 'reloadconfig --waiting',
  restart: 'restart web --waiting',
  rm: 'rm ticker --waiting',
  set: 'set web numprocesses 4 --waiting',
  signal: 'signal web HUP',
  start: 'start web --waiting',
  stats: 'stats web',
  status: 'status',
  stop: 'stop "we*" --waiting',
  upgrade: 'upgrade',
  why: 'why web',
};

/** Each names its directory: by default that is the one where the pages are made. */
const CONFIG = {
  // No timer but those of the examples, so that the time in them is the same each time.
  check_delay: 0,
  watchers: {
    ticker: { cmd: 'node ticker.js', working_dir: '/srv/app', priority: 1 },
    web: { cmd: 'node server.js', working_dir: '/srv/app', numprocesses: 3, graceful_timeout: '5s' },
  },
};

/** What somebody has asked for before. */
const ASKED: KeptEntry = {
  seq: 1,
  time: 1_700_000_000,
  watcher: 'web',
  who: 'key laptop',
  role: 'operate',
  connection: '006b8b4567',
  command: 'incr',
  properties: { name: 'web' },
  result: 'ok',
  took_ms: 12,
};

/** A plugin to look at and to change. */
const quiet = definePlugin({
  name: 'quiet',
  summary: 'Starts no watcher for some hours.',
  schema: {
    type: 'object',
    additionalProperties: false,
    properties: { hours: { type: 'integer', minimum: 0, default: 0, description: 'How many.' } },
  },
  hooks: ['before_start'],
  setup({ hooks }) {
    hooks.before_start.tap(() => undefined);
  },
});

/** What the file of `plan`, `apply` and `reloadconfig` holds. */
const CHANGED = {
  check_delay: 0,
  watchers: {
    ticker: { cmd: 'node ticker.js', priority: 1, numprocesses: 2 },
    web: { cmd: 'node server.js --port 8080', numprocesses: 3, graceful_timeout: '5s' },
  },
};

const PROCESS = {
  pid: 1001,
  cmdline: 'node',
  username: 'www',
  nice: 0,
  mem_info1: '44.20M',
  mem_info2: '1.05G',
  cpu: 0.3,
  mem: 0.541,
  ctime: '0:00.12',
  create_time: 1_700_000_000.12,
  age: 61.5,
  children: [],
};

/** What would be the machine's own, and so another each time. */
const SAMPLED: Readonly<Record<string, Readonly<Record<string, unknown>>>> = {
  dstats: { info: { ...PROCESS, pid: 998, cmdline: 'node', username: 'www' } },
  upgrade: { from: '1.0.0', to: '1.1.0', took_ms: 412, kept: 4, restarted: [] },
  stats: { name: 'web', info: { 1001: { ...PROCESS, started: 1_700_000_000, wid: 1 } } },
};

/** Carries every example out; the same each time. */
export async function exchanges(): Promise<ReadonlyMap<string, Exchange>> {
  const done = new Map<string, Exchange>();
  for (const [name, line] of Object.entries(LINES)) {
    const command = commandTable.get(name);
    if (command !== undefined) done.set(name, await exchange(command, line));
  }
  return done;
}

async function exchange(command: Command, line: string): Promise<Exchange> {
  const split = splitWords(line);
  if ('error' in split) throw new Error(`${line}: ${split.error}`);
  const { values, positionals, problems } = parseArguments(
    split.words.slice((command.cli?.verb ?? command.name).split(' ').length),
    optionsOf(command),
  );
  if (problems.length > 0 || command.cli === undefined) throw new Error(`${line}: ${problems.join(', ') || 'no form on the command line'}`);
  const properties = command.cli.message(positionals, commandOptions(command, values));
  const request = { id: 1, command: command.name, properties: command.name === 'listen' ? {} : properties };
  const answered = await ask(
    'file' in properties ? { ...request, properties: { ...properties, file: undefined, config: CHANGED } } : request,
  );
  const reply: Reply = command.name in SAMPLED ? { ...answered, ...SAMPLED[command.name] } : answered;
  const printed = reply.status === 'error' ? null : command.cli.print(reply);
  return { line, request, reply, printed };
}

async function ask(request: Readonly<Record<string, unknown>>): Promise<Reply> {
  const directory = await mkdtemp(join(tmpdir(), 'ringmaster-docs-'));
  const config_file = join(directory, 'ringmaster.json');
  await writeFile(config_file, JSON.stringify(CHANGED));
  await using harness = createHarness({ config: CONFIG, config_file, plugins: [quiet] });
  await harness.start();
  const { supervisor, clock } = harness;
  const endpoints = {
    endpoint: 'ipc:///run/ringmaster/control.sock',
    pubsub_endpoint: 'ipc:///run/ringmaster/events.sock',
    stats_endpoint: null,
    multicast_endpoint: null,
  };
  const registry = new ExtensionRegistry(silentLogger);
  await using scope = new Scope('commands');
  const commands = registry.handle('control', 'command', scope);
  const sampler = new ProcessSampler({ clock });
  const context = {
    supervisor,
    endpoints,
    sampler,
    stopped: supervisor.closed,
    commands: () => listCommands(commands),
    audit: { entries: [ASKED], seq: 1 },
  };
  for (const each of commandTable.values()) registry.extend('control', 'command', asContribution(each, context), scope);
  const reply = new Promise<string>((send) => {
    const dispatcher = new Dispatcher({
      commands,
      context,
      clock,
      log: silentLogger,
      max_message_bytes: 1_048_576,
      max_in_flight: 1,
      admission: new Admission({ clock, log: silentLogger, max_requests_per_s: 10 }),
      secrets: () => new Map(),
      identify: () => LOCAL,
      send: (_client, text) => send(text),
      isKnownUpgrade: () => false,
      audited: () => {},
      begun: () => (makeEntry) => makeEntry(),
    });
    dispatcher.handle('example', Buffer.from(JSON.stringify(request)));
  });
  const answered = await harness.until(reply);
  await rm(directory, { recursive: true });
  return JSON.parse(answered);
}
