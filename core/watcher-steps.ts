import type { Slots } from './slots.js';
import type { Phases } from './watcher-phases.js';
import type { Step } from './watcher-plan.js';

/** What the steps of a plan act on. */
export interface StepTarget {
  readonly phases: Phases;
  readonly slots: Slots;
  /** Called before each spawn: the next one waits for warmup_delay. */
  warmUp(): void;
}

/** Does one step of a plan. */
export function takeStep(step: Step, { phases, slots, warmUp }: StepTarget): void {
  switch (step.do) {
    case 'phase':
      phases.enter(step.to);
      return;
    case 'resume':
      phases.resume();
      return;
    case 'finish':
      phases.finish();
      return;
    case 'begin':
      warmUp();
      slots.begin(step.wid, step.from);
      return;
    case 'forget':
      slots.table.delete(step.wid);
      return;
    case 'retire':
    case 'deadline':
    case 'end': {
      const slot = slots.table.get(step.wid);
      if (slot === undefined) return;
      if (step.do === 'end') slots.end(slot, { retire: step.retire });
      else if (step.do === 'deadline') slots.deadline(slot);
      else slots.retire(slot);
    }
  }
}
