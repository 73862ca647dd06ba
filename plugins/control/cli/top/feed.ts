import { type ProcessRow, processRow, type Snapshot, type SocketRow } from './snapshot.js';

type Body = Readonly<Record<string, unknown>>;

interface Seen<T> {
  readonly row: T;
  readonly at_ms: number;
}

/** What was published last about each process and socket. */
export class Feed {
  /** How many rounds are complete: how often the daemon has summed itself up. */
  rounds = 0;
  readonly #keep_ms: number;
  readonly #processes = new Map<string, Map<number, Seen<ProcessRow>>>();
  readonly #sockets = new Map<unknown, Seen<SocketRow>>();

  /** @param keep_ms how long a process counts of which nothing more is heard */
  constructor(keep_ms: number) {
    this.#keep_ms = keep_ms;
  }

  take(topic: string, body: Body, now_ms: number): void {
    const { subtopic } = body;
    if (subtopic === undefined) {
      if (topic === 'stat.circus') this.rounds++;
      return;
    }
    const name = topic.slice('stat.'.length, -`.${subtopic}`.length);
    if (name === 'sockets') {
      this.#sockets.set(subtopic, { row: { address: String(body.address), hits: Number(body.reads) }, at_ms: now_ms });
      return;
    }
    const mine = this.#processes.get(name) ?? new Map<number, Seen<ProcessRow>>();
    this.#processes.set(name, mine);
    mine.set(Number(subtopic), { row: processRow(body), at_ms: now_ms });
  }

  /** @param statuses of watchers by name, those without processes too; without them only those with processes are known */
  snapshot(now_ms: number, statuses: Readonly<Record<string, string>> = {}): Snapshot {
    for (const mine of [this.#sockets, ...this.#processes.values()]) this.#prune(mine, now_ms);
    for (const [name, mine] of this.#processes) if (mine.size === 0) this.#processes.delete(name);
    const known = new Map([...this.#processes.keys()].map((name): [string, [string, string | null]] => [name, [name, null]]));
    for (const [name, status] of Object.entries(statuses)) known.set(name.toLowerCase(), [name, status]);
    return {
      watchers: [...known].map(([topic, [name, status]]) => ({ name, status, processes: rowsOf(this.#processes.get(topic)) })),
      sockets: rowsOf(this.#sockets),
    };
  }

  #prune(seen: Map<unknown, Seen<unknown>>, now_ms: number): void {
    for (const [key, { at_ms }] of seen) if (now_ms - at_ms > this.#keep_ms) seen.delete(key);
  }
}

function rowsOf<T>(seen: ReadonlyMap<unknown, Seen<T>> = new Map()): readonly T[] {
  return [...seen.values()].map(({ row }) => row);
}
