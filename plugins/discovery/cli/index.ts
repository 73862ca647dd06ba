import {
  EXIT_STATUS,
  type Io,
  messageOf,
  type Verb,
  type VerbProvider,
  type VerbValues,
  visible,
  visibleJson,
} from '../../../core/index.js';
import { ALLOWED_ADDRESS, DEFAULT_ADDRESS, parseAddress } from '../address.js';
import type { Found } from '../finder.js';

const TIMEOUT_S = 1;

export const discoverVerb: Verb = {
  name: 'discover',
  summary: 'Find daemons on this machine and its network',
  group: 'Watch:',
  usage: '',
  description:
    'Asks by UDP multicast which daemons there are, and lists those that answer: ones that run a circus.ini, ones whose config names ' +
    "multicast_endpoint, and Circus's own. The exit status is 1 where none does.",
  options: [
    { name: 'timeout', value: 'SECONDS', summary: `how long to wait for answers (${TIMEOUT_S})` },
    { name: 'multicast_endpoint', value: 'ADDRESS', summary: `where to ask (${DEFAULT_ADDRESS})` },
    { name: 'json', summary: 'print one JSON object' },
  ],
  examples: ['ringmaster discover', 'ringmaster discover --json | jq -r .daemons[].endpoint'],
  async run(args, values, io) {
    const [surplus] = args;
    if (surplus !== undefined) return refuse(`no argument is wanted, got ${surplus}`, io);
    const timeout_ms = Number(values.timeout ?? TIMEOUT_S) * 1000;
    if (!(timeout_ms > 0 && timeout_ms < 2 ** 31))
      return refuse(`--timeout must be a number of seconds above 0, got "${values.timeout}"`, io);
    const where = typeof values.multicast_endpoint === 'string' ? values.multicast_endpoint : DEFAULT_ADDRESS;
    const address = parseAddress(where);
    if (address === null) return refuse(`--multicast_endpoint must be ${ALLOWED_ADDRESS}, got "${where}"`, io);
    const { findDaemons } = await import('../finder.js');
    let daemons: readonly Found[];
    try {
      daemons = await findDaemons(address, timeout_ms);
    } catch (error) {
      return refuse(`cannot ask at ${where}: ${messageOf(error)}`, io);
    }
    print(daemons, values, io);
    if (daemons.length > 0) return EXIT_STATUS.ok;
    io.stderr.write(
      `no daemon has answered at ${where} within ${timeout_ms / 1000} s\n` +
        'One answers that runs a circus.ini, or whose config names multicast_endpoint.\n',
    );
    return EXIT_STATUS.failed;
  },
};

function refuse(problem: string, io: Io): number {
  io.stderr.write(`ringmaster discover: ${problem}\n`);
  return EXIT_STATUS.failed;
}

function print(daemons: readonly Found[], values: VerbValues, io: Io): void {
  if (values.json === true) io.stdout.write(`${visibleJson({ daemons }, 2)}\n`);
  else if (daemons.length > 0) io.stdout.write(`${table(daemons)}\n`);
}

/** Anybody on the network may answer, with anything. */
function table(daemons: readonly Found[]): string {
  const rows = [
    ['ADDRESS', 'HOST', 'PID', 'ENDPOINT', 'EVENTS', 'STATISTICS'],
    ...daemons.map(({ address, host, pid, endpoint, pubsub_endpoint, stats_endpoint }) =>
      [address, host ?? '-', String(pid ?? '-'), endpoint, pubsub_endpoint ?? '-', stats_endpoint ?? '-'].map(visible),
    ),
  ];
  const widths = rows[0]?.map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0))) ?? [];
  return rows
    .map((row) =>
      row
        .map((cell, column) => cell.padEnd(widths[column] ?? 0))
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}

/** What the discovery plugin adds to the command line. */
const provider: VerbProvider = { verbs: [discoverVerb] };
export default provider;
