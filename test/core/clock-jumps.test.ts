import { expect } from 'chai';
import { Rig, web } from '../fixtures/rig.js';

const SIGTERM = 15;
const DAY_MS = 86_400_000;

describe('a wall clock that jumps, as it does at the end of a suspend', () => {
  for (const by_ms of [DAY_MS, -DAY_MS]) {
    const way = by_ms > 0 ? 'forward' : 'back';

    it(`${way}: kills nothing sooner or later, and no process is older for it`, async () => {
      await using rig = new Rig(web({ graceful_timeout: 2, max_age: 60, max_age_variance: 0 }));
      rig.os.behave({ deaf_to: [SIGTERM] });
      await rig.until(rig.supervisor.start());
      const [pid] = rig.pids();
      rig.clock.jumpWall(by_ms);
      await rig.pass(30_000);
      expect(rig.pids()).to.deep.equal([pid]);
      expect(rig.watcher().processes()[0]?.age).to.be.closeTo(30, 0.1);
      const asked_ms = rig.clock.now();
      const stopped = rig.watcher().stop();
      await rig.pass(1000);
      rig.clock.jumpWall(-by_ms);
      await rig.until(stopped);
      const kill = rig.os.of('signal').find(({ signum }) => signum === 9);
      expect((kill?.at_ms ?? 0) - asked_ms).to.be.closeTo(2000, 2);
    });

    it(`${way}: the respawn of what dies young comes when it was to come`, async () => {
      await using rig = new Rig(web());
      rig.os.behave((_request, nth) => (nth <= 6 ? { exits_after_ms: 1 } : {}));
      await rig.until(rig.supervisor.start());
      for (let second = 0; second < 5; second++) {
        rig.clock.jumpWall(by_ms);
        await rig.pass(400);
      }
      const times = rig.os.of('spawn').map(({ at_ms }) => at_ms);
      expect(times).to.have.length(7);
      expect((times[6] ?? 0) - (times[5] ?? 0)).to.be.closeTo(401, 10);
    });
  }
});
