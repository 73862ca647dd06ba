import {
  EXIT_STATUS,
  type Io,
  type Program,
  understood,
  type VerbValues,
  version,
  visible,
  visibleJson,
  visibleLines,
} from '../../../core/index.js';
import type { Command, CommandCli } from '../command.js';
import { commandTable } from '../commands/index.js';
import { commandOptions, optionsOf } from './command-options.js';
import { CTL_OPTIONS, type CtlLine, readCtlLine } from './ctl-arguments.js';
import { CTL_USAGE, commandHelp, ctlHelp } from './ctl-help.js';
import { chooseEndpoint, timeoutOf } from './endpoint.js';
import { jsonText } from './json-text.js';
import { clientKeys } from './key-options.js';
import { listen } from './listen.js';
import { sshServer } from './ssh-command.js';
import { failureOf, type Target, withClient } from './talk.js';
import { SshTunnel } from './tunnel.js';

const TIMEOUT_S = 5;
const VARIABLES = ['RINGMASTER_ENDPOINT', 'CIRCUSCTL_ENDPOINT'] as const;

/** Commands that have a form on the command line. */
export const CTL_COMMANDS: ReadonlyMap<string, Command> = new Map([...commandTable].filter(([, { cli }]) => cli !== undefined));

/** circusctl with the options, the output and the exit statuses of Circus's. */
export const circusctl: Program = {
  name: 'circusctl',
  options: CTL_OPTIONS,
  verbs: [...CTL_COMMANDS.values()].map((command) => ({
    name: command.name,
    summary: command.summary,
    options: optionsOf(command),
    ...(command.cli?.completes !== undefined && { completes: command.cli.completes }),
    ...(command.cli?.then_completes !== undefined && { then_completes: command.cli.then_completes }),
  })),
  async run(args, io) {
    const line = readCtlLine(args, CTL_COMMANDS);
    if (line.problem !== undefined || line.command !== null || line.values.help === true) return runLine(line, io);
    if (line.values.version === true) {
      io.stdout.write(`circusctl ${version()}\n`);
      return EXIT_STATUS.ok;
    }
    const { runPrompt } = await import('./ctl-prompt.js');
    return runPrompt(line.values, io);
  },
};

/** What lines of one prompt have in common. */
export interface CtlSession {
  /** Ends the line that runs. */
  readonly signal?: AbortSignal;
  /** Stays open from line to line. */
  readonly tunnel?: SshTunnel;
}

/** Does what a line says; resolves with the exit status. */
export async function runLine(line: CtlLine, io: Io, session: CtlSession = {}): Promise<number> {
  const { command, values, problem } = line;
  if (problem !== undefined) {
    io.stderr.write(`${CTL_USAGE}\ncircusctl: error: ${problem}\n`);
    return EXIT_STATUS.usage;
  }
  if (values.version === true) io.stdout.write(`circusctl ${version()}\n`);
  else if (values.help === true || command?.cli === undefined) {
    io.stdout.write(`${command === null ? ctlHelp(CTL_COMMANDS.values()) : commandHelp(command)}\n`);
  } else return ask(line, command, command.cli, io, session);
  return EXIT_STATUS.ok;
}

async function ask({ values, args }: CtlLine, command: Command, cli: CommandCli, io: Io, { signal, tunnel }: CtlSession): Promise<number> {
  let target: Target = { endpoint: '', timeout_ms: 0 };
  let status: number = EXIT_STATUS.ok;
  try {
    target = ctlTarget(values, io, tunnel);
    const properties = cli.message(args, commandOptions(command, values));
    await withClient(target, async (client) => {
      if (command.name === 'listen') await listen(client, { ...listenOptions(values, args, io), ...(signal && { signal }) });
      else {
        const reply = await client.call(command.name, properties, signal && { signal });
        const text =
          values.json === true
            ? jsonText(reply, values.prettify === true)
            : visibleLines(await understood(`the reply to ${command.name}`, () => cli.print(reply)));
        io.stdout.write(`${text}\n`);
        status = cli.status?.(reply) ?? EXIT_STATUS.ok;
      }
    });
    return status;
  } catch (error) {
    if (signal?.aborted) return EXIT_STATUS.failed;
    const { status, text, reply } = failureOf(error, target);
    if (reply === undefined || values.json !== true) {
      io.stderr.write(`${visibleLines(text)}\n`);
      return status;
    }
    // As Circus does: whoever asks for JSON reads there that the answer is an error.
    io.stdout.write(`${jsonText(reply, values.prettify === true)}\n`);
    return EXIT_STATUS.ok;
  }
}

/**
 * @param tunnel the one to use, which stays open, instead of one for this target alone
 * @throws ArgumentError, RM_KEY_FILE
 */
export function ctlTarget(values: VerbValues, io: Io, tunnel?: SshTunnel): Target {
  const text = (value: string | boolean | undefined): string | undefined => (typeof value === 'string' ? value : undefined);
  const server = sshServer(values);
  const timeout_ms = timeoutOf(text(values.timeout), TIMEOUT_S);
  return {
    ...chooseEndpoint(text(values.endpoint), VARIABLES, io.env, server !== null),
    timeout_ms,
    curve: clientKeys(values, io.env),
    ...(server !== null && { tunnel: tunnel ?? new SshTunnel(server, timeout_ms), keeps_tunnel: tunnel !== undefined }),
  };
}

/** An endpoint named for `listen` is that of the events, as in Circus. */
function listenOptions(values: VerbValues, topics: readonly string[], io: Io): Parameters<typeof listen>[1] {
  return {
    topics,
    ...(typeof values.endpoint === 'string' && { pubsub_endpoint: values.endpoint }),
    print: (topic, body) => void io.stdout.write(`${visible(topic)}: ${visibleJson(body)}\n`),
  };
}
