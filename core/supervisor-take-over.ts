import type { Clock } from './clock.js';
import { isSame } from './config/diff.js';
import type { Config } from './config/schema/daemon.js';
import type { WatcherOptions } from './config/schema/watcher.js';
import { Deferred } from './deferred.js';
import type { Found } from './durable/found.js';
import type { DurableState } from './durable/state.js';
import { explain, isRingmasterError } from './errors.js';
import type { Logger } from './log.js';
import type { ConfigApplier } from './supervisor-apply.js';
import type { SupervisorOutputs } from './supervisor-outputs.js';
import type { Watcher } from './watcher.js';
import type { WatcherTable } from './watcher-table.js';

/** What to begin with: the config, or what an earlier supervisor has left, which the config is then applied to. */
export interface Beginning {
  readonly config: Config;
  readonly watchers: readonly (readonly [name: string, spec: WatcherOptions])[];
  /** Whether the config is still to be applied. */
  readonly resumed: boolean;
}

export interface TakeOverHost {
  readonly clock: Clock;
  readonly log: Logger;
  /** When the start began, on the clock's `now()`. */
  readonly begun_ms: number;
  readonly state: DurableState;
}

/**
 * Makes a supervisor what an earlier one was. Nothing is spawned of what the config has changed meanwhile until that is in effect, or it is
 * known that it can't be: so it runs once more as it was only where there is nothing else.
 */
export class TakeOver {
  readonly #host: TakeOverHost;
  readonly #found: Found;
  readonly #config: Config;
  readonly #inEffect = new Deferred();
  readonly #wishes: ReadonlyMap<string, boolean>;
  #adopted = false;

  /** @param config what is to be in effect in the end */
  constructor(host: TakeOverHost, found: Found, config: Config) {
    this.#host = host;
    this.#found = found;
    this.#config = config;
    this.#wishes = new Map(found.running.flatMap(({ name, wish }) => (wish === undefined ? [] : [[name, wish.run] as const])));
  }

  /** Whether everything was taken over. */
  get adopted(): boolean {
    return this.#adopted;
  }

  beginning(): Beginning {
    const { running, watchers, sockets } = this.#found;
    const there = running.flatMap((one) => {
      const spec = one.spec ?? this.#config.watchers[one.name];
      if (spec !== undefined) return one.removed && one.spawns.length === 0 ? [] : [[one.name, spec] as const];
      this.#host.log.warn(`${one.name}: ${one.spawns.length} processes are left alone, nothing says how to run them`);
      return [];
    });
    return { config: { ...this.#config, watchers: { ...watchers }, sockets: { ...sockets } }, watchers: there, resumed: true };
  }

  /** Takes over the processes that were found. @param added told of each watcher that no config had brought */
  adopt(table: WatcherTable, outputs: SupervisorOutputs | null, added: (watcher: Watcher) => void): void {
    const { running } = this.#found;
    const { state } = this.#host;
    this.#adopted = true;
    const search = state.search(this.#found);
    const there = running.flatMap((one) => {
      const watcher = table.find(one.name);
      if (watcher === undefined) return [];
      const survivors = one.spawns.flatMap((spawn) => search.survivor(spawn, state.keeper(watcher.name)) ?? []);
      if (one.origin === 'run_time') added(watcher);
      if (this.#isEdited(one.name)) watcher.after(this.#inEffect.promise);
      return { watcher, survivors, takeOver: watcher.adopt(one.wish, survivors) };
    });
    // Not before all are where they were: a plugin that is told of one may ask something of another.
    const adopted = there.map(({ watcher, takeOver }) => {
      takeOver();
      return watcher.pids().length;
    });
    for (const { name, removed } of running) if (removed && table.find(name)) void table.remove(name, {});
    outputs?.dropBut(there.flatMap(({ survivors }) => survivors.flatMap(({ kept }) => kept.pipes ?? [])));
    this.#report(adopted.filter((pids) => pids > 0));
  }

  /** Whether a watcher starts with the supervisor: as it was asked for last, else as the config says by now. */
  starts({ name, spec }: Watcher): boolean {
    return this.#wishes.get(name) ?? (this.#config.watchers[name] ?? spec).autostart;
  }

  /** All that a config changes of watchers was asked for. */
  begun(): void {
    this.#inEffect.resolve();
  }

  /** Applies what has changed in the config while nobody was there. @returns why that can't be done, so that what was there goes on, or null */
  async catchUp(applier: ConfigApplier, asked: Config): Promise<string | null> {
    try {
      await applier.apply(asked, { graceful: true, keep_drift: 'all' });
      return null;
    } catch (error) {
      if (isRingmasterError(error, 'RM_CLOSED')) throw error;
      return `the config can not be applied, what was there before goes on: ${explain(error)}`;
    } finally {
      this.begun();
    }
  }

  /** Whether the config says something else of a watcher than the one that was in effect. */
  #isEdited(name: string): boolean {
    return !isSame(this.#found.watchers[name], this.#config.watchers[name]);
  }

  #report(adopted: readonly number[]): void {
    const { clock, log, begun_ms, state } = this.#host;
    const processes = adopted.reduce((sum, pids) => sum + pids, 0);
    const took_ms = Math.round(clock.now() - begun_ms);
    const { left_at } = state.directory;
    const noted = left_at === null ? '' : `, last noted at ${new Date(left_at * 1000).toISOString()}`;
    log.info(`adopted ${counted(processes, 'process', 'processes')} of ${counted(adopted.length, 'watcher')} in ${took_ms} ms${noted}`);
  }
}

function counted(count: number, noun: string, nouns = `${noun}s`): string {
  return `${count} ${count === 1 ? noun : nouns}`;
}
