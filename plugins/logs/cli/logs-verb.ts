import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { setTimeout } from 'node:timers/promises';
import { EXIT_STATUS, formatProblem, type Io, loadConfig, messageOf, type Verb, type VerbValues } from '../../../core/index.js';
import { Follower } from './follow.js';
import { logFiles } from './log-files.js';
import { lastLines } from './read.js';
import { parseSince, sinceFilter, sorts } from './since.js';
import { type FoundStreams, findStreams, type LogStream } from './streams.js';

const CONFIG_FILES = [
  'ringmaster.yaml',
  'ringmaster.yml',
  'ringmaster.json',
  'ringmaster.toml',
  'ringmaster.mjs',
  'ringmaster.ts',
  'circus.ini',
];
const DEFAULT_LINES = '20';
const LOOK_MS = 200;

/** Something that the user has to correct; the message is one line. */
class Wrong extends Error {}

/** What is to be shown. */
interface Wish {
  readonly count: number;
  readonly since_ms: number | null;
  readonly follow: boolean;
}

export const logsVerb: Verb = {
  name: 'logs',
  summary: 'Show what processes have written',
  group: 'Watch:',
  usage: '[<name>]',
  description:
    'Prints the last lines of the files that the config names for the output of a watcher, or of all watchers, rotated files included. ' +
    'The daemon need not run. --since needs a time_format that sorts, such as %Y-%m-%d %H:%M:%S.',
  options: [
    { name: 'follow', short: 'f', summary: 'go on with what is written from now on' },
    { name: 'lines', short: 'n', value: 'LINES', summary: `how many lines of each file (${DEFAULT_LINES})` },
    { name: 'since', value: 'TIME', summary: 'lines since then: 10m, 2h, or 2026-03-09 04:05' },
    { name: 'config', value: 'FILE', completes: 'files', summary: `config file (RINGMASTER_CONFIG, or one of ${CONFIG_FILES.join(', ')})` },
  ],
  examples: ['ringmaster logs web -f', 'ringmaster logs web -n 100 --since 10m'],
  completes: 'watchers',
  async run(args, values, io) {
    try {
      if (args.length > 1) throw new Wrong(`at most one watcher is wanted, got ${args.length}`);
      const wish = wishOf(values);
      const { streams, notes } = await streamsOf(args[0], values, io);
      for (const note of notes) io.stderr.write(`${note}\n`);
      await show(streams, wish, io);
      return EXIT_STATUS.ok;
    } catch (error) {
      if (!(error instanceof Wrong)) throw error;
      io.stderr.write(`ringmaster logs: ${error.message}\n`);
      return EXIT_STATUS.failed;
    }
  },
};

function wishOf(values: VerbValues): Wish {
  const { lines = DEFAULT_LINES, since, follow } = values;
  if (!/^\d+$/.test(String(lines))) throw new Wrong(`--lines must be a whole number, got "${lines}"`);
  const since_ms = typeof since === 'string' ? parseSince(since, Date.now()) : null;
  if (since !== undefined && since_ms === null) {
    throw new Wrong(`--since must be like 30s, 10m, 2h, 1d or 2026-03-09 04:05, got "${since}"`);
  }
  const count = values.lines === undefined && since_ms !== null ? Number.POSITIVE_INFINITY : Number(lines);
  return { count, since_ms, follow: follow === true };
}

async function streamsOf(name: string | undefined, values: VerbValues, io: Io): Promise<FoundStreams> {
  const named = typeof values.config === 'string' ? values.config : io.env.RINGMASTER_CONFIG;
  const file = named ?? CONFIG_FILES.find((candidate) => existsSync(candidate));
  if (file === undefined) throw new Wrong('there is no config file here; name it with --config FILE or RINGMASTER_CONFIG');
  const { config, problems } = await loadConfig(file);
  if (config === null)
    throw new Wrong(
      `cannot use ${file}: ${problems
        .filter(({ severity }) => severity === 'error')
        .map(formatProblem)
        .join('; ')}`,
    );
  const found = findStreams(config, name, file);
  if (typeof found === 'string') throw new Wrong(found);
  return found;
}

async function show(streams: readonly LogStream[], wish: Wish, io: Io): Promise<void> {
  const many = streams.length > 1;
  const followers = streams.map((stream) => ({ stream, follower: new Follower(stream.filename) }));
  for (const { stream, follower } of followers) await print(titled(stream, many), filtered(stream, follower.offset, wish), io);
  while (wish.follow && followers.length > 0) {
    let said = false;
    for (const { stream, follower } of followers) {
      const bytes = follower.read();
      said ||= bytes.length > 0;
      if (bytes.length > 0) await print(titled(stream, many), bytes, io);
    }
    if (!said) await setTimeout(LOOK_MS);
  }
  for (const { follower } of followers) follower[Symbol.dispose]();
}

function titled({ watcher, name }: LogStream, many: boolean): string {
  return many ? `==> ${watcher} ${name} <==\n` : '';
}

async function print(title: string, bytes: Buffer, io: Io): Promise<void> {
  if (bytes.length === 0) return;
  if (!io.stdout.write(Buffer.concat([Buffer.from(title), bytes]))) await once(io.stdout, 'drain');
}

/** @param end where the file that is written to is taken to end, as what follows comes from there */
function filtered({ filename, time_format, watcher, name }: LogStream, end: number, { count, since_ms }: Wish): Buffer {
  let files: readonly string[];
  try {
    files = logFiles(filename);
  } catch (error) {
    throw new Wrong(`cannot read ${filename}: ${messageOf(error)}`);
  }
  if (since_ms === null) return lastLines(files, count, end);
  if (time_format === null || !sorts(time_format)) {
    throw new Wrong(
      `--since can't be told for ${name} of ${watcher}: its time_format is ${time_format ?? 'none'}; %Y-%m-%d %H:%M:%S would do`,
    );
  }
  const within = sinceFilter(time_format, since_ms);
  const lines = lastLines(files, Number.POSITIVE_INFINITY, end)
    .toString('latin1')
    .split(/(?<=\n)/)
    .filter(within);
  return Buffer.from(lines.slice(-Math.min(count, lines.length)).join(''), 'latin1');
}
