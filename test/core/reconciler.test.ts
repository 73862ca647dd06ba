import { expect } from 'chai';
import { Reconciler } from '../../core/reconciler.js';
import { VirtualClock } from '../../core/testing.js';

describe('a reconciler', () => {
  let clock: VirtualClock;
  let passes: number;
  let reconciler: Reconciler;
  const tell = (): void => reconciler.after(() => reconciler.soon());
  beforeEach(() => {
    clock = new VirtualClock();
    passes = 0;
    reconciler = new Reconciler(clock, () => {
      passes++;
      return null;
    });
  });

  it('acts on the first news of a turn at once, and on a hundred that follow in it together', () => {
    for (let news = 0; news < 101; news++) tell();
    expect(passes).to.equal(1);
    clock.advance(0);
    expect(passes).to.equal(2);
    tell();
    expect(passes).to.equal(3);
    clock.advance(0);
    expect([passes, clock.pending]).to.deep.equal([3, []]);
  });

  it('does not ask again in the end of a turn where a request has asked since the last news', () => {
    tell();
    tell();
    reconciler.now();
    clock.advance(0);
    expect(passes).to.equal(2);
  });

  it('waits with news that come outside of a change', () => {
    reconciler.soon();
    expect(passes).to.equal(0);
    clock.advance(0);
    expect(passes).to.equal(1);
  });

  it('keeps news while it is held, and forgets them when it is disposed of', () => {
    const hold = reconciler.hold();
    tell();
    tell();
    clock.advance(0);
    expect(passes).to.equal(0);
    hold[Symbol.dispose]();
    expect(passes).to.equal(1);
    tell();
    tell();
    reconciler[Symbol.dispose]();
    clock.advance(0);
    expect([passes, clock.pending]).to.deep.equal([2, []]);
  });
});
