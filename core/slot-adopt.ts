import { withOutputs } from './adopt-outputs.js';
import type { Survivor } from './durable/survivor.js';
import { type Exit, UNKNOWN_EXIT } from './hooks.js';
import type { OpenOutputs } from './output.js';
import type { Leftovers } from './process-group.js';
import type { EndOptions } from './slot-end.js';
import { newSlot, type Slot, type SlotEvent } from './slot-state.js';
import type { SlotTable } from './slot-table.js';
import type { SlotsHost } from './slots-host.js';

const SIGKILL = 9;

/** What of the slots takes a process of an earlier supervisor in. */
export interface AdoptingSlots {
  readonly table: SlotTable;
  readonly outputs: OpenOutputs;
  readonly leftovers: Leftovers;
  newAttempt(): number;
  /** When the process of a slot that began at `started_ms` is too old. */
  expiry(started_ms: number): number | null;
  feed(slot: Slot, event: SlotEvent): void;
  exited(slot: Slot, attempt: number, exit: Exit): void;
  end(slot: Slot, options: EndOptions): void;
}

/** Takes over what an earlier supervisor has spawned, the oldest first. Of two in one slot the first was never wanted any more. */
export function adoptSurvivors(host: SlotsHost, slots: AdoptingSlots, found: readonly Survivor[]): void {
  const survivors = withOutputs(host, slots.outputs, found);
  const latest = new Map(survivors.flatMap((survivor) => (survivor.ended ? [] : [[survivor.wid, survivor] as const])));
  for (const survivor of survivors) {
    if (survivor.ended) leave(host, slots, survivor);
    else if (latest.get(survivor.wid) === survivor) adopt(host, slots, survivor);
    else if (survivor.adopt({ exited: () => survivor.kept.gone() })) host.os.signalGroup(survivor.pid, SIGKILL);
    else survivor.kept.gone();
  }
}

/** Its end was told; what it has left behind is ended. */
function leave(host: SlotsHost, { leftovers }: AdoptingSlots, { group, pid, kept }: Survivor): void {
  const { stop_signal, graceful_timeout } = host.spec();
  if (group()) leftovers.end(pid, stop_signal, graceful_timeout * 1000, kept);
  else kept.gone();
}

/** A process that lives, or the news of its end. */
function adopt(host: SlotsHost, slots: AdoptingSlots, survivor: Survivor): void {
  const { wid, generation, kept, pid, started, ending, age_ms } = survivor;
  const { clock } = host;
  // Not by when it was started: the clock may have been put since.
  const started_ms = clock.now() - (age_ms ?? 0);
  const slot: Slot = { ...newSlot(wid), attempt: slots.newAttempt(), generation, pid, pgid: pid, last_pid: pid, kept, started, started_ms };
  slot.expires_at = slots.expiry(started_ms);
  slots.table.file(slot);
  if (survivor.adopt({ exited: (exit) => slots.exited(slot, slot.attempt, exit) })) {
    slots.feed(slot, 'adopted');
    if (ending !== undefined) slots.end(slot, { retire: ending === 'retired' });
    return;
  }
  slot.state = ending === undefined ? 'up' : 'stopping';
  slot.retired = ending === 'retired';
  if (ending !== undefined) slot.deadline_at = clock.now() + host.spec().graceful_timeout * 1000;
  // Nothing proves that a group of this number is ours, unless somebody in it has our token.
  if (!survivor.group()) slot.pgid = null;
  const isEmpty = slot.pgid === null;
  slots.exited(slot, slot.attempt, UNKNOWN_EXIT);
  if (isEmpty) kept.gone();
}
