import { newSlot, type SlotEvent, type SlotState, step } from '../../core/slot-state.js';
import { SlotTable } from '../../core/slot-table.js';
import { type Actual, type Desired, plan } from '../../core/watcher-plan.js';

const desired = (count: number): Desired => ({
  run: true,
  epoch: 1,
  generation: 1,
  sequential: false,
  count,
  respawn: true,
  gives_up: true,
  singleton: false,
  warmup_ms: 0,
  hold: null,
});

/** A watcher whose workers are all up but this many that have died. */
function actual(count: number, dead: number): Actual {
  const slots = new SlotTable();
  for (let index = 0; index < count; index++) {
    const slot = { ...newSlot(index + 1), generation: 1 };
    if (index >= dead) slots.file({ ...slot, state: 'up', attempt: slot.wid, pid: 1000 + index, pgid: 1000 + index });
  }
  const rest = { leftovers: 0, draining: 0, blocked: false, next_begin_at: 0, resume_at: null, spent: 0, stalled: null };
  return { phase: 'active', epoch: 1, slots, ...rest };
}

function planOf(count: number, dead: number): () => number {
  const [wanted, found] = [desired(count), actual(count, dead)];
  return () => plan(wanted, found, 1000).steps.length;
}

/** The life of a worker that dies. */
const LIFE: readonly [SlotState, SlotEvent][] = [
  ['idle', 'begin'],
  ['admitting', 'admitted'],
  ['spawning', 'spawned'],
  ['starting', 'accepted'],
  ['up', 'exited'],
];

/** What is called over and over; each returns a number, so that nothing is optimised away. */
export const SUBJECTS: Readonly<Record<string, () => number>> = {
  'plan, 1 worker': planOf(1, 0),
  'plan, 100 workers': planOf(100, 0),
  'plan, 100 workers, one dead': planOf(100, 1),
  'step, a life of five events': () => LIFE.reduce((sum, [state, event]) => sum + (step(state, event)?.effects.length ?? 0), 0),
};

const [subject, calls] = process.argv.slice(2);
if (import.meta.filename === process.argv[1]) {
  const call = SUBJECTS[subject ?? ''];
  if (call === undefined) throw new Error(`there is no ${subject}; there are ${Object.keys(SUBJECTS).join('; ')}`);
  let sum = 0;
  for (let done = 0; done < Number(calls); done++) sum += call();
  console.log(sum);
}
