import { existsSync } from 'node:fs';
import { dirname } from 'node:path';
import { connectDaemon, type DaemonLink, type Io, isRingmasterError, messageOf, understood, type VerbValues } from '../../../core/index.js';
import type { ToldStream } from '../logs-command.js';
import { fileSource } from './file-source.js';
import { type LineSource, MemorySource, toldStreams } from './sources.js';
import { ELSEWHERE } from './streams.js';
import { type FoundSources, type Wish, Wrong } from './wish.js';

/** As much as the memory of a watcher holds. */
const ALL_LINES = 1_000_000_000;

/**
 * What a daemon tells of its outputs; null where none answers or it knows nothing of logs, and the options name no daemon.
 *
 * @throws RM_CLIENT_REPLY where it has no such watcher, RM_CLIENT_TIMEOUT, RM_CLIENT_UNREADABLE, RM_CLIENT_REFUSED of one that is
 * named; Wrong for what is no address
 */
export async function daemonSources(wish: Wish, values: VerbValues, io: Io): Promise<FoundSources | null> {
  const link = await connect(values, io);
  const { name, stream, count, since_ms } = wish;
  try {
    const told = await toldStreams(link, {
      ...(name !== undefined && { name }),
      ...(stream !== null && { stream }),
      lines: Math.min(count, ALL_LINES),
      ...(since_ms !== null && { since: since_ms / 1000 }),
    });
    return await understood('the reply to logs', () => found(link, told, wish));
  } catch (error) {
    link[Symbol.dispose]();
    const isNamed = values.endpoint !== undefined || io.env.RINGMASTER_ENDPOINT !== undefined;
    if (!isNamed && isRingmasterError(error, 'RM_CLIENT_REFUSED')) return null;
    if (isRingmasterError(error, 'RM_CLIENT_REPLY') && replyCode(error.context.reply) === 'RM_COMMAND_UNKNOWN') return null;
    throw error;
  }
}

async function connect(values: VerbValues, io: Io): Promise<DaemonLink> {
  try {
    return await connectDaemon(values, io);
  } catch (error) {
    throw new Wrong(messageOf(error));
  }
}

function replyCode(reply: unknown): unknown {
  return typeof reply === 'object' && reply !== null && 'code' in reply ? reply.code : undefined;
}

function found(link: DaemonLink, told: readonly ToldStream[], wish: Wish): FoundSources {
  const sources: LineSource[] = [];
  const notes: string[] = [];
  for (const one of told) {
    const { watcher, stream, type, filename, time_format = null, text } = one;
    if (text !== undefined) sources.push(new MemorySource(link, one));
    else if (filename === undefined) notes.push(`${stream} of ${watcher} ${ELSEWHERE[type] ?? `goes to ${type}`}`);
    else if (existsSync(dirname(filename))) sources.push(fileSource({ watcher, name: stream, filename, time_format }, wish));
    else notes.push(`${stream} of ${watcher} is in ${filename} on the host of the daemon`);
  }
  return {
    sources,
    notes,
    [Symbol.dispose]: () => {
      for (const source of sources) source[Symbol.dispose]();
      link[Symbol.dispose]();
    },
  };
}
