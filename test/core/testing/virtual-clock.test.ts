import { expect } from 'chai';
import { VirtualClock } from '../../../core/testing.js';

describe('virtual clock', () => {
  it('stands still until it is advanced', () => {
    const clock = new VirtualClock();
    expect([clock.now(), clock.wall()]).to.deep.equal([0, 1_700_000_000_000]);
    clock.advance(250);
    expect([clock.now(), clock.wall()]).to.deep.equal([250, 1_700_000_000_250]);
  });

  it('fires timers when they are due, in order, those of one time in the order of setting', () => {
    const clock = new VirtualClock();
    const fired: string[] = [];
    const note = (name: string) => () => void fired.push(`${name}@${clock.now()}`);
    clock.setTimeout(note('c'), 30);
    clock.setTimeout(note('a'), 10);
    clock.setTimeout(note('b'), 10);
    clock.setImmediate(note('now'));
    clock.setTimeout(note('past'), -5);
    clock.advance(29);
    expect(fired).to.deep.equal(['now@0', 'past@0', 'a@10', 'b@10']);
    clock.advance(1);
    expect(fired.at(-1)).to.equal('c@30');
  });

  it('fires late what was due while it stood still, when it goes on', () => {
    const clock = new VirtualClock();
    const fired: number[] = [];
    clock.setTimeout(() => fired.push(clock.now()), 10);
    clock.setTimeout(() => fired.push(clock.now()), 2000);
    clock.stall(500);
    expect(fired).to.deep.equal([]);
    clock.advance(0);
    expect(fired).to.deep.equal([500]);
    clock.advance(1500);
    expect(fired).to.deep.equal([500, 2000]);
  });

  it('fires timers that are set while it advances', () => {
    const clock = new VirtualClock();
    const fired: number[] = [];
    const again = (): void => {
      fired.push(clock.now());
      clock.setTimeout(again, 10);
    };
    clock.setTimeout(again, 10);
    clock.advance(35);
    expect(fired).to.deep.equal([10, 20, 30]);
    expect(clock.now()).to.equal(35);
  });

  it('sets the wall clock forward and back, of which timers take no notice', () => {
    const clock = new VirtualClock();
    const fired: number[] = [];
    clock.setTimeout(() => void fired.push(clock.now()), 10);
    clock.jumpWall(3_600_000);
    expect([clock.now(), clock.wall(), clock.pending.length]).to.deep.equal([0, 1_700_003_600_000, 1]);
    clock.jumpWall(-7_200_000);
    clock.advance(10);
    expect([clock.wall(), fired]).to.deep.equal([1_699_996_400_010, [10]]);
  });

  it('lets something be done before and after each timer', async () => {
    const clock = new VirtualClock();
    const at: number[] = [];
    clock.setTimeout(() => {}, 5);
    clock.setTimeout(() => {}, 8);
    await clock.advanceAsync(10, async () => void at.push(clock.now()));
    expect(at).to.deep.equal([0, 5, 8]);
  });

  it('does not fire a timer that was disposed of', () => {
    const clock = new VirtualClock();
    const fired: string[] = [];
    const second = clock.setTimeout(() => fired.push('second'), 5);
    clock.setTimeout(() => second[Symbol.dispose](), 4);
    clock.setImmediate(() => fired.push('immediate'))[Symbol.dispose]();
    clock.advance(10);
    expect(fired).to.deep.equal([]);
  });

  it('lists what is pending, next first', () => {
    const clock = new VirtualClock();
    clock.setTimeout(() => {}, 20);
    clock.setTimeout(() => {}, 5);
    clock.setImmediate(() => {});
    expect(clock.pending).to.deep.equal([
      { kind: 'immediate', due_in_ms: 0 },
      { kind: 'timeout', due_in_ms: 5 },
      { kind: 'timeout', due_in_ms: 20 },
    ]);
    clock.advance(5);
    expect(clock.pending).to.deep.equal([{ kind: 'timeout', due_in_ms: 15 }]);
  });

  it('lets promises settle between timers', async () => {
    const clock = new VirtualClock();
    const steps: string[] = [];
    const sleep = (ms: number): Promise<void> => new Promise((resolve) => clock.setTimeout(resolve, ms));
    const walk = async (): Promise<void> => {
      for (let step = 1; step <= 3; step += 1) {
        await sleep(10);
        steps.push(`${step}@${clock.now()}`);
      }
    };
    const walking = walk();
    await clock.advanceAsync(30);
    expect(steps).to.deep.equal(['1@10', '2@20', '3@30']);
    await walking;
  });

  it('fires timers that promises set before it began', async () => {
    const clock = new VirtualClock();
    let fired = false;
    void Promise.resolve().then(() =>
      clock.setTimeout(() => {
        fired = true;
      }, 10),
    );
    await clock.advanceAsync(10);
    expect(fired).to.equal(true);
  });

  it('says that there is no end where a timer sets itself again at once', () => {
    const clock = new VirtualClock();
    const again = (): void => void clock.setTimeout(again, 0);
    again();
    expect(() => clock.advance(1)).to.throw(/there is no end/);
  });

  it('throws what a timer throws', () => {
    const clock = new VirtualClock();
    clock.setTimeout(() => {
      throw new Error('boom');
    }, 1);
    expect(() => clock.advance(1)).to.throw('boom');
  });
});
