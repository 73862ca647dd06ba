import { expect } from 'chai';
import { endAtRandom, GRACE_MS, launchHostile, Trouble } from '../sim/hostile-children.js';
import { Random } from '../sim/random.js';

/** More by hand: `node dist/test/sim/hostile-run.js --cycles 10000 --ends 200`. */
const BIRTHS = 150;
const ENDS = 4;
const SEED = Number(process.env.RINGMASTER_TEST_SEED ?? Date.now() % 1_000_000);
/** What a busy machine may take besides. */
const SLACK_MS = 10_000;

(process.platform === 'linux' ? describe : describe.skip)('children that are hard to end, and leave others behind', function () {
  this.timeout(120_000);

  for (const durable of [false, true]) {
    const kind = durable ? 'durable' : 'ordinary';

    it(`are all gone when they are stopped, and the daemon holds nothing more of them, ${kind}`, async () => {
      await using daemon = await launchHostile(durable);
      await daemon.ready();
      const trouble = new Trouble(daemon, SEED);
      const told = (): string => `seed ${SEED}\n${daemon.said}`;
      await trouble.until(BIRTHS / 3);
      const before = await trouble.rest();
      expect(before, told()).to.deep.include({ orphans: [], zombies: 0, recorded: 0 });
      await trouble.again();
      await trouble.until(BIRTHS);
      const after = await trouble.rest();
      expect(after, told()).to.deep.include({ orphans: [], zombies: 0, recorded: 0 });
      expect(after.fds, told()).to.be.at.most(before.fds);
    });

    it(`are all gone when the daemon is asked to end, at whatever moment, ${kind}`, async () => {
      const random = new Random(SEED);
      for (let round = 0; round < ENDS; round++) {
        const { took_ms, end, orphans, delay_ms, said } = await endAtRandom(random, durable);
        const told = `seed ${SEED}, ${delay_ms} ms after its first line\n${said}`;
        expect({ end, orphans }, told).to.deep.equal({ end: { status: 0, signal: null }, orphans: [] });
        expect(took_ms, told).to.be.below(GRACE_MS + SLACK_MS);
      }
    });
  }
});
