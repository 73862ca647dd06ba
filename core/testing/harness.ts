import type { AnyPlugin } from '../plugin.js';
import { Supervisor } from '../supervisor.js';
import { seededRandom } from './chance.js';
import { type EventRecorder, recordEvents } from './events.js';
import { FakeOs } from './fake-os.js';
import { type LogLine, recordingLogger } from './logger.js';
import { Trace, type TraceEntry } from './trace.js';
import { VirtualClock } from './virtual-clock.js';

export interface HarnessOptions {
  /** As in a config file. */
  readonly config?: Readonly<Record<string, unknown>>;
  readonly plugins?: readonly AnyPlugin[];
  /** What `reloadConfig` reads. */
  readonly config_file?: string;
  /** From 0 to 1; where none is given, from the seed, and without one always 0. */
  readonly random?: () => number;
  /** Makes chance of it: `random` of plugins and of the supervisor, and of the fake Os its pids and how long things take. */
  readonly seed?: number;
  /** With a seed, the share of spawns that fail, and of processes that end by themselves within seconds (0). */
  readonly faults?: number;
}

/** A supervisor on a fake operating system and a virtual clock. */
export interface Harness extends AsyncDisposable {
  readonly clock: VirtualClock;
  readonly os: FakeOs;
  readonly supervisor: Supervisor;
  /** What it told of so far. */
  readonly events: EventRecorder;
  /** What it logged so far. */
  readonly lines: readonly LogLine[];
  /** Every hook, event, spawn, signal and exit so far, oldest first; hooks and events only with a seed. */
  trace(): readonly TraceEntry[];
  /** Starts the supervisor and lets as much time pass as that takes. */
  start(): Promise<void>;
  /** Stops it, likewise. */
  stop(): Promise<void>;
  /**
   * Goes from timer to timer until `promise` is settled.
   *
   * @param limit_ms of virtual time, 10 minutes where none is given
   * @throws Error that lists the pending timers, where it is not settled then
   */
  until<T>(promise: PromiseLike<T>, limit_ms?: number): Promise<T>;
  /**
   * Lets so much virtual time pass, and before and after each timer waits, in real time, for taps that have not answered: of plugins that
   * run in threads or processes of their own.
   */
  pass(ms: number): Promise<void>;
}

/** Real time that what is not of virtual time may take. */
interface Patience {
  /** For a plugin that waits for the world outside, a module to be loaded say, before virtual time goes on to its deadline. */
  readonly outside_ms: number;
  /** For what no virtual timer stands for. */
  readonly stalled_ms: number;
}

const LIMIT_MS = 600_000;
/** Turns of the real event loop without a timer that is due, after which the clock may jump: time for files to be read. */
const QUIET_TURNS = 20;
const IN_DAEMON: Patience = { outside_ms: 250, stalled_ms: 1000 };
/** A thread or process that runs a plugin has a clock of its own: it starts, and answers, in real time. */
const ISOLATED: Patience = { outside_ms: 10_000, stalled_ms: 20_000 };
/** As many turns at least, for a machine that is busy stands still for as long now and then. */
const OUTSIDE_TURNS = 200;

/** Builds a harness; the supervisor is not started yet. */
export function createHarness({ config = {}, plugins = [], random, seed, faults = 0, ...more }: HarnessOptions = {}): Harness {
  const clock = new VirtualClock();
  const trace = new Trace(clock);
  const seeded = seed === undefined ? undefined : seededRandom(seed);
  const told = trace.action.bind(trace);
  const os = new FakeOs(clock, seeded === undefined ? { told } : { told, chance: { random: seeded, faults } });
  const events = recordEvents();
  const lines: LogLine[] = [];
  const given = { ...more, plugins: [events.plugin, ...(seeded === undefined ? [] : [trace.plugin]), ...plugins] };
  const log = recordingLogger(lines);
  const supervisor = new Supervisor(config, { ...given, log, clock, os, random: random ?? seeded ?? (() => 0) });
  const patience = hasIsolated(config) ? ISOLATED : IN_DAEMON;
  const pass = (ms: number): Promise<void> => clock.advanceAsync(ms, () => answered(supervisor, patience));
  const until = <T>(promise: PromiseLike<T>, limit_ms = LIMIT_MS): Promise<T> =>
    advanceUntil(clock, supervisor, promise, limit_ms, patience);
  const start = (): Promise<void> => until(supervisor.start());
  const stop = (): Promise<void> => until(supervisor.stop());
  return { clock, os, supervisor, events, lines, trace: () => trace.entries, start, stop, until, pass, [Symbol.asyncDispose]: stop };
}

function hasIsolated({ plugins }: Readonly<Record<string, unknown>>): boolean {
  if (typeof plugins !== 'object' || plugins === null) return false;
  return Object.values(plugins).some((options) => typeof options === 'object' && options !== null && 'isolation' in options);
}

/** Turns of the real event loop until nobody's answer is waited for, or patience is at its end. */
async function answered(supervisor: Supervisor, { outside_ms }: Patience): Promise<void> {
  const since_ms = performance.now();
  do await new Promise((resolve) => setImmediate(resolve));
  while (isWaiting(supervisor) && performance.now() - since_ms < outside_ms);
}

async function advanceUntil<T>(
  clock: VirtualClock,
  supervisor: Supervisor,
  promise: PromiseLike<T>,
  limit_ms: number,
  { outside_ms, stalled_ms }: Patience,
): Promise<T> {
  let settled = false;
  const settle = (): void => {
    settled = true;
  };
  promise.then(settle, settle);
  const until_ms = clock.now() + limit_ms;
  let since_ms = performance.now();
  let quiet = 0;
  for (;;) {
    await clock.advanceAsync(0);
    if (settled) return promise;
    quiet += 1;
    const next = clock.pending[0];
    const real_ms = performance.now() - since_ms;
    const ready = quiet >= QUIET_TURNS && ((real_ms > outside_ms && quiet >= OUTSIDE_TURNS) || !isWaiting(supervisor));
    if (next !== undefined && ready && clock.now() + next.due_in_ms <= until_ms) {
      await clock.advanceAsync(next.due_in_ms);
      quiet = 0;
      since_ms = performance.now();
    } else if (real_ms > stalled_ms) {
      const pending = clock.pending.map(({ kind, due_in_ms }) => `${kind} in ${due_in_ms} ms`);
      throw new Error(`not settled within ${limit_ms} ms of virtual time; pending: ${pending.join(', ') || 'nothing'}`);
    }
  }
}

/** Whether a plugin is being set up or closed, or a tap has not answered. */
export function isWaiting(supervisor: Supervisor): boolean {
  const changing = supervisor.plugins().some(({ state }) => state === 'setting_up' || state === 'closing');
  return changing || supervisor.inspect().waiting.length > 0;
}
