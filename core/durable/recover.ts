import type { MarkedProcess } from '../os/durable.js';
import type { SpawnRecord } from './records.js';
import { understandToken } from './token.js';

/** What came of processes that a damaged journal tells of no more. */
export interface Recovered {
  /** Made anew, and those of the known that have changed by that, by token. */
  readonly records: ReadonlyMap<string, SpawnRecord>;
  /** Pids of those that can't be told from what workers have left behind. */
  readonly unknown: readonly number[];
}

/** After all that can be told. */
const LAST = [Number.MAX_SAFE_INTEGER, 0] as const;

/**
 * Makes records of spawns anew from the tokens of their processes: of the latest of each worker, where what is known of that is older or nothing. An
 * earlier one is what an ended worker has left, which nobody supervised any more. What a later one has as its pipe is not that of a known one any more.
 *
 * @param found by token, which are on no record
 * @param known by token
 */
export function recoverSpawns(found: ReadonlyMap<string, readonly MarkedProcess[]>, known: ReadonlyMap<string, SpawnRecord>): Recovered {
  const lost = [...found.keys()].flatMap((token) => {
    const meant = understandToken(token);
    return meant === null ? [] : [{ token, isLost: true, ...meant }];
  });
  const kept = [...known].map(([token, record]) => ({ token, isLost: false, record, order: understandToken(token)?.order ?? LAST }));
  const [slots, pipes] = [new Set<string>(), new Set<number>()];
  const records = new Map<string, SpawnRecord>();
  for (const { token, record, isLost } of [...kept, ...lost].sort((a, b) => b.order[0] - a.order[0] || b.order[1] - a.order[1])) {
    const isReused = pipesOf(record).some((pipe) => pipes.has(pipe));
    if (isLost && (isReused || slots.has(slotOf(record)))) continue;
    const [stdout = null, stderr = null] = (record.pipes ?? []).map((pipe) => (pipe !== null && pipes.has(pipe) ? null : pipe));
    const own: SpawnRecord = isReused ? { ...record, pipes: [stdout, stderr] } : record;
    slots.add(slotOf(own));
    for (const pipe of pipesOf(own)) pipes.add(pipe);
    if (isLost || isReused) records.set(token, own);
  }
  const unknown = [...found].flatMap(([token, processes]) => (records.has(token) ? [] : processes.map(({ pid }) => pid)));
  return { records, unknown };
}

const slotOf = ({ watcher, wid }: SpawnRecord): string => `${wid} ${watcher.toLowerCase()}`;
const pipesOf = ({ pipes }: SpawnRecord): readonly number[] => (pipes ?? []).flatMap((pipe) => pipe ?? []);
