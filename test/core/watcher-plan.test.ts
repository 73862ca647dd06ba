import { expect } from 'chai';
import fc from 'fast-check';
import { newSlot, type Slot, type SlotState } from '../../core/slot-state.js';
import { SlotTable } from '../../core/slot-table.js';
import { type Actual, type Desired, type Phase, plan, type Step } from '../../core/watcher-plan.js';

const DESIRED: Desired = {
  run: true,
  epoch: 0,
  generation: 1,
  sequential: false,
  count: 2,
  respawn: true,
  gives_up: true,
  singleton: false,
  warmup_ms: 0,
  hold: null,
};
const NOW = 1000;

function slot(wid: number, state: SlotState, more: Partial<Slot> = {}): Slot {
  const alive = state === 'starting' || state === 'up' || state === 'stopping' || state === 'killing';
  return { ...newSlot(wid), state, generation: 1, attempt: wid, started_ms: alive ? wid : 0, pid: alive ? 100 + wid : null, ...more };
}
/** As a watcher fills it: in the order in which they were started. */
function tableOf(slots: Iterable<Slot>): SlotTable {
  const table = new SlotTable();
  for (const one of [...slots].sort((a, b) => a.started_ms - b.started_ms)) table.file(one);
  return table;
}
function actual(phase: Phase, slots: readonly Slot[] = [], more: Partial<Actual> = {}): Actual {
  return {
    phase,
    epoch: 0,
    slots: tableOf(slots),
    leftovers: 0,
    draining: 0,
    blocked: false,
    next_begin_at: 0,
    resume_at: null,
    spent: 0,
    stalled: null,
    ...more,
  };
}
const steps = (desired: Partial<Desired>, state: Actual): readonly Step[] => plan({ ...DESIRED, ...desired }, state, NOW).steps;
const begin = (wid: number): Step => ({ do: 'begin', wid });
const end = (wid: number, retire = true): Step => ({ do: 'end', wid, retire });
const phase = (to: Phase): Step => ({ do: 'phase', to });

describe('watcher plan', () => {
  it('begins so many at once and no more, however many are wanted', () => {
    const first = steps({ count: 1e9 }, actual('starting'));
    expect(first).to.have.length.within(100, 1000);
    const onTheirWay = first.map((_, at) => slot(at + 1, at % 2 ? 'admitting' : 'spawning'));
    expect(steps({ count: 1e9 }, actual('starting', onTheirWay))).to.deep.equal([]);
    const [born, ...rest] = onTheirWay;
    if (born)
      expect(steps({ count: 1e9 }, actual('starting', [{ ...born, state: 'up' }, ...rest]))).to.deep.equal([begin(first.length + 1)]);
  });

  const cases: readonly [string, Partial<Desired>, Actual, readonly Step[]][] = [
    ['starts with the gate', {}, actual('stopped'), [phase('before_start')]],
    ['starts again when a pause is over', { run: false }, actual('stopped', [], { resume_at: NOW }), [{ do: 'resume' }]],
    ['stays stopped where nobody wants it', { run: false }, actual('stopped'), []],
    ['does not come up before its turn', { hold: { up: true, down: false } }, actual('stopped'), []],
    ['does not come up while its namesake is on the way out', {}, actual('stopped', [], { blocked: true }), []],
    [
      'spawns nothing, and ends what was to go, while it is not known what',
      { count: 2 },
      actual('starting', [slot(1, 'up', { expires_at: NOW }), slot(2, 'idle', { respawn_at: NOW })], { blocked: true }),
      [end(1, false)],
    ],
    ['has not started as long as it may not spawn', {}, actual('starting', [slot(1, 'up'), slot(2, 'up')], { blocked: true }), []],
    ['leaves a slow before_start at once when stopped', { run: false }, actual('before_start'), [phase('stopped')]],
    ['fills with the smallest worker ids', {}, actual('starting'), [begin(1), begin(2)]],
    ['fills the gaps', { count: 3 }, actual('active', [slot(2, 'up')]), [begin(1), begin(3)]],
    ['is started when all are up', {}, actual('starting', [slot(1, 'up'), slot(2, 'up')]), [phase('after_start')]],
    [
      'is started when one has been up and waits for its respawn',
      {},
      actual('starting', [slot(1, 'up'), slot(2, 'idle', { respawn_at: 2000 })]),
      [phase('after_start')],
    ],
    [
      'is not started while a spawn keeps failing',
      {},
      actual('starting', [slot(1, 'up'), slot(2, 'idle', { respawn_at: 2000, spawn_failures: 1 })]),
      [],
    ],
    ['respawns when it is due', {}, actual('active', [slot(1, 'up'), slot(2, 'idle', { respawn_at: NOW })]), [begin(2)]],
    [
      'gives a respawn the smallest worker id that is free by then',
      {},
      actual('active', [slot(3, 'up'), slot(4, 'idle', { respawn_at: NOW })]),
      [{ do: 'begin', wid: 1, from: 4 }],
    ],
    [
      'ends the oldest when there are too many',
      { count: 1 },
      actual('active', [slot(1, 'up', { started_ms: 9 }), slot(2, 'up', { started_ms: 3 })]),
      [end(2)],
    ],
    [
      'forgets a respawn that waits before it ends what lives',
      { count: 1 },
      actual('active', [slot(1, 'up'), slot(2, 'idle', { respawn_at: 2000 })]),
      [{ do: 'forget', wid: 2 }],
    ],
    ['cancels what is not born before it ends what lives', { count: 1 }, actual('active', [slot(1, 'up'), slot(2, 'admitting')]), [end(2)]],
    [
      'lets one that is ending anyway go without a successor',
      { count: 1 },
      actual('active', [slot(1, 'up'), slot(2, 'stopping', { deadline_at: 9000 })]),
      [{ do: 'retire', wid: 2 }],
    ],
    [
      'does not replace one that is being ended before it is gone',
      {},
      actual('active', [slot(1, 'up'), slot(2, 'stopping', { deadline_at: 9000 })]),
      [],
    ],
    ['goes down through before_stop', { run: false }, actual('active', [slot(1, 'up')]), [phase('before_stop')]],
    [
      'goes down for a stop that a start has followed',
      { epoch: 1 },
      actual('active', [slot(1, 'up'), slot(2, 'up')]),
      [phase('before_stop')],
    ],
    [
      'does not go down before its turn',
      { run: false, hold: { up: false, down: true } },
      actual('active', [slot(1, 'up'), slot(2, 'up')]),
      [],
    ],
    ['does nothing while before_stop is asked', { run: false }, actual('before_stop', [slot(1, 'up')]), []],
    [
      'ends everything',
      { run: false },
      actual('stopping', [slot(1, 'up'), slot(2, 'spawning'), slot(3, 'stopping', { deadline_at: 9000 })]),
      [end(1), end(2)],
    ],
    ['waits for what processes left behind', { run: false }, actual('stopping', [], { leftovers: 1 }), []],
    ['has stopped when all is gone', { run: false }, actual('stopping', [slot(1, 'idle', { respawn_at: 5 })]), [phase('after_stop')]],
    ['does not wait for what is deaf to SIGKILL', { run: false }, actual('stopping', [slot(1, 'stuck')]), [phase('after_stop')]],
    [
      'kills at the deadline',
      {},
      actual('active', [slot(1, 'up'), slot(2, 'stopping', { deadline_at: NOW })]),
      [{ do: 'deadline', wid: 2 }],
    ],
    [
      'starts the new generation beside the old one',
      { generation: 2 },
      actual('active', [slot(1, 'up'), slot(2, 'up')]),
      [begin(3), begin(4)],
    ],
    [
      'keeps the old ones until all of the new generation are up',
      { generation: 2 },
      actual('active', [slot(1, 'up'), slot(2, 'up'), slot(3, 'up', { generation: 2 }), slot(4, 'spawning', { generation: 2 })]),
      [],
    ],
    [
      'ends the old ones when all of the new generation are up',
      { generation: 2 },
      actual('active', [slot(1, 'up'), slot(2, 'up'), slot(3, 'up', { generation: 2 }), slot(4, 'up', { generation: 2 })]),
      [end(1), end(2)],
    ],
    [
      'keeps the old ones where the new generation cannot be spawned',
      { generation: 2 },
      actual('active', [slot(1, 'up'), slot(2, 'up')], { stalled: 2 }),
      [],
    ],
    ['reloads one after the other', { generation: 2, sequential: true }, actual('active', [slot(1, 'up'), slot(2, 'up')]), [end(1, false)]],
    [
      'goes on with the next when its predecessor is replaced',
      { generation: 2, sequential: true },
      actual('active', [slot(1, 'up', { generation: 2 }), slot(2, 'up')]),
      [end(2, false)],
    ],
    [
      'waits in a sequential reload until the last one is up',
      { generation: 2, sequential: true },
      actual('active', [slot(1, 'starting', { generation: 2 }), slot(2, 'up')]),
      [],
    ],
    [
      'never has two processes of a singleton',
      { generation: 2, singleton: true, count: 1 },
      actual('active', [slot(1, 'up')]),
      [end(1, false)],
    ],
    [
      'waits with a singleton for what its predecessor left behind',
      { singleton: true, count: 1 },
      actual('active', [], { leftovers: 1 }),
      [],
    ],
    ['spawns one at a time where there is a warmup_delay', { warmup_ms: 50 }, actual('starting'), [begin(1)]],
    ['waits between two spawns', { warmup_ms: 50 }, actual('starting', [slot(1, 'up')], { next_begin_at: NOW + 50 }), []],
    [
      'replaces what is too old',
      {},
      actual('active', [slot(1, 'up', { expires_at: NOW }), slot(2, 'up', { expires_at: NOW + 1 })]),
      [end(1, false)],
    ],
    ['does not replace without respawn', { respawn: false }, actual('active', [slot(1, 'up')], { spent: 1 }), []],
    ['stops without respawn when the last is gone', { respawn: false }, actual('active', [], { spent: 2 }), [{ do: 'finish' }]],
    ['is active with no process where none is wanted', { count: 0 }, actual('starting'), [phase('after_start')]],
  ];
  for (const [title, desired, state, expected] of cases) it(title, () => expect(steps(desired, state)).to.deep.equal(expected));

  const wakes: readonly [string, Partial<Desired>, Actual, number | null][] = [
    ['at a respawn', {}, actual('active', [slot(1, 'up'), slot(2, 'idle', { respawn_at: 1500 })]), 1500],
    ['after the warmup_delay', { warmup_ms: 50 }, actual('starting', [slot(1, 'up')], { next_begin_at: 1040 }), 1040],
    ['when a pause is over', { run: false }, actual('stopped', [], { resume_at: 8000 }), 8000],
    ['at a deadline', { run: false }, actual('stopping', [slot(1, 'stopping', { deadline_at: 4000 })]), 4000],
    ['when a process gets too old', {}, actual('active', [slot(1, 'up', { expires_at: 7000 }), slot(2, 'up')]), 7000],
    ['never, where all is as it should be', {}, actual('active', [slot(1, 'up'), slot(2, 'up')]), null],
  ];
  for (const [title, desired, state, expected] of wakes) {
    it(`looks again ${title}`, () => expect(plan({ ...DESIRED, ...desired }, state, NOW).wake_at).to.equal(expected));
  }

  it('comes to rest from any mixture of slots, with the number and generation that are wanted', () => {
    const states: readonly SlotState[] = ['idle', 'admitting', 'spawning', 'starting', 'up', 'stopping'];
    const anySlot = fc.record({ state: fc.constantFrom(...states), generation: fc.integer({ min: 1, max: 2 }), waits: fc.boolean() });
    const anyDesired = fc.record({
      count: fc.integer({ min: 0, max: 6 }),
      sequential: fc.boolean(),
      singleton: fc.boolean(),
      generation: fc.constant(2),
    });
    fc.assert(
      fc.property(fc.array(anySlot, { maxLength: 8 }), anyDesired, (mixture, wanted) => {
        const desired = { ...DESIRED, ...wanted };
        const slots = new Map<number, Slot>();
        for (const [index, { state, generation, waits }] of mixture.entries()) {
          if (state === 'idle' && !waits) continue;
          slots.set(index + 1, slot(index + 1, state, { generation, respawn_at: state === 'idle' ? NOW : null, deadline_at: 9000 }));
        }
        let attempts = 100;
        for (let round = 0; round < 200; round++) {
          const { steps: todo } = plan(desired, actual('active', [...slots.values()]), NOW);
          for (const one of todo) {
            if (!('wid' in one)) continue;
            if (one.do === 'begin' && one.from !== undefined) slots.delete(one.from);
            const found = slots.get(one.wid) ?? newSlot(one.wid);
            slots.set(one.wid, found);
            if (one.do === 'begin')
              Object.assign(found, {
                state: 'up',
                generation: 2,
                attempt: ++attempts,
                started_ms: attempts,
                respawn_at: null,
                retired: false,
              });
            else if (one.do === 'forget') slots.delete(one.wid);
            else Object.assign(found, one.do === 'end' ? { state: 'stopping', retired: one.retire } : { retired: true });
          }
          if (todo.length > 0) continue;
          const moving = [...slots.values()].find((one) => one.state !== 'up');
          if (!moving) {
            expect([...slots.values()].map((one) => one.generation)).to.deep.equal(Array.from({ length: wanted.count }, () => 2));
            return;
          }
          // Nothing more to do by itself: let the world go on.
          if (moving.state === 'stopping') {
            if (moving.retired) slots.delete(moving.wid);
            else Object.assign(moving, { state: 'idle', respawn_at: NOW });
          } else moving.state = 'up';
        }
        expect.fail('it does not come to rest');
      }),
    );
  });
});
