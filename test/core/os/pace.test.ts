import { expect } from 'chai';
import { PAUSE_MS, Pace } from '../../../core/os/posix/pace.js';

const FULL = 49_152;

describe('the pace at which a pipe is read', () => {
  let pace: Pace;
  let now: number;

  beforeEach(() => {
    pace = new Pace();
    now = 0;
  });

  /** @returns after each of so many reads, so long after each other, whether there is to be a pause */
  function reads(times: number, bytes: number, after_ms: number): boolean[] {
    return Array.from({ length: times }, () => {
      now += after_ms;
      return pace.read(bytes, FULL, now);
    });
  }

  const pauses = (...told: readonly (readonly boolean[])[]): number => told.flat().filter(Boolean).length;

  it('is at once what comes now and then, however often', () => expect(pauses(reads(1000, 100, 1))).to.equal(0));

  it('is at once the first that comes all the time, and after a pause each from then on', () => {
    expect(reads(17, 100, 0.1)).to.deep.equal([...Array.from({ length: 16 }, () => false), true]);
    expect(pauses(reads(100, 4000, PAUSE_MS))).to.equal(100);
  });

  it('is at once again when little has come in a pause, or nothing for a while', () => {
    for (const [bytes, after_ms] of [
      [511, PAUSE_MS],
      [4000, 21],
    ] as const) {
      expect([pauses(reads(17, 100, 0.1)), pauses(reads(1, bytes, after_ms))]).to.deep.equal([1, 0]);
      now += 10;
    }
  });

  it('is at once where there is as much as fits', () => expect(pauses(reads(100, FULL, 0.1))).to.equal(0));

  describe('of somebody who fills the pipe in each pause, and has to wait then', () => {
    const filled = (times: number): number =>
      Array.from({ length: times }, () => pauses(reads(1, FULL, PAUSE_MS), reads(1, 100, 0.1))).reduce((sum, one) => sum + one, 0);

    beforeEach(() => void reads(17, 100, 0.1));

    it('knows no pause for 10 s after 20 of them', () => {
      expect(filled(100)).to.equal(19);
      expect(pauses(reads(10_000, 100, 0.9))).to.equal(0);
      expect(pauses(reads(2000, 100, 0.9))).to.be.above(0);
    });

    it('knows none either where that is so for every other one', () => {
      for (let round = 0; round < 40; round++) pauses(reads(1, 4000, PAUSE_MS), reads(1, FULL, PAUSE_MS), reads(1, 100, 0.1));
      expect(pauses(reads(1000, 100, 0.9))).to.equal(0);
    });

    it('has another chance when the pipe holds more', () => {
      expect(filled(18)).to.equal(18);
      now += PAUSE_MS;
      pace.read(4 * FULL, 4 * FULL, now);
      reads(18, 100, 0.1);
      expect(filled(18)).to.equal(18);
    });

    it('goes on as it was where that happens now and then', () => {
      for (let round = 0; round < 100; round++) expect(filled(1) + pauses(reads(4, 4000, PAUSE_MS))).to.equal(5);
    });
  });
});
