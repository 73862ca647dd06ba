import { expect } from 'chai';
import { Soak } from '../sim/soak.js';

/** Longer by hand: `node dist/test/sim/soak-run.js --minutes 10`, which tells how memory goes. */
const WARM_MS = 4000;
const ROUND_MS = 3000;
const MOST_ROUNDS = 4;
/** Processes come and go all the time, each with descriptors of its own. */
const MOST_LOOKS = 50;
const SEED = Number(process.env.RINGMASTER_TEST_SEED ?? Date.now() % 1_000_000);
/** A journal is rewritten when it is as big. */
const JOURNAL_BYTES = 64 * 1024;

(process.platform === 'linux' ? describe : describe.skip)('a daemon with everything to do at once', function () {
  this.timeout(180_000);

  it('holds no more descriptors, handles, listeners, threads and bytes of its journal after it than before', async () => {
    await using soak = await Soak.start(SEED);
    await soak.run(WARM_MS);
    const before = await soak.held();
    let after = before;
    const hasNoMore = (): boolean =>
      (['fds', 'listeners', 'threads'] as const).every((what) => after[what] <= before[what]) &&
      total(after.handles) <= total(before.handles);
    // What is just on its way counts too; what is kept would be there each time.
    for (let round = 0; round < MOST_ROUNDS && (round === 0 || !hasNoMore()); round++) {
      await soak.run(ROUND_MS);
      for (let look = 0; look < MOST_LOOKS && (look === 0 || !hasNoMore()); look++) after = await soak.held();
    }
    const told = `seed ${SEED}, ${JSON.stringify({ ...soak.done, before, after })}`;
    expect(after.fds, told).to.be.at.most(before.fds);
    expect(total(after.handles), told).to.be.at.most(total(before.handles));
    expect(after.listeners, told).to.be.at.most(before.listeners);
    expect(after.threads, told).to.be.at.most(before.threads);
    expect(after.journal_bytes, told).to.be.at.most(JOURNAL_BYTES);
    // Each run ends with one.
    expect(soak.done.applied, told).to.be.above(2);
    expect(await soak.end(), soak.said).to.equal(0);
  });
});

/** Without requests, each of which is on its way: the daemon looks at its state directory now and then. */
function total(handles: Readonly<Record<string, number>>): number {
  return Object.entries(handles).reduce((sum, [kind, count]) => (kind.startsWith('FSReq') ? sum : sum + count), 0);
}
