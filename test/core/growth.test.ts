import { expect } from 'chai';
import fc from 'fast-check';
import { DueHeap } from '../../core/due-heap.js';
import { newSlot, type Slot, type SlotState } from '../../core/slot-state.js';
import { SlotTable } from '../../core/slot-table.js';
import { type Actual, type Desired, plan } from '../../core/watcher-plan.js';
import { Rig, tapping } from '../fixtures/rig.js';

const NOW = 1000;

/** A table of slots that count how often they are looked at. */
class Counted {
  looks = 0;
  readonly table = new SlotTable();

  /** @param more what the one slot that something happens to is, with worker id 1 */
  constructor(count: number, more: Partial<Slot>) {
    const up: Partial<Slot> = { state: 'up', generation: 1 };
    for (let wid = 1; wid <= count; wid++) {
      const slot: Slot = { ...newSlot(wid), ...up, attempt: wid, started_ms: wid, pid: wid, ...(wid === 1 ? more : {}) };
      const look = (): void => {
        this.looks += 1;
      };
      this.table.file(
        new Proxy(slot, {
          get: (target, key) => {
            look();
            return Reflect.get(target, key);
          },
        }),
      );
    }
    this.looks = 0;
  }
}

const DESIRED: Omit<Desired, 'count'> = {
  run: true,
  epoch: 0,
  generation: 1,
  sequential: false,
  respawn: true,
  gives_up: true,
  singleton: false,
  warmup_ms: 0,
  hold: null,
};
const ACTUAL: Omit<Actual, 'slots'> = {
  phase: 'active',
  epoch: 0,
  leftovers: 0,
  draining: 0,
  blocked: false,
  next_begin_at: 0,
  resume_at: null,
  spent: 0,
  stalled: null,
};

describe('what a plan costs', () => {
  const cases: readonly [string, Partial<Slot>, Partial<Desired>, number][] = [
    ['nothing is to be done', {}, {}, 0],
    ['a respawn is due', { state: 'idle', respawn_at: NOW, pid: null }, {}, 1],
    ['a respawn waits', { state: 'idle', respawn_at: NOW + 5, pid: null }, {}, 0],
    ['a process is asked to end', { state: 'stopping', deadline_at: NOW + 5 }, {}, 0],
    ['a deadline is due', { state: 'stopping', deadline_at: NOW }, {}, 1],
    ['a process is too old', { expires_at: NOW }, {}, 1],
    ['a process is not born yet', { state: 'spawning', pid: null }, {}, 0],
    ['it is reloaded one after the other', {}, { generation: 2, sequential: true }, 1],
  ];
  for (const [title, more, wanted, steps] of cases) {
    it(`does not depend on how many there are when ${title}`, () => {
      const looks = [100, 2000].map((count) => {
        const counted = new Counted(count, more);
        const result = plan({ ...DESIRED, count, ...wanted }, { ...ACTUAL, slots: counted.table }, NOW);
        expect(result.steps).to.have.length(steps);
        return counted.looks;
      });
      expect(looks[1]).to.equal(looks[0]);
    });
  }

  it('is that of what begins, not of what is there already, in a start', () => {
    const looks = [100, 2000].map((count) => {
      const counted = new Counted(count, {});
      expect(plan({ ...DESIRED, count: count + 7 }, { ...ACTUAL, slots: counted.table }, NOW).steps).to.have.length(7);
      return counted.looks;
    });
    expect(looks).to.deep.equal([0, 0]);
  });
});

describe('a table of slots', () => {
  const states: readonly SlotState[] = ['idle', 'admitting', 'spawning', 'starting', 'up', 'stopping', 'killing', 'stuck'];
  const anyTime = fc.option(fc.integer({ min: 0, max: 20 }));
  const anyChange = fc.record({
    wid: fc.integer({ min: 1, max: 8 }),
    gone: fc.boolean(),
    anew: fc.boolean(),
    more: fc.record({
      state: fc.constantFrom(...states),
      generation: fc.integer({ min: 1, max: 3 }),
      deadline_at: anyTime,
      respawn_at: anyTime,
      expires_at: anyTime,
      spawn_failures: fc.integer({ min: 0, max: 1 }),
      retired: fc.boolean(),
    }),
  });

  const wids = (slots: Iterable<Slot>): number[] => [...slots].map(({ wid }) => wid).sort((a, b) => a - b);
  const summary = (table: SlotTable): unknown => ({
    cohorts: table.cohorts
      .map(({ generation, members, unborn, born, up }) => ({ generation, members, unborn: wids(unborn), born: wids(born), up }))
      .sort((a, b) => a.generation - b.generation),
    ending: wids(table.ending),
    waiting: wids(table.waiting),
    counts: [table.replaced, table.failing, table.lowestFree],
    times: [table.deadlines, table.respawns, table.expiries].map((heap) => [wids(heap.due(10)), heap.after(10), heap.first_at]),
  });

  it('says after any changes what it would say of the same slots filed anew', () => {
    fc.assert(
      fc.property(fc.array(anyChange, { maxLength: 60 }), (changes) => {
        const table = new SlotTable();
        for (const { wid, gone, anew, more } of changes) {
          const found = table.get(wid);
          if (gone) table.delete(wid);
          else if (found === undefined || anew) table.file({ ...newSlot(wid), ...more });
          else table.file(Object.assign(found, more));
        }
        const fresh = new SlotTable();
        for (const slot of table.values()) fresh.file(slot);
        expect(summary(table)).to.deep.equal(summary(fresh));
        expect(table.lowestFree).to.equal([1, 2, 3, 4, 5, 6, 7, 8, 9].find((wid) => !table.has(wid)));
      }),
    );
  });

  it('has the processes of a generation in the order in which they were started', () => {
    const table = new SlotTable();
    const slots = [3, 1, 2].map((wid): Slot => ({ ...newSlot(wid), state: 'starting', generation: 1 }));
    for (const slot of slots) table.file(slot);
    for (const slot of [...slots].reverse()) table.file(Object.assign(slot, { state: 'up' }));
    expect([...(table.cohorts[0]?.born ?? [])].map(({ wid }) => wid)).to.deep.equal([3, 1, 2]);
  });
});

describe('a heap of what is due', () => {
  it('says what is due and what is next, whatever was set before', () => {
    const anySet = fc.tuple(fc.integer({ min: 0, max: 12 }), fc.option(fc.integer({ min: 0, max: 30 })));
    fc.assert(
      fc.property(fc.array(anySet, { maxLength: 80 }), fc.integer({ min: 0, max: 30 }), (sets, now) => {
        const heap = new DueHeap<number>();
        const times = new Map<number, number>();
        for (const [of, at] of sets) {
          heap.set(of, at);
          if (at === null) times.delete(of);
          else times.set(of, at);
        }
        const due = [...times].filter(([, at]) => at <= now).sort(([, a], [, b]) => a - b);
        const later = [...times.values()].filter((at) => at > now);
        expect([...heap.due(now)].sort()).to.deep.equal(due.map(([of]) => of).sort());
        expect(heap.due(now).map((of) => times.get(of))).to.deep.equal(due.map(([, at]) => at));
        expect(heap.due(now, 1).map((of) => times.get(of))).to.deep.equal(due.slice(0, 1).map(([, at]) => at));
        expect(heap.after(now)).to.equal(later.length === 0 ? null : Math.min(...later));
        expect(heap.first_at).to.equal(times.size === 0 ? null : Math.min(...times.values()));
      }),
    );
  });
});

describe('many watchers', () => {
  const many = (count: number, more: object = {}): Record<string, object> =>
    Object.fromEntries(Array.from({ length: count }, (_, index) => [`w${index}`, { cmd: `w${index}`, ...more }]));

  it('are reloaded a few at once, each without a gap', async () => {
    await using rig = await Rig.start({ watchers: many(20, { graceful_timeout: 3 }) });
    rig.os.behave({});
    const before = rig.os.alive.length;
    let most = 0;
    rig.os.behave(() => {
      most = Math.max(most, rig.os.alive.length - before);
      return {};
    });
    const outcome = await rig.until(rig.supervisor.reloadWatchers());
    expect([outcome.started.length, outcome.stopped.length]).to.deep.equal([20, 20]);
    expect(most).to.be.within(2, 8);
  });

  it('are reloaded in tiers of priority', async () => {
    await using rig = await Rig.start({ watchers: { ...many(3), low: { cmd: 'low', priority: -1 }, high: { cmd: 'high', priority: 1 } } });
    const started = rig.os.of('spawn').length;
    await rig.until(rig.supervisor.reloadWatchers());
    const files = rig.os.of('spawn').map(({ request }) => request.file);
    expect(files.slice(started)).to.deep.equal(['high', 'w0', 'w1', 'w2', 'low']);
  });

  it('start together where nobody is asked about them, in the order of the config', async () => {
    await using rig = await Rig.start({ watchers: many(50) });
    expect(rig.os.of('spawn').map(({ request }) => request.file)).to.deep.equal(Object.keys(many(50)));
  });

  it('wait for one whose start somebody is asked about, and it for those before', async () => {
    const asked: string[] = [];
    const slow = tapping('after_start', async ({ watcher }) => {
      asked.push(`${watcher.name} ${rig.os.alive.length}`);
      await rig.clock.advanceAsync(0);
    });
    const rig: Rig = new Rig({ watchers: many(3) }, [slow]);
    await rig.until(rig.supervisor.start());
    expect(asked).to.deep.equal(['w0 1', 'w1 2', 'w2 3']);
    await rig.until(rig.supervisor.stop());
  });

  it('are all looked at by the safety net in the end, five hundred processes at a time', async () => {
    await using rig = await Rig.start({ check_delay: 1, watchers: { web: { cmd: 'web', numprocesses: 700 } } });
    const looked = (): number => rig.os.of('signal').filter(({ signum }) => signum === 0).length;
    await rig.pass(1000);
    expect(looked()).to.equal(500);
    await rig.pass(1000);
    expect(looked()).to.equal(700);
  });
});
