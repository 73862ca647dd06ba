import { resolve } from 'node:path';
import {
  closest,
  defineCommand,
  OUTPUT_NAMES,
  type OutputName,
  type OutputOptions,
  outputOptions,
  RingmasterError,
  type SupervisorApi,
  type WatcherApi,
} from '../../core/index.js';
import type { Tail, TailPart } from './tail.js';

/** One output of a watcher, or both where they go one way, as the command `logs` tells of it. */
export interface ToldStream {
  readonly watcher: string;
  /** `stdout`, `stderr`, or both. */
  readonly stream: string;
  /** Where it goes, as in the config; `inherit` for the daemon's own output. */
  readonly type: string;
  /** Absolute; only for files. */
  readonly filename?: string;
  readonly time_format?: string | null;
  /** Only for what is kept in memory. */
  readonly text?: string;
  readonly cursor?: string;
  readonly lost_bytes?: number;
}

/** What a watcher keeps in memory, and which of its outputs that is. */
type Kept = (watcher: WatcherApi) => readonly { readonly of: readonly OutputName[]; readonly tail: Tail }[];

const LINES = 20;

/** The control command `logs`: what is in memory, and the names of files for whoever asks to read them by himself. */
export const logsCommand = (kept: Kept) =>
  defineCommand({
    name: 'logs',
    summary: 'Tell what processes have written',
    description:
      'Tells, of all watchers or the one named, where each output goes: the last lines of what is kept in memory (type memory, or the ' +
      'option tail), and the names of files. With the cursor of an earlier answer it tells what has come since; nothing is lost but what ' +
      'the memory could not keep, which is counted.',
    request: {
      type: 'object',
      additionalProperties: false,
      properties: {
        name: { type: 'string', description: 'Name of the watcher; case is ignored.' },
        stream: { enum: ['stdout', 'stderr'], description: 'Only this output.' },
        lines: { type: 'integer', minimum: 0, default: LINES, description: 'How many lines of each, where there is no cursor.' },
        since: { type: 'number', unit: 's', description: 'Only what was written then or later, in seconds since the epoch.' },
        cursors: {
          type: 'object',
          additionalProperties: { type: 'string' },
          default: {},
          description: 'Cursors of the answer before, by `WATCHER STREAM`.',
        },
      },
    },
    reply: {
      type: 'object',
      properties: {
        streams: {
          type: 'array',
          items: {
            type: 'object',
            properties: {
              watcher: { type: 'string' },
              stream: { type: 'string', description: '`stdout`, `stderr`, or `stdout, stderr`.' },
              type: { type: 'string', description: "Where it goes, as in the config; `inherit` is the daemon's own output." },
              filename: { type: 'string' },
              time_format: { type: ['string', 'null'] },
              text: { type: 'string', description: 'The lines, where they are kept in memory.' },
              cursor: { type: 'string', description: 'For the next request.' },
              lost_bytes: { type: 'integer', unit: 'bytes', description: 'What had come after the cursor and is not kept any more.' },
            },
          },
        },
      },
    },
    arguments: ['name'],
    run({ name, stream, lines, since, cursors }, { supervisor }) {
      const told = watchersOf(supervisor, name).flatMap((watcher) =>
        streamsOf(watcher, kept(watcher), (key, tail) => {
          const cursor = cursors[key];
          return cursor === undefined ? tail.last(lines, since === undefined ? null : since * 1000) : tail.after(cursor);
        }),
      );
      return { streams: told.filter((one) => stream === undefined || one.stream.split(', ').includes(stream)) };
    },
  });

function watchersOf(supervisor: SupervisorApi, name: string | undefined): readonly WatcherApi[] {
  if (name === undefined) return supervisor.watchers();
  const watcher = supervisor.find(name);
  if (watcher !== undefined) return [watcher];
  const meant = closest(
    name,
    supervisor.watchers().map((each) => each.name),
  );
  throw new RingmasterError('RM_WATCHER_UNKNOWN', [name], { context: meant === undefined ? {} : { did_you_mean: meant } });
}

function streamsOf(watcher: WatcherApi, kept: ReturnType<Kept>, read: (key: string, tail: Tail) => TailPart): readonly ToldStream[] {
  const files = new Map<string, ToldStream>();
  const others: ToldStream[] = [];
  const told = new Set<Tail>();
  for (const name of OUTPUT_NAMES) {
    const options = outputOptions(watcher.spec, name);
    const memory = kept.find(({ of }) => of.includes(name));
    if (options?.type === 'same') continue;
    if (options !== null && 'filename' in options) {
      const filename = resolve(options.filename);
      const stream = files.has(filename) ? OUTPUT_NAMES.join(', ') : name;
      files.set(filename, { watcher: watcher.name, stream, type: options.type, filename, time_format: options.time_format });
    } else if (memory === undefined) {
      others.push({
        watcher: watcher.name,
        stream: name,
        type: typeOf(options),
      });
    } else if (!told.has(memory.tail)) {
      told.add(memory.tail);
      const stream = memory.of.join(', ');
      const { bytes, cursor, lost_bytes } = read(`${watcher.name} ${stream}`, memory.tail);
      others.push({ watcher: watcher.name, stream, type: typeOf(options), text: bytes.toString(), cursor, lost_bytes });
    }
  }
  return [...files.values(), ...others];
}

function typeOf(options: OutputOptions | null): string {
  return options?.type === 'extension' ? options.name : (options?.type ?? 'inherit');
}
