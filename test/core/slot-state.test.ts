import { expect } from 'chai';
import { SLOT_TABLE, type SlotEvent, type SlotState, step } from '../../core/slot-state.js';

const STATES = Object.keys(SLOT_TABLE) as SlotState[];
const EVENTS: readonly SlotEvent[] = [
  'begin',
  'admitted',
  'refused',
  'spawned',
  'spawn_failed',
  'accepted',
  'exited',
  'end',
  'deadline',
  'group_empty',
];
const WITH_PROCESS: readonly SlotState[] = ['starting', 'up', 'stopping', 'killing', 'stuck'];

function walk(...events: SlotEvent[]): SlotState {
  return events.reduce<SlotState>((state, event) => step(state, event)?.to ?? state, 'idle');
}

describe('slot state', () => {
  const walks: readonly [string, SlotEvent[], SlotState][] = [
    ['goes up when both gates let it pass', ['begin', 'admitted', 'spawned', 'accepted'], 'up'],
    ['is idle again when before_spawn refuses', ['begin', 'refused'], 'idle'],
    ['ends the process when after_spawn refuses', ['begin', 'admitted', 'spawned', 'refused'], 'stopping'],
    ['is cancelled at once while it waits for the gate', ['begin', 'end'], 'idle'],
    ['is cancelled at once while it waits for its spawn', ['begin', 'admitted', 'end'], 'idle'],
    ['waits for the group after the process has ended', ['begin', 'admitted', 'spawned', 'accepted', 'end', 'exited'], 'stopping'],
    ['is idle when the group is empty', ['begin', 'admitted', 'spawned', 'accepted', 'end', 'exited', 'group_empty'], 'idle'],
    ['kills at the deadline', ['begin', 'admitted', 'spawned', 'accepted', 'end', 'deadline'], 'killing'],
    ['is stuck when SIGKILL does not help', ['begin', 'admitted', 'spawned', 'accepted', 'end', 'deadline', 'deadline'], 'stuck'],
    [
      'leaves stuck when the group goes after all',
      ['begin', 'admitted', 'spawned', 'accepted', 'end', 'deadline', 'deadline', 'exited', 'group_empty'],
      'idle',
    ],
    ['is idle when the process ends by itself', ['begin', 'admitted', 'spawned', 'accepted', 'exited'], 'idle'],
    ['is idle when it cannot be spawned', ['begin', 'admitted', 'spawn_failed'], 'idle'],
  ];
  for (const [title, events, state] of walks) it(title, () => expect(walk(...events)).to.equal(state));

  it('reaps on every exit of a process', () => {
    for (const state of WITH_PROCESS) expect(step(state, 'exited')?.effects, state).to.include('reap');
  });

  it('lets nothing that has a process begin another', () => {
    for (const state of STATES.filter((one) => one !== 'idle')) expect(step(state, 'begin'), state).to.equal(null);
  });

  it('decides about a respawn only where nobody asked for the end', () => {
    for (const state of STATES) {
      for (const event of EVENTS) {
        const decides = step(state, event)?.effects.includes('decide_respawn') ?? false;
        const unasked = (event === 'exited' && (state === 'starting' || state === 'up')) || event === 'spawn_failed';
        expect(decides, `${state} ${event}`).to.equal(unasked && step(state, event) !== null);
      }
    }
  });

  it('comes back to idle from every state', () => {
    const reach = (from: SlotState): Set<SlotState> => {
      const seen = new Set<SlotState>([from]);
      for (const state of seen) for (const event of EVENTS) seen.add(step(state, event)?.to ?? state);
      return seen;
    };
    for (const state of STATES) expect([...reach(state)], state).to.include('idle');
  });
});
