import type { Outcome, ReloadOptions } from './api.js';
import type { Clock } from './clock.js';
import { START_REQUEST, STOP_REQUEST } from './decisions.js';
import type { Watcher } from './watcher.js';
import type { Hold } from './watcher-state.js';

/** So many of one priority start at once, or reload, which has old and new processes side by side. */
const STARTS_AT_ONCE = 32;
const RELOADS_AT_ONCE = 8;

/** Watchers in start order: bigger `priority` first, otherwise as they are. */
export function inStartOrder(watchers: Iterable<Watcher>): readonly Watcher[] {
  return [...watchers].sort((a, b) => b.spec.priority - a.spec.priority);
}

/**
 * Starts watchers in order: those of one priority begin one after the other, and those of the next when they are up. Each is waited for
 * where `pause_ms` is to pass between those that do not run yet, or where its own start is more than that of processes. All of them are asked at once, so that
 * whoever is asked something else before its turn does that instead.
 */
export async function startInOrder(
  watchers: readonly Watcher[],
  clock: Clock,
  pause_ms: number,
  signal: AbortSignal,
  cause = START_REQUEST,
): Promise<Outcome> {
  const asked = inStartOrder(watchers).map((watcher) => {
    const hold: Hold = { up: true, down: false };
    return { watcher, hold, done: watcher.start(hold, cause) };
  });
  await comeUp(asked, clock, pause_ms, signal);
  return together(await Promise.all(asked.map(({ done }) => done)));
}

/**
 * Stops watchers in reverse order of starting: those of one priority together, and when they are gone those of the next. What
 * is slow holds the others up for the longest `graceful_timeout` of all, no longer.
 */
export async function stopInOrder(watchers: readonly Watcher[], clock: Clock, cause = STOP_REQUEST): Promise<Outcome> {
  const asked = inStartOrder(watchers).map((watcher) => {
    const hold: Hold = { up: false, down: true };
    return { watcher, hold, done: watcher.stop(hold, cause) };
  });
  await goDown(asked, clock);
  return together(await Promise.all(asked.map(({ done }) => done)));
}

/** Stops watchers in reverse order of starting, and then starts them in order. */
export async function restartInOrder(watchers: readonly Watcher[], clock: Clock, pause_ms: number, signal: AbortSignal): Promise<Outcome> {
  const outcomes = await cycleInOrder(watchers, { clock, pause_ms, signal, between: () => Promise.resolve() });
  return together([...outcomes.values()]);
}

/** Reloads watchers in start order, a few of one priority at once. */
export async function reloadInOrder(watchers: readonly Watcher[], options?: ReloadOptions): Promise<Outcome> {
  const asked = inStartOrder(watchers).map((watcher) => ({ watcher }));
  const outcomes: Outcome[] = [];
  await inTurn(asked, RELOADS_AT_ONCE, async ({ watcher }, index) => {
    outcomes[index] = await watcher.reload(options);
  });
  const all = (key: 'started' | 'stopped' | 'kept'): number[] => outcomes.flatMap((one) => one[key]);
  return { started: all('started'), stopped: all('stopped'), kept: all('kept') };
}

export interface Cycle {
  readonly clock: Clock;
  /** Between the starts of two watchers. */
  readonly pause_ms: number;
  /** Ends the pauses. */
  readonly signal: AbortSignal;
  /** Waited for when all are down; each watcher is kept down by its hold, unless a later request took its place. */
  between(holds: ReadonlyMap<Watcher, Hold>): Promise<void>;
}

/** Stops watchers in reverse order of starting, lets something be done, and starts them in order. */
export async function cycleInOrder(watchers: readonly Watcher[], cycle: Cycle): Promise<ReadonlyMap<Watcher, Outcome>> {
  const asked = inStartOrder(watchers).map((watcher) => {
    const hold: Hold = { up: true, down: true };
    return { watcher, hold, done: watcher.restart(hold) };
  });
  const down = asked.map((one) => ({ ...one, done: one.watcher.whenDown() }));
  await goDown(down, cycle.clock);
  await cycle.between(new Map(asked.map(({ watcher, hold }) => [watcher, hold])));
  await comeUp(asked, cycle.clock, cycle.pause_ms, cycle.signal);
  return new Map(await Promise.all(asked.map(async ({ watcher, done }) => [watcher, await done] as const)));
}

interface Asked {
  readonly watcher: Watcher;
  readonly hold: Hold;
  readonly done: Promise<Outcome>;
}

async function comeUp(asked: readonly Asked[], clock: Clock, pause_ms: number, signal: AbortSignal): Promise<void> {
  let pauses = false;
  await inTurn(asked, pause_ms > 0 ? 1 : STARTS_AT_ONCE, async ({ watcher, hold, done }) => {
    // One that runs, as those do that were taken over, is nothing to wait for.
    const begins = pause_ms > 0 && watcher.status !== 'active';
    if (begins && pauses) await sleep(clock, pause_ms, signal);
    pauses ||= begins;
    hold.up = false;
    watcher.kick();
    await done;
  });
}

/** Does something with each, begun in order and no more than `most` at once; a watcher that starts alone does so. */
async function inTurn<T extends { readonly watcher: Watcher }>(
  asked: readonly T[],
  most: number,
  work: (one: T, index: number) => Promise<void>,
): Promise<void> {
  let index = 0;
  for (const tier of tiers(asked)) {
    const turns = new Turns();
    for (const one of tier) {
      const alone = one.watcher.startsAlone;
      await turns.fewer(alone ? 1 : most);
      turns.begin(work(one, index++));
      if (alone) await turns.fewer(1);
    }
    await turns.fewer(1);
  }
}

/** What is under way at once. A race of all of it, again for each that begins, would have every one keep as many answers as there are others. */
class Turns {
  #running = 0;
  #failed: Promise<void> | null = null;
  #ended = (): void => {};

  begin(work: Promise<void>): void {
    this.#running++;
    const end = (): void => {
      this.#running--;
      this.#ended();
    };
    work.then(end, () => {
      this.#failed ??= work;
      end();
    });
  }

  /** Resolves when fewer than so many are under way; rejects as the first that has failed. */
  async fewer(most: number): Promise<void> {
    while (this.#running >= most && this.#failed === null) {
      await new Promise<void>((resolve) => {
        this.#ended = resolve;
      });
    }
    await this.#failed;
  }
}

async function goDown(asked: readonly Asked[], clock: Clock): Promise<void> {
  const patience_ms = Math.max(0, ...asked.map(({ watcher }) => watcher.spec.graceful_timeout * 1000));
  const impatient = new AbortController();
  using _timer = clock.setTimeout(() => impatient.abort(), patience_ms);
  for (const tier of tiers([...asked].reverse())) {
    for (const { watcher, hold } of tier) {
      hold.down = false;
      watcher.kick();
    }
    await Promise.race([Promise.all(tier.map(({ done }) => done)), aborted(impatient.signal)]);
  }
}

/** Neighbours of the same priority, together. */
function tiers<T extends { readonly watcher: Watcher }>(asked: readonly T[]): readonly (readonly T[])[] {
  const tiers: T[][] = [];
  for (const one of asked) {
    const tier = tiers.at(-1);
    if (tier?.[0]?.watcher.spec.priority === one.watcher.spec.priority) tier.push(one);
    else tiers.push([one]);
  }
  return tiers;
}

/** Resolves after `delay_ms`, or as soon as `signal` is aborted. */
function sleep(clock: Clock, delay_ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const done = (): void => {
      timer[Symbol.dispose]();
      signal.removeEventListener('abort', done);
      resolve();
    };
    const timer = clock.setTimeout(done, delay_ms);
    signal.addEventListener('abort', done);
    if (signal.aborted) done();
  });
}

function aborted(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return Promise.resolve();
  return new Promise((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }));
}

function together(outcomes: readonly Outcome[]): Outcome {
  const all = (key: 'started' | 'stopped' | 'kept'): number[] => outcomes.flatMap((one) => one[key]).sort((a, b) => a - b);
  const instead = outcomes.find((one) => one.instead !== undefined)?.instead;
  return { started: all('started'), stopped: all('stopped'), kept: all('kept'), ...(instead === undefined ? {} : { instead }) };
}
