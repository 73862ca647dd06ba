import { constants } from 'node:fs';
import { open } from 'node:fs/promises';
import { resolve } from 'node:path';
import { type Extensions, messageOf, type SupervisorApi, trustedPath, type WatcherApi } from '../../core/index.js';

const MOST_BYTES = 262_144;

interface Source {
  readonly commands: Extensions<'command'>;
  readonly supervisor: SupervisorApi;
  /** What relative file names refer to. */
  readonly directory: string;
}

/** One stream as the command `logs` tells of it. */
interface Stream {
  readonly stream: string;
  readonly type: string;
  readonly filename?: string;
  readonly text?: string;
}

/** The last lines that a watcher's processes have written, from memory or from its files, as the command `logs` tells where they are. */
export async function lastOutput(watcher: WatcherApi, lines: number, { commands, supervisor, directory }: Source): Promise<string> {
  const logs = commands.find('logs');
  if (logs === undefined) return 'the plugin logs is not there';
  const request = { name: watcher.name, lines, cursors: {} } as never;
  const { streams } = (await logs.value.run(request, { supervisor })) as unknown as { readonly streams: readonly Stream[] };
  const parts = await Promise.all(
    streams.map(async ({ stream, type, filename, text }) => {
      const title = streams.length > 1 ? `— ${stream} —\n` : '';
      if (text !== undefined) return `${title}${text}`;
      if (filename === undefined) return `${title}goes to ${type} and is not kept here\n`;
      return `${title}${await lastLines(resolve(directory, filename), lines)}`;
    }),
  );
  return parts.join('\n');
}

async function lastLines(file: string, lines: number): Promise<string> {
  try {
    await using handle = await open(trustedPath(file).path, constants.O_RDONLY | constants.O_NONBLOCK);
    const { size } = await handle.stat();
    const from = Math.max(0, size - MOST_BYTES);
    const { buffer, bytesRead } = await handle.read(Buffer.alloc(size - from), 0, size - from, from);
    const all = buffer.subarray(0, bytesRead).toString().split('\n');
    return all.slice(-lines - 1).join('\n');
  } catch (error) {
    return `can't be read: ${messageOf(error)}\n`;
  }
}
