import { readdirSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Client, ReplyError } from '../../plugins/control/client.js';
import { Daemon, openFds, type Place, randomFrom } from '../fixtures/daemon.js';
import { journalText } from '../fixtures/durable/journal-text.js';
import { child } from '../fixtures/real.js';

const PROBE = resolve('test/fixtures/plugins/probe.js');
const CONFIG = 'daemon.json';
/** What comes and goes. */
const PLUGINS: readonly (readonly [name: string, options: object])[] = [
  ['flapping', { attempts: 50 }],
  ['stats', {}],
  ['cron', {}],
  ['resource_watcher', {}],
  ['watchdog', {}],
];
const COMMAND_EVERY_MS = 10;
/** Some commands take longer. */
const HANDS = 8;
const SUBSCRIBE_EVERY_MS = 300;
const PLUGIN_EVERY_MS = 500;
const APPLY_EVERY_MS = 1500;
const PATIENCE_MS = 60_000;

/** What the daemon holds at one moment. */
export interface Held {
  readonly heap_bytes: number;
  readonly external_bytes: number;
  readonly rss_bytes: number;
  /** Handles and requests of the event loop, by kind. */
  readonly handles: Readonly<Record<string, number>>;
  /** Listeners of `process`. */
  readonly listeners: number;
  readonly fds: number;
  readonly threads: number;
  readonly journal_bytes: number;
  /** How many processes were replaced so far. */
  readonly respawns: number;
}

/** How much was done so far. */
export interface Done {
  commands: number;
  events: number;
  subscribers: number;
  plugins: number;
  applied: number;
}

/** The config in one of two forms, which differ in a watcher, options, a socket and a plugin. */
function config({ directory, marker, endpoint, pubsub_endpoint }: Place, other: boolean): string {
  const file = (name: string, more: object): object => ({ type: 'file', filename: join(directory, name), ...more });
  const sleeper = { cmd: `sleep ${marker}`, graceful_timeout: 5 };
  return JSON.stringify({
    ...{ endpoint, pubsub_endpoint, durable: true, state_dir: join(directory, 'state'), check_delay: 1 },
    watchers: {
      short: {
        ...{ cmd: `sh -c 'echo begins; exec sleep 0.2'`, numprocesses: 4 },
        stdout: file('short', { max_bytes: '64K', backup_count: 1, time_format: '%H:%M:%S' }),
      },
      writer: {
        ...{ cmd: child('writer.pl'), args: [marker], numprocesses: 2, graceful_timeout: 5 },
        stdout: file('writer', { max_bytes: '1M', backup_count: 2, time_format: '%H:%M:%S' }),
      },
      web: { ...sleeper, numprocesses: other ? 3 : 2, use_sockets: true, env: { FORM: other ? 'other' : 'first' } },
      steady: { ...sleeper, numprocesses: 2 },
      ...(other && { added: { ...sleeper, numprocesses: 2 } }),
    },
    sockets: {
      web: { path: join(directory, 'web.sock'), backlog: other ? 64 : 128 },
      ...(other ? { tcp: { host: '127.0.0.1', port: 0 } } : {}),
    },
    plugins: { [PROBE]: {}, ...(other && { full_stats: {} }) },
  });
}

/** A daemon that is given everything to do at once. */
export class Soak implements AsyncDisposable {
  readonly done: Done = { commands: 0, events: 0, subscribers: 0, plugins: 0, applied: 0 };
  readonly #daemon: Daemon;
  readonly #client: Client;
  readonly #random: () => number;

  private constructor(daemon: Daemon, seed: number) {
    this.#daemon = daemon;
    this.#client = daemon.client(PATIENCE_MS);
    this.#random = randomFrom(seed);
  }

  static async start(seed: number): Promise<Soak> {
    const daemon = await Daemon.start({ file: CONFIG, bin: 'main', args: () => ['run'], config: (place) => config(place, false) });
    return new Soak(daemon, seed);
  }

  get said(): string {
    return this.#daemon.said;
  }

  /** Does everything for so long, and leaves all as it was at first. */
  async run(duration_ms: number): Promise<void> {
    const over_ms = performance.now() + duration_ms;
    const every = async (period_ms: number, work: () => Promise<void>): Promise<void> => {
      while (performance.now() < over_ms) {
        const next_ms = performance.now() + period_ms;
        await work();
        await sleep(Math.max(0, next_ms - performance.now()));
      }
    };
    let other = false;
    await Promise.all([
      ...Array.from({ length: HANDS }, () => every(COMMAND_EVERY_MS * HANDS, () => this.#command())),
      every(SUBSCRIBE_EVERY_MS, () => this.#subscribe()),
      every(PLUGIN_EVERY_MS, () => this.#plugin()),
      every(APPLY_EVERY_MS, () => {
        other = !other;
        return this.#apply(other);
      }),
    ]);
    await this.#apply(false);
  }

  /** What it holds, with the config of the beginning and nothing to do but to supervise. */
  async held(): Promise<Held> {
    const { pid, place } = this.#daemon;
    const probed = (await this.#client.call('probe')) as unknown as Omit<Held, 'fds' | 'threads' | 'journal_bytes'>;
    const { heap_bytes, external_bytes, rss_bytes, handles, listeners, respawns } = probed;
    return {
      ...{ heap_bytes, external_bytes, rss_bytes, handles, listeners, respawns },
      fds: Object.keys(openFds(pid)).length,
      threads: readdirSync(`/proc/${pid}/task`).length,
      journal_bytes: journalText(join(place.directory, 'state')).length,
    };
  }

  /** Asks it to end. @returns its exit status */
  async end(): Promise<number | null> {
    this.#daemon.kill('SIGTERM');
    return (await this.#daemon.gone()).status;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#daemon[Symbol.asyncDispose]();
  }

  async #command(): Promise<void> {
    const calls: readonly (readonly [command: string, properties: object])[] = [
      ['status', {}],
      ['list', { name: 'web' }],
      ['stats', {}],
      ['stats', { name: 'web' }],
      ['options', { name: 'web' }],
      ['globaloptions', {}],
      ['listsockets', {}],
      ['inspect', {}],
      ['why', { name: 'short' }],
      ['plugins', {}],
      ['plan', {}],
      ['dstats', {}],
      ['numprocesses', { name: 'short' }],
      ['signal', { name: 'web', signum: 'CONT' }],
      ['set', { name: 'steady', options: { numprocesses: 1 + Math.floor(this.#random() * 3) } }],
      ['kill', { name: 'steady' }],
      ['restart', { name: 'steady', match: 'simple' }],
      ['reload', { name: 'web' }],
      ['audit', {}],
    ];
    const [command, properties] = calls[Math.floor(this.#random() ** 2 * calls.length)] ?? ['status', {}];
    await this.#call(command, properties);
    this.done.commands++;
  }

  /** Listens for a moment; some hear nothing of what they ask for, and one in four goes without a word. */
  async #subscribe(): Promise<void> {
    const client = this.#daemon.client(PATIENCE_MS);
    const stream = client.events(['watcher.'], { pubsub_endpoint: this.#daemon.place.pubsub_endpoint });
    await stream.opened;
    this.done.subscribers++;
    const end = setTimeout(() => stream.close(), 200);
    if (this.#random() < 0.75) {
      for await (const _ of stream) this.done.events++;
    }
    clearTimeout(end);
    stream.close();
    client.close();
  }

  async #plugin(): Promise<void> {
    const [name, options] = PLUGINS[this.done.plugins++ % PLUGINS.length] ?? ['stats', {}];
    await this.#call('plugin_add', { name, options });
    await this.#call('plugin_reconfigure', { name, options: { fault_budget: 5 } });
    await this.#call('plugin_remove', { name });
  }

  async #apply(other: boolean): Promise<void> {
    const { place } = this.#daemon;
    writeFileSync(join(place.directory, CONFIG), config(place, other));
    await this.#client.call('apply', { graceful: true }, { waiting: true });
    this.done.applied++;
  }

  /** An `apply` may have taken away what it is about. */
  async #call(command: string, properties: object): Promise<void> {
    try {
      await this.#client.call(command, properties as Readonly<Record<string, unknown>>, { waiting: true });
    } catch (error) {
      if (!(error instanceof ReplyError)) throw error;
    }
  }
}
