import { readdirSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { KEYS } from '../../core/durable/records.js';
import { eventually } from '../../core/testing.js';
import { type Client, ReplyError } from '../../plugins/control/client.js';
import { Daemon, type DaemonEnd, openFds, rssBytes } from '../fixtures/daemon.js';
import { journalText } from '../fixtures/durable/journal-text.js';
import { textOf } from '../fixtures/text-of.js';
import { Random } from './random.js';

const PROGRAM = resolve('test/fixtures/children/hostile.pl');
/** What the program can do. */
const DEEDS: readonly string[] = [
  ...['calm', 'deaf', 'slow', 'stopped', 'execs', 'dies', 'crashes', 'closes', 'floods', 'blocks'],
  ...['family', 'forks_twice', 'jobs', 'lost_jobs', 'begets', 'comet', 'bomb', 'strays', 'daemon'],
];
/** These leave their session, and who has left is nobody's. */
const LEAVING: readonly string[] = ['strays', 'daemon'];
const EACH = 2;
/** graceful_timeout of all. */
export const GRACE_MS = 300;
const SIGNALS = ['SIGKILL', 'SIGTERM', 'SIGSTOP', 'SIGSEGV', 'SIGINT', 'SIGCONT'] as const;
/** So many ask at the same time. */
const HANDS = 4;
const PATIENCE_MS = 20_000;
const LONGEST_PAUSE_MS = 10;
const LATEST_END_MS = 1500;

/** What is there when all watchers are stopped. */
export interface Rest {
  /** Command lines of processes that are left and have not left their session. */
  readonly orphans: readonly string[];
  /** How many have left it, by deed. */
  readonly strays: Readonly<Record<string, number>>;
  /** Dead children of the daemon that are not reaped. */
  readonly zombies: number;
  readonly fds: number;
  readonly rss_bytes: number;
  /** Processes on record. */
  readonly recorded: number;
}

/** A daemon with a watcher for each way to be hard to end. */
export function launchHostile(durable: boolean): Promise<Daemon> {
  return Daemon.launch({
    file: 'daemon.json',
    bin: 'main',
    args: () => ['run'],
    config: ({ directory, marker, endpoint, pubsub_endpoint }) => {
      const watcher = (deed: string): object => {
        const stream = (name: string): object => ({
          ...{ type: 'file', filename: join(directory, `${deed}.${name}`), max_bytes: '256K', backup_count: 1 },
        });
        return {
          ...{ cmd: PROGRAM, args: [deed, marker, births(directory)], numprocesses: EACH, graceful_timeout: GRACE_MS / 1000 },
          ...{ stdout: stream('out'), stderr: stream('err') },
        };
      };
      const watchers = Object.fromEntries(DEEDS.map((deed) => [deed, watcher(deed)]));
      return JSON.stringify({ endpoint, pubsub_endpoint, durable, state_dir: state(directory), watchers });
    },
  });
}

const births = (directory: string): string => join(directory, 'births');
const state = (directory: string): string => join(directory, 'state');

/** Has a daemon start and stop hostile children without end, by commands and by signals that come from elsewhere. */
export class Trouble {
  readonly #daemon: Daemon;
  readonly #client: Client;
  readonly #random: Random;

  constructor(daemon: Daemon, seed: number) {
    this.#daemon = daemon;
    this.#client = daemon.client(PATIENCE_MS);
    this.#random = new Random(seed);
  }

  /** Processes that have begun. */
  get births(): number {
    return textOf(births(this.#daemon.place.directory)).split('\n').length - 1;
  }

  /** Goes on until so many have begun. */
  async until(count: number): Promise<void> {
    let over = false;
    const look = async (): Promise<void> => {
      while (this.births < count) await sleep(50);
      over = true;
    };
    const hand = async (): Promise<void> => {
      while (!over) {
        await this.#ask(this.#random.pick(DEEDS));
        await sleep(this.#random.between(0, LONGEST_PAUSE_MS));
      }
    };
    await Promise.all([look(), ...Array.from({ length: HANDS }, hand)]);
  }

  /** Stops all watchers and tells what is left; what is nobody's is ended. */
  async rest(): Promise<Rest> {
    const { pid, place } = this.#daemon;
    await this.#client.call('stop', {}, { waiting: true });
    const { orphans, strays } = left(this.#daemon);
    let kept = { zombies: 0, recorded: 0 };
    const isDone = (): boolean => {
      kept = { zombies: zombies(pid), recorded: recorded(state(place.directory)) };
      return kept.zombies + kept.recorded === 0;
    };
    // With the strays goes the process that held their pipes, which is reaped a moment later; one that nobody else reaps is given 50 ms more.
    await eventually(isDone, { what: 'all zombies to be reaped, and what was on record to be gone' }).catch(() => null);
    return { ...{ orphans, strays, ...kept }, ...{ fds: Object.keys(openFds(pid)).length, rss_bytes: rssBytes(pid) } };
  }

  /** Has everything run again that is to. */
  async again(): Promise<void> {
    await this.#client.call('start', {}, { waiting: false });
  }

  async #ask(name: string): Promise<void> {
    const random = this.#random;
    const waiting = random.chance(0.3);
    switch (random.between(0, 9)) {
      case 0:
        return this.#call('start', { name }, waiting);
      case 1:
      case 2:
        return this.#call('stop', { name }, waiting);
      case 3:
      case 4:
        return this.#call('restart', { name }, waiting);
      case 5:
        return this.#call('reload', { name, sequential: random.chance(0.3) }, waiting);
      case 6:
        return this.#call('set', { name, options: { numprocesses: random.between(0, 3), stop_children: random.chance(0.3) } }, waiting);
      case 7:
        return this.#call('kill', { name, ...(random.chance(0.5) && { signum: random.pick(['INT', 'KILL', 'HUP']) }) }, waiting);
      case 8:
        return this.#call(
          'signal',
          { name, signum: random.pick(['KILL', 'STOP', 'CONT', 'TERM']), recursive: random.chance(0.5) },
          waiting,
        );
      default:
        return this.#strike(name);
    }
  }

  /** Somebody else signals one of its processes. */
  async #strike(name: string): Promise<void> {
    const { pids = [] } = await this.#client.call('list', { name });
    if (pids.length > 0) send(this.#random.pick(pids as readonly number[]), this.#random.pick(SIGNALS));
  }

  async #call(command: string, properties: Readonly<Record<string, unknown>>, waiting: boolean): Promise<void> {
    try {
      await this.#client.call(command, properties, { waiting });
    } catch (error) {
      // A process may be gone before it is signalled, and a request overtaken.
      if (!(error instanceof ReplyError)) throw error;
    }
  }
}

/** Of a daemon that was asked to end. */
export interface EndedAtOnce {
  readonly delay_ms: number;
  /** From SIGTERM to its exit. */
  readonly took_ms: number;
  readonly end: DaemonEnd;
  readonly orphans: readonly string[];
  readonly said: string;
}

/** Starts a daemon with hostile children, and asks it to end at some moment. */
export async function endAtRandom(random: Random, durable: boolean): Promise<EndedAtOnce> {
  await using daemon = await launchHostile(durable);
  await daemon.printed('"msg":"ringmaster ');
  const delay_ms = random.between(0, LATEST_END_MS);
  await sleep(delay_ms);
  const asked_ms = performance.now();
  daemon.kill('SIGTERM');
  const end = await daemon.ended;
  const took_ms = Math.round(performance.now() - asked_ms);
  return { delay_ms, took_ms, end, orphans: left(daemon).orphans, said: daemon.said };
}

/** Who lives, by whether it has left its session; those who have are ended, for nobody else will. */
function left(daemon: Daemon): Pick<Rest, 'orphans' | 'strays'> {
  const orphans: string[] = [];
  const strays: Record<string, number> = {};
  for (const pid of daemon.workers) {
    const words = textOf(`/proc/${pid}/cmdline`).split('\0');
    const deed = words[words.indexOf(daemon.place.marker) - 1] ?? '';
    // It ended between the two looks.
    if (words.length < 2) continue;
    if (LEAVING.includes(deed)) strays[deed] = (strays[deed] ?? 0) + 1;
    else orphans.push(`${pid} ${words.slice(0, -1).join(' ')} ${textOf(`/proc/${pid}/stat`)}`);
    send(pid, 'SIGKILL');
  }
  return { orphans, strays };
}

/** Dead children of a process. @source proc(5) */
function zombies(parent: number): number {
  const stats = readdirSync('/proc').flatMap((name) => (/^\d+$/.test(name) ? [textOf(`/proc/${name}/stat`)] : []));
  return stats.filter((stat) => stat.slice(stat.lastIndexOf(')') + 2).startsWith(`Z ${parent} `)).length;
}

/** Processes in a journal. */
function recorded(directory: string): number {
  const lines = journalText(directory).split('\n');
  const entries = lines.flatMap((line) => (line === '' ? [] : [JSON.parse(line.slice(line.indexOf(' ') + 1)) as unknown]));
  const keys = new Set<string>();
  for (const entry of entries) {
    if (!Array.isArray(entry) || typeof entry[0] !== 'string') continue;
    if (entry.length > 1) keys.add(entry[0]);
    else keys.delete(entry[0]);
  }
  return [...keys].filter((key) => key.startsWith(KEYS.process)).length;
}

function send(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'ESRCH')) throw error;
  }
}
