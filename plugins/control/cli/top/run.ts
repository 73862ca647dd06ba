import { ReadStream, WriteStream } from 'node:tty';
import { type Io, messageOf, systemClock } from '../../../../core/index.js';
import type { Client } from '../../client.js';
import { pressed } from './keys.js';
import { Screen } from './screen.js';
import { firstLook, openSource, type Source } from './source.js';
import { initialState, type TopState, withSnapshot } from './state.js';
import { renderTable, renderTop } from './view.js';

export interface TopOptions {
  readonly client: Client;
  /** Shown at the top. */
  readonly endpoint: string;
  /** The statistics endpoint, where there is no control endpoint. */
  readonly stats_endpoint: string | null;
  /** How long a process counts of which nothing more is published. */
  readonly keep_ms: number;
  /** One table, and no more. */
  readonly is_once: boolean;
}

const ROUND_MS = 1000;
const TABLE_WIDTH = 100;

/** Shows what runs until it is told to stop; one table where there is no terminal, or no more is wanted. */
export async function runTop(options: TopOptions, io: Io): Promise<void> {
  const ended = new AbortController();
  let fail = (_error: unknown): void => {};
  const failed = new Promise<never>((_, reject) => {
    fail = reject;
  });
  try {
    const source = await openSource({ ...options, signal: ended.signal, onFailure: (error) => fail(error) });
    if (!options.is_once && io.stdin instanceof ReadStream && io.stdout instanceof WriteStream) {
      await Promise.race([live(options, source, io.stdin, io.stdout), failed]);
      return;
    }
    const snapshot = await Promise.race([firstLook(source, ended.signal), failed]);
    const state = withSnapshot(initialState(false), snapshot);
    io.stdout.write(`${renderTable(state, io.stdout instanceof WriteStream ? io.stdout.columns : TABLE_WIDTH)}\n`);
  } finally {
    ended.abort();
  }
}

async function live(
  { client, endpoint, stats_endpoint }: TopOptions,
  source: Source,
  input: ReadStream,
  output: WriteStream,
): Promise<void> {
  let state = initialState(stats_endpoint === null);
  let quit = (): void => {};
  const done = new Promise<void>((resolve) => {
    quit = resolve;
  });
  let is_over = false;
  const show = (next: TopState): void => {
    if (is_over) return;
    state = next;
    screen.show(renderTop(state, { ...screen.size, endpoint, clock: new Date().toTimeString().slice(0, 8) }));
  };
  using screen = new Screen(input, output, {
    key(key) {
      const { state: next, effect } = pressed(state, key);
      show(next);
      if (effect?.kind === 'quit') quit();
      if (effect?.kind === 'request') {
        client.call(effect.command, { ...effect.properties }).then(
          () => show({ ...state, message: `${effect.text}: ok` }),
          (error: unknown) => show({ ...state, message: `${effect.text}: ${messageOf(error)}` }),
        );
      }
    },
    resized: () => show(state),
  });
  process.once('SIGTERM', quit).once('SIGHUP', quit).once('SIGINT', quit);
  let timer: Disposable | undefined;
  const look = async (): Promise<void> => {
    try {
      show(withSnapshot(state, await source.look()));
    } catch (error) {
      show({ ...state, message: messageOf(error) });
    }
    if (!is_over) timer = systemClock.setTimeout(() => void look(), ROUND_MS);
  };
  try {
    show(state);
    void look();
    await done;
  } finally {
    is_over = true;
    timer?.[Symbol.dispose]();
    process.removeListener('SIGTERM', quit).removeListener('SIGHUP', quit).removeListener('SIGINT', quit);
  }
}
