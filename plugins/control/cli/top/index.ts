import {
  EXIT_STATUS,
  type Io,
  isRingmasterError,
  type Program,
  parseArguments,
  type Verb,
  type VerbOption,
  version,
  visibleLines,
} from '../../../../core/index.js';
import { SHARED_OPTIONS, talking } from '../control-verb.js';
import { timeoutOf } from '../endpoint.js';
import { clientKeys, KEY_OPTIONS } from '../key-options.js';
import { SSH_OPTIONS, sshServer } from '../ssh-command.js';
import { failureOf, handshakeOf, type Target, withClient } from '../talk.js';
import { SshTunnel } from '../tunnel.js';
import { runTop } from './run.js';

const ONCE: VerbOption = { name: 'once', summary: 'print one table and end; also done where there is no terminal' };
const KEEP_S = 3;
const TIMEOUT_MS = 5000;

export const topVerb: Verb = {
  name: 'top',
  summary: 'Show live what processes use',
  group: 'Watch:',
  usage: '',
  description:
    'Shows watchers and their processes, with processor, memory and age. Restarts, stops and scales them too; press ? for the keys.',
  options: [...SHARED_OPTIONS.filter(({ name }) => name !== 'json'), ONCE],
  examples: ['ringmaster top', 'ringmaster top --once'],
  run: (_args, values, io) =>
    talking('top', '', values, io, (target) =>
      withClient(target, (client) =>
        runTop({ client, endpoint: target.endpoint, stats_endpoint: null, keep_ms: KEEP_S * 1000, is_once: values.once === true }, io),
      ),
    ),
};

const DEFAULT_STATS_ENDPOINT = 'tcp://127.0.0.1:5557';
const OPTIONS: readonly VerbOption[] = [
  { name: 'endpoint', value: 'ADDRESS', summary: `address of the statistics (${DEFAULT_STATS_ENDPOINT})` },
  { name: 'help', summary: 'print this help' },
  ONCE,
  { name: 'process-timeout', value: 'SECONDS', summary: `how long a process is shown of which nothing more is heard (${KEEP_S})` },
  ...KEY_OPTIONS,
  ...SSH_OPTIONS,
  { name: 'version', summary: 'print the version' },
];
const USAGE = 'usage: circus-top [options]';

/** circus-top with the options of Circus's: a view of any daemon that publishes statistics. */
export const circusTop: Program = {
  name: 'circus-top',
  options: OPTIONS,
  verbs: [],
  async run(args, io) {
    const { values, positionals, problems } = parseArguments(args, OPTIONS);
    const problem = positionals.length > 0 ? `unrecognised argument: ${positionals[0]}` : problems[0];
    if (problem !== undefined) {
      io.stderr.write(`${USAGE}\ncircus-top: error: ${problem}\n`);
      return EXIT_STATUS.usage;
    }
    if (values.version === true) io.stdout.write(`${version()}\n`);
    else if (values.help === true) io.stdout.write(help());
    else return watch(values, io);
    return EXIT_STATUS.ok;
  },
};

async function watch(values: Parameters<Verb['run']>[1], io: Io): Promise<number> {
  const endpoint = typeof values.endpoint === 'string' ? values.endpoint : DEFAULT_STATS_ENDPOINT;
  let target: Target = { endpoint, timeout_ms: TIMEOUT_MS };
  try {
    target = { ...target, curve: clientKeys(values, io.env) };
    const server = sshServer(values);
    if (server !== null) target = { ...target, tunnel: new SshTunnel(server, TIMEOUT_MS) };
    const keep_ms = timeoutOf(
      typeof values['process-timeout'] === 'string' ? values['process-timeout'] : undefined,
      KEEP_S,
      '--process-timeout',
    );
    await withClient(target, (client) =>
      runTop({ client, endpoint, stats_endpoint: endpoint, keep_ms, is_once: values.once === true }, io),
    );
    return EXIT_STATUS.ok;
  } catch (error) {
    const { status, text } = failureOf(error, target);
    const is_refused = isRingmasterError(error, 'RM_CLIENT_REFUSED') && handshakeOf(error) === undefined;
    io.stderr.write(
      is_refused ? `nothing publishes statistics at ${endpoint}\nDoes the config of the daemon say statsd?\n` : `${visibleLines(text)}\n`,
    );
    return status;
  }
}

function help(): string {
  const rows = OPTIONS.map(({ name, value, summary }) => [`--${name}${value === undefined ? '' : ` ${value}`}`, summary] as const);
  const width = Math.max(...rows.map(([left]) => left.length));
  return [
    USAGE,
    '',
    'Shows live what the processes of a daemon use.',
    '',
    'Options:',
    ...rows.map(([left, right]) => `  ${left.padEnd(width)}  ${right}`),
    '',
  ].join('\n');
}
