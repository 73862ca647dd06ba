import type { MarkedProcess } from '../os/durable.js';
import type { SpawnRecord } from './records.js';
import { understandToken } from './token.js';

/** What came of processes that a damaged journal tells of no more. */
export interface Recovered {
  /** Made anew, by token. */
  readonly records: ReadonlyMap<string, SpawnRecord>;
  /** Pids of those that can't be told from what workers have left behind. */
  readonly unknown: readonly number[];
}

/**
 * Makes records of spawns anew from the tokens of their processes: of the latest of each worker, where that has no record. An earlier one is what
 * an ended worker has left, which nobody supervised any more.
 *
 * @param found by token, which are on no record
 */
export function recoverSpawns(found: ReadonlyMap<string, readonly MarkedProcess[]>, known: Iterable<SpawnRecord>): Recovered {
  const [slots, pipes] = [new Set<string>(), new Set<number>()];
  const take = (record: SpawnRecord): void => {
    slots.add(slotOf(record));
    for (const pipe of pipesOf(record)) pipes.add(pipe);
  };
  for (const record of known) take(record);
  const understood = [...found.keys()].flatMap((token) => {
    const meant = understandToken(token);
    return meant === null ? [] : [{ token, ...meant }];
  });
  const records = new Map<string, SpawnRecord>();
  for (const { token, record } of understood.sort((a, b) => b.order[0] - a.order[0] || b.order[1] - a.order[1])) {
    if (slots.has(slotOf(record)) || pipesOf(record).some((pipe) => pipes.has(pipe))) continue;
    take(record);
    records.set(token, record);
  }
  const unknown = [...found].flatMap(([token, processes]) => (records.has(token) ? [] : processes.map(({ pid }) => pid)));
  return { records, unknown };
}

const slotOf = ({ watcher, wid }: SpawnRecord): string => `${wid} ${watcher.toLowerCase()}`;
const pipesOf = ({ pipes }: SpawnRecord): readonly number[] => (pipes ?? []).flatMap((pipe) => pipe ?? []);
