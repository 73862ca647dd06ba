import type { SupervisorEvent } from '../../core/index.js';
import type { OsAction } from '../../core/testing.js';

/** What happened in a run, as far as the operating system and the events tell. */
export interface Record {
  readonly actions: readonly OsAction[];
  readonly events: readonly { readonly at_ms: number; readonly event: SupervisorEvent }[];
  /** The spawned process that a pid descends from. */
  leaderOf(pid: number): number | undefined;
  /** The shortest graceful_timeout that a watcher ever had. */
  graceMs(watcher: string): number;
  /** When somebody asked for SIGKILL. */
  readonly kills_asked_ms: ReadonlySet<number>;
  /** How often the supervisor may have died between telling of an end and writing it down: then it is told again. */
  readonly cuts: number;
}

const SIGKILL = 9;

/** Everything in the record that must not be, in words. */
export function violations(record: Record): readonly string[] {
  return [...twoInOneSlot(record), ...wrongReaps(record), ...strangersSignalled(record), ...killedTooSoon(record)];
}

type Spawn = Extract<OsAction, { kind: 'spawn' }>;

function spawnsOf({ actions }: Record): ReadonlyMap<number, Spawn> {
  return new Map(actions.flatMap((action) => (action.kind === 'spawn' ? [[action.pid, action] as const] : [])));
}

const watcherOf = ({ request }: Spawn): string => request.argv[0] ?? '';

/** How often each process was told of by an event of this name. */
function told(record: Record, ...names: readonly ('spawn' | 'adopted' | 'reap')[]): ReadonlyMap<number, number> {
  const counts = new Map<number, number>();
  for (const { event } of record.events) {
    if (!names.some((name) => name === event.name)) continue;
    const { process_pid } = event.body as { readonly process_pid: number };
    counts.set(process_pid, (counts.get(process_pid) ?? 0) + 1);
  }
  return counts;
}

/** A worker id never has two live processes; those that were cancelled while they were spawned are nobody's. */
function* twoInOneSlot(record: Record): Generator<string> {
  const announced = told(record, 'spawn', 'adopted');
  const live = new Map<string, Set<number>>();
  const slots = new Map<number, string>();
  for (const action of record.actions) {
    if (action.kind === 'spawn' && announced.has(action.pid)) {
      const slot = action.request.argv.join(' ');
      const inSlot = live.get(slot) ?? new Set();
      for (const other of inSlot) yield `slot ${slot} has process ${action.pid} though ${other} lives, at ${action.at_ms}`;
      live.set(slot, inSlot.add(action.pid));
      slots.set(action.pid, slot);
    } else if (action.kind === 'exit' || action.kind === 'release') {
      live.get(slots.get(action.pid) ?? '')?.delete(action.pid);
    }
  }
}

function* wrongReaps(record: Record): Generator<string> {
  const [spawned, adopted, reaped] = [told(record, 'spawn'), told(record, 'adopted'), told(record, 'reap')];
  const ended = new Set(record.actions.flatMap((action) => (action.kind === 'exit' ? [action.pid] : [])));
  const released = new Set(record.actions.flatMap((action) => (action.kind === 'release' ? [action.pid] : [])));
  const spawns = spawnsOf(record);
  for (const pid of spawns.keys()) {
    const times = reaped.get(pid) ?? 0;
    const due = ended.has(pid) && (spawned.has(pid) || adopted.has(pid)) ? 1 : 0;
    if ((spawned.get(pid) ?? 0) > 1) yield `the spawn of ${pid} was told ${spawned.get(pid)} times`;
    if ((times < due || times > due + (due > 0 ? record.cuts : 0)) && !(released.has(pid) && times === 0))
      yield `the end of ${pid} was told ${times} times instead of ${due}`;
  }
  for (const pid of [...spawned.keys(), ...reaped.keys()]) if (!spawns.has(pid)) yield `${pid} was told of, which nobody has spawned`;
}

/** Signals go to what is there and ours. */
function* strangersSignalled({ actions, leaderOf, cuts }: Record): Generator<string> {
  const released = new Set<number>();
  for (const action of actions) {
    if (action.kind === 'release') released.add(action.pid);
    // It died before that was on record.
    if (action.kind === 'adopt' && cuts > 0) released.delete(action.pid);
    if (action.kind !== 'signal' || action.signum === 0) continue;
    const { pid, signum, at_ms, target } = action;
    if (action.result === 'gone') yield `signal ${signum} was sent to ${target} ${pid}, which is gone, at ${at_ms}`;
    const leader = leaderOf(pid);
    if (leader === undefined || released.has(leader)) yield `signal ${signum} was sent to ${target} ${pid}, which is not ours, at ${at_ms}`;
  }
}

/** Not before its graceful_timeout, from when it was asked to end, or ended and left others behind. */
function* killedTooSoon(record: Record): Generator<string> {
  const spawns = spawnsOf(record);
  const announced = told(record, 'spawn', 'adopted');
  const asked_ms = new Map<number, number>();
  const ask = (pid: number, at_ms: number): void => void asked_ms.set(pid, Math.min(at_ms, asked_ms.get(pid) ?? Number.POSITIVE_INFINITY));
  for (const { event, at_ms } of record.events) if (event.name === 'kill') ask(event.body.process_pid, at_ms);
  for (const action of record.actions) if (action.kind === 'exit') ask(action.pid, action.at_ms);
  const licensed = new Set<number>();
  for (const action of record.actions) {
    if (action.kind !== 'signal' || action.signum !== SIGKILL) continue;
    const leader = record.leaderOf(action.pid);
    const spawn = leader === undefined ? undefined : spawns.get(leader);
    if (leader === undefined || spawn === undefined || !announced.has(leader)) continue;
    if (record.kills_asked_ms.has(action.at_ms)) licensed.add(leader);
    if (licensed.has(leader)) continue;
    const waited_ms = action.at_ms - (asked_ms.get(leader) ?? Number.POSITIVE_INFINITY);
    // The clock's numbers are sums of fractions.
    if (waited_ms < record.graceMs(watcherOf(spawn)) - 0.001) {
      yield `${action.pid} of ${watcherOf(spawn)} was killed ${waited_ms} ms after it was asked to end, at ${action.at_ms}`;
    }
  }
}
