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
  /** Milliseconds since then; null where nothing of it is on record. */
  readonly age_ms: number | null;
  /** Whether something lives in its group that is ours, apart from the process itself. */
  group(): boolean;
  readonly ending: 'replaced' | 'retired' | undefined;
  /** Its end was told already, or nobody's business any more. */
  readonly ended: boolean;
  /** What lives of it is nobody's. */
  readonly released: boolean;
  /** Takes charge of the process. @returns false where it lives no more */
  adopt(listener: AdoptListener): boolean;
}

/** A spawn as it is found: its process by pid and start, or, where no pid is on record, by the token in its environment. */
export class SurvivorSearch {
  readonly #os: DurableOs;
  readonly #looked: ReadonlySet<string>;
  readonly #marked: ReadonlyMap<string, readonly MarkedProcess[]>;

  /** Looks at all processes of the machine once where that is needed: for spawns without a pid, and for what dead ones have left. */
  constructor(os: DurableOs, spawns: readonly FoundSpawn[]) {
    this.#os = os;
    const unsure = spawns.filter(({ record: { pid, start_ticks } }) => pid === undefined || !this.#lives(pid, start_ticks));
    this.#looked = new Set(unsure.map(({ token }) => token));
    this.#marked = os.find(this.#looked);
  }

  /** Null where nothing came of the spawn: then it is off the record. */
  survivor(spawn: FoundSpawn, keeper: Keeper): Survivor | null {
    const { token, record } = spawn;
    const kept = keeper.kept(token, record);
    if (record.pid !== undefined) return this.#recorded(spawn, record.pid, kept);
    const [first] = this.#ofToken(token).toSorted((a, b) => a.start_ticks - b.start_ticks || Number(leads(b)) - Number(leads(a)));
    if (first === undefined) {
      for (const pipe of kept.pipes ?? []) if (pipe !== null) kept.read(pipe);
      kept.gone();
      return null;
    }
    const { sid, started } = first;
    // What the process has started is there, itself it is not any more, of which nobody was ever told; with its pid alone that would be done.
    if (!leads(first)) kept.ended();
    kept.spawned(sid, started);
    const found = { pid: sid, start_ticks: first.start_ticks, started };
    return this.#recorded({ token, record: { ...record, ...found, ...(leads(first) ? {} : { ended: true }) } }, sid, kept);
  }

  #recorded({ token, record }: FoundSpawn, pid: number, kept: KeptSpawn): Survivor {
    const { wid, generation, start_ticks, started = 0, ending, ended = record.gone === true, released = false } = record;
    return {
      wid,
      generation,
      kept,
      pid,
      started,
      age_ms: start_ticks === undefined ? null : this.#os.sinceStart(start_ticks),
      ending,
      ended,
      released,
      group: () => !released && this.#ofToken(token).some((one) => one.pgid === pid && one.pid !== pid),
      adopt: (listener) => start_ticks !== undefined && !ended && this.#os.adopt({ pid, start_ticks }, listener),
    };
  }

  /** One that has ended since all were looked at is looked for once more. */
  #ofToken(token: string): readonly MarkedProcess[] {
    const marked = this.#looked.has(token) ? this.#marked : this.#os.find(new Set([token]));
    return marked.get(token) ?? [];
  }

  #lives(pid: number, start_ticks: number | undefined): boolean {
    const found = this.#os.identify(pid);
    return found?.alive === true && found.start_ticks === start_ticks;
  }
}

/** Whether it leads a session, as each spawned process does; what it has started may do so as well, but later. */
function leads({ pid, pgid, sid }: MarkedProcess): boolean {
  return pid === pgid && pid === sid;
}
