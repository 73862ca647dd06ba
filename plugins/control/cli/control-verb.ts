import {
  EXIT_STATUS,
  type Io,
  understood,
  type Verb,
  type VerbOption,
  type VerbValues,
  visible,
  visibleJson,
  visibleLines,
} from '../../../core/index.js';
import type { Client } from '../client.js';
import { ArgumentError, type Command, type CommandCli, type Reply } from '../command.js';
import { commandOptions, optionsOf } from './command-options.js';
import { chooseEndpoint, mustNotBeStrangers, timeoutOf } from './endpoint.js';
import { clientKeys, KEY_OPTIONS } from './key-options.js';
import { SSH_OPTIONS, sshServer } from './ssh-command.js';
import { statusOverview } from './status-verb.js';
import { failureOf, type Target, withClient } from './talk.js';
import { SshTunnel } from './tunnel.js';

/** Options of every verb that talks to a daemon. */
export const SHARED_OPTIONS: readonly VerbOption[] = [
  {
    name: 'endpoint',
    value: 'ADDRESS',
    summary: 'address of the daemon, ipc://PATH or tcp://HOST:PORT (RINGMASTER_ENDPOINT, else your own on this machine)',
  },
  { name: 'timeout', value: 'SECONDS', summary: 'how long to wait for an answer (5; with --waiting 60)' },
  { name: 'json', summary: 'print the whole answer as JSON' },
  ...SSH_OPTIONS,
  ...KEY_OPTIONS,
];

/** Switch of every verb whose answer may have secrets in it. */
export const SHOW_SECRETS: VerbOption = { name: 'show-secrets', summary: 'show passwords, tokens and the like instead of ***' };

/** Adds what the switch asks for. */
export function withSecrets(properties: Record<string, unknown>, values: VerbValues): Record<string, unknown> {
  return values[SHOW_SECRETS.name] === true ? { ...properties, show_secrets: true } : properties;
}

const TIMEOUT_S = 5;
const WAITING_TIMEOUT_S = 60;

/** Headings of the help, with the commands under each. */
const GROUPS: readonly (readonly [string, readonly string[]])[] = [
  ['Watch:', ['status', 'list', 'stats', 'dstats', 'listsockets', 'numprocesses', 'numwatchers', 'why', 'audit', 'inspect']],
  ['Control:', ['start', 'stop', 'restart', 'reload', 'incr', 'decr', 'signal', 'kill', 'upgrade', 'quit']],
];
const OTHER_GROUP = 'Configure:';

/** Where the verb's group stands in the help. */
export function groupRank(name: string): number {
  const rank = GROUPS.findIndex(([, names]) => names.includes(name));
  return rank < 0 ? GROUPS.length : rank;
}

/** The group under which a verb is listed. */
function groupOf(name: string): string {
  return GROUPS.find(([, names]) => names.includes(name))?.[0] ?? OTHER_GROUP;
}

/** A control command as a verb of `ringmaster`. */
export function controlVerb(command: Command, cli: CommandCli): Verb {
  return {
    name: cli.verb ?? command.name,
    summary: command.summary.replace(/\.$/, ''),
    group: groupOf(command.name),
    usage: cli.usage,
    description: command.description,
    options: [...optionsOf(command), ...SHARED_OPTIONS, SHOW_SECRETS],
    ...(cli.completes !== undefined && { completes: cli.completes }),
    ...(cli.then_completes !== undefined && { then_completes: cli.then_completes }),
    async run(args, values, io) {
      let status: number = EXIT_STATUS.ok;
      const given = cli.waits === true ? { ...values, waiting: true } : values;
      const failed = await talking(cli.verb ?? command.name, cli.usage, given, io, async (target) => {
        const properties = withSecrets(cli.message(args, commandOptions(command, values)), values);
        await withClient(target, async (client) => {
          const reply = await client.call(command.name, properties);
          const { instead } = reply;
          if (values.json === true) io.stdout.write(`${visibleJson(reply)}\n`);
          else if (typeof instead === 'string') io.stderr.write(`not done: ${visible(instead)}\n`);
          else {
            const text = await understood(`the reply to ${command.name}`, () => printed(command, cli, client, reply));
            io.stdout.write(`${visibleLines(text)}\n`);
          }
          status = typeof instead === 'string' ? EXIT_STATUS.refused : (cli.status?.(reply) ?? EXIT_STATUS.ok);
        });
      });
      return failed === EXIT_STATUS.ok ? status : failed;
    },
  };
}

/** Runs what talks to a daemon, and says what went wrong; resolves with the exit status. */
export async function talking(
  verb: string,
  usage: string,
  values: VerbValues,
  io: Io,
  talk: (target: Target) => Promise<void>,
): Promise<number> {
  let target: Target = { endpoint: '', timeout_ms: 0 };
  try {
    target = targetOf(values, io);
    await talk(target);
    return EXIT_STATUS.ok;
  } catch (error) {
    const { status, text, reply } = failureOf(error, target);
    if (reply !== undefined && values.json === true) io.stdout.write(`${visibleJson(reply)}\n`);
    else io.stderr.write(`${visibleLines(`${text}${reply === undefined ? '' : remedyOf(reply)}`)}\n`);
    if (error instanceof ArgumentError) io.stderr.write(`usage: ringmaster ${verb} ${usage}`.trimEnd().concat('\n'));
    return status;
  }
}

/** What a refusal says of what would be right. */
function remedyOf({ context, fix }: Reply): string {
  const meant = typeof context === 'object' && context !== null && 'did_you_mean' in context ? context.did_you_mean : undefined;
  if (typeof meant === 'string') return `; did you mean ${meant}?`;
  return typeof fix === 'string' ? `; ${fix}` : '';
}

/** The daemon that options name. @throws ArgumentError */
export function targetOf(values: VerbValues, io: Io): Target {
  const server = sshServer(values);
  const curve = clientKeys(values, io.env);
  const timeout_ms = timeoutOf(textOf(values.timeout), values.waiting === true ? WAITING_TIMEOUT_S : TIMEOUT_S);
  const choice = chooseEndpoint(textOf(values.endpoint), ['RINGMASTER_ENDPOINT', 'CIRCUSCTL_ENDPOINT'], io.env, server !== null);
  mustNotBeStrangers(choice);
  return {
    ...choice,
    timeout_ms,
    curve,
    ...(server !== null && { tunnel: new SshTunnel(server, timeout_ms) }),
  };
}

function printed(command: Command, cli: CommandCli, client: Client, reply: Reply): string | Promise<string> {
  if (command.name === 'status' && 'statuses' in reply) return statusOverview(client, reply);
  return cli.print(reply);
}

function textOf(value: string | boolean | undefined): string | undefined {
  return typeof value === 'string' ? value : undefined;
}
