import type { AdoptListener, DurableOs, MarkedProcess } from '../os/durable.js';
import type { FoundSpawn } from './found.js';
import type { Keeper, KeptSpawn } from './keeper.js';

/** A spawn of an earlier supervisor that there was a process of. */
export interface Survivor {
  readonly wid: number;
  readonly generation: number;
  readonly kept: KeptSpawn;
  readonly pid: number;
  /** Seconds since the epoch. */
  readonly started: number;
  /** Whether something lives in its group that is ours, apart from the process itself. */
  readonly group: boolean;
  readonly ending: 'replaced' | 'retired' | undefined;
  /** Its end was told already. */
  readonly ended: boolean;
  /** Takes charge of the process. @returns false where it lives no more */
  adopt(listener: AdoptListener): boolean;
}

/** A spawn as it is found: its process by pid and start, or, where no pid is on record, by the token in its environment. */
export class SurvivorSearch {
  readonly #os: DurableOs;
  readonly #marked: ReadonlyMap<string, readonly MarkedProcess[]>;

  /** Looks at all processes of the machine once where that is needed: for spawns without a pid, and for what dead ones have left. */
  constructor(os: DurableOs, spawns: readonly FoundSpawn[]) {
    this.#os = os;
    const unsure = spawns.filter(({ record: { pid, start_ticks } }) => pid === undefined || !this.#lives(pid, start_ticks));
    this.#marked = os.find(new Set(unsure.map(({ token }) => token)));
  }

  /** Null where nothing came of the spawn, or nothing is left of it and its end was told: then it is off the record. */
  survivor({ token, record }: FoundSpawn, keeper: Keeper): Survivor | null {
    const { wid, generation, ending, ended = record.gone === true } = record;
    const kept = keeper.kept(token, record);
    const marked = this.#marked.get(token) ?? [];
    const process =
      record.pid === undefined ? leaderOf(marked) : { pid: record.pid, start_ticks: record.start_ticks, started: record.started };
    if (process === undefined) {
      kept.read();
      kept.gone();
      return null;
    }
    const { pid, start_ticks, started = 0 } = process;
    if (record.pid === undefined) kept.spawned(pid, started);
    const group = marked.some((one) => one.pgid === pid && one.pid !== pid);
    const adopt = (listener: AdoptListener): boolean =>
      start_ticks !== undefined && !ended && this.#os.adopt({ pid, start_ticks }, listener);
    return { wid, generation, kept, pid, started, group, ending, ended, adopt };
  }

  #lives(pid: number, start_ticks: number | undefined): boolean {
    return start_ticks !== undefined && this.#os.identify(pid)?.start_ticks === start_ticks;
  }
}

/** The first that leads a session of its own: what it has started may do so as well, with the same token, but later. */
function leaderOf(marked: readonly MarkedProcess[]): MarkedProcess | undefined {
  const leaders = marked.filter(({ pid, pgid, sid }) => pid === pgid && pid === sid);
  return leaders.toSorted((a, b) => a.start_ticks - b.start_ticks)[0];
}
