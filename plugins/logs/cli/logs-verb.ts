import { once } from 'node:events';
import { setTimeout } from 'node:timers/promises';
import {
  EXIT_STATUS,
  type Io,
  isRingmasterError,
  remedyOf,
  type Verb,
  type VerbValues,
  visible,
  visibleLines,
} from '../../../core/index.js';
import { CONFIG_FILES } from './config-files.js';
import { daemonSources } from './daemon-sources.js';
import { parseSince } from './since.js';
import type { LineSource } from './sources.js';
import { type FoundSources, type Wish, Wrong } from './wish.js';

const DEFAULT_LINES = 20;
const LOOK_MS = 200;

export const logsVerb: Verb = {
  name: 'logs',
  summary: 'Show what processes have written',
  group: 'Watch:',
  usage: '[<name>]',
  description:
    'Prints the last lines of a watcher, or of all watchers: of the files that its output goes to, rotated ones included, and of what the ' +
    'daemon keeps in memory. The daemon is asked what there is; where none answers, or --config names a file, it is read from the config, ' +
    'and the daemon need not run. --since needs a time_format that sorts in files, such as %Y-%m-%d %H:%M:%S.',
  options: [
    { name: 'follow', short: 'f', summary: 'go on with what is written from now on' },
    { name: 'lines', short: 'n', value: 'NUMBER', summary: `how many lines of each output (${DEFAULT_LINES})` },
    { name: 'since', value: 'TIME', summary: 'lines since then: 10m, 2h, or 2026-03-09 04:05' },
    { name: 'stream', value: 'STREAM', choices: ['stdout', 'stderr'], summary: 'only this output (both)' },
    { name: 'config', value: 'FILE', completes: 'files', summary: `config file (RINGMASTER_CONFIG, or one of ${CONFIG_FILES.join(', ')})` },
    {
      name: 'endpoint',
      value: 'ADDRESS',
      summary: 'address of the daemon, ipc://PATH or tcp://HOST:PORT (RINGMASTER_ENDPOINT, else your own on this machine)',
    },
    { name: 'timeout', value: 'SECONDS', summary: 'how long to wait for the daemon (5)' },
  ],
  examples: ['ringmaster logs web -f', 'ringmaster logs web -n 100 --since 10m'],
  completes: 'watchers',
  async run(args, values, io) {
    try {
      if (args.length > 1) throw new Wrong(`at most one watcher is wanted, got ${args.length}`);
      const wish = wishOf(args[0], values);
      using found = await sourcesOf(wish, values, io);
      for (const note of found.notes) io.stderr.write(`${visible(note)}\n`);
      await show(found.sources, wish, io);
      return EXIT_STATUS.ok;
    } catch (error) {
      if (!(error instanceof Wrong) && !isRingmasterError(error)) throw error;
      io.stderr.write(`${visibleLines(`ringmaster logs: ${error.message}${isRingmasterError(error) ? remedyOf(error) : ''}`)}\n`);
      return isRingmasterError(error, 'RM_CLIENT_REPLY') ? EXIT_STATUS.refused : EXIT_STATUS.failed;
    }
  },
};

function wishOf(name: string | undefined, values: VerbValues): Wish {
  const { lines = DEFAULT_LINES, since, follow, stream } = values;
  if (!/^\d+$/.test(String(lines))) throw new Wrong(`--lines must be a whole number, got "${lines}"`);
  const since_ms = typeof since === 'string' ? parseSince(since, Date.now()) : null;
  if (since !== undefined && since_ms === null) {
    throw new Wrong(`--since must be like 30s, 10m, 2h, 1d or 2026-03-09 04:05, got "${since}"`);
  }
  const count = values.lines === undefined && since_ms !== null ? Number.POSITIVE_INFINITY : Number(lines);
  return { name, stream: stream === 'stdout' || stream === 'stderr' ? stream : null, count, since_ms, follow: follow === true };
}

/** What a daemon tells counts more than a config, unless that is named. */
async function sourcesOf(wish: Wish, values: VerbValues, io: Io): Promise<FoundSources> {
  const named = typeof values.config === 'string' ? values.config : io.env.RINGMASTER_CONFIG;
  const told = named === undefined ? await daemonSources(wish, values, io) : null;
  if (told !== null) return told;
  // What reads configs is much, and most do not need it.
  const { configSources } = await import('./config-sources.js');
  return configSources(wish, named);
}

async function show(sources: readonly LineSource[], { follow }: Wish, io: Io): Promise<void> {
  const many = sources.length > 1;
  for (const source of sources) await print(titled(source, many), source.first(), io);
  while (follow && sources.length > 0) {
    let said = false;
    for (const source of sources) {
      const bytes = await source.more();
      said ||= bytes.length > 0;
      await print(titled(source, many), bytes, io);
    }
    if (!said) await setTimeout(LOOK_MS);
  }
}

function titled({ watcher, name }: LineSource, many: boolean): string {
  return many ? `==> ${visible(`${watcher} ${name}`)} <==\n` : '';
}

async function print(title: string, bytes: Buffer, io: Io): Promise<void> {
  if (bytes.length === 0) return;
  if (!io.stdout.write(Buffer.concat([Buffer.from(title), bytes]))) await once(io.stdout, 'drain');
}
