import { expect } from 'chai';
import { eventually } from '../../core/testing.js';
import { Daemon, randomFrom, sleepers } from '../fixtures/daemon.js';
import { quantile, type Respawn, Respawns } from '../fixtures/respawns.js';

const WORKERS = 300;
const KILLS = 60;

describe('workers of a daemon with 300 of them are killed', () => {
  it('each is replaced exactly once, and 300 run', async () => {
    const seed = Date.now() % 1_000_000;
    const random = randomFrom(seed);
    await using daemon = await Daemon.start(sleepers(WORKERS));
    using respawns = await Respawns.of(daemon);
    const done: Respawn[] = [];
    for (let round = 0; round < KILLS; round++) {
      const pids = await respawns.pids();
      expect(pids).to.have.length(WORKERS);
      done.push(await respawns.kill(pids[Math.floor(random() * WORKERS)] ?? 0));
    }
    console.log(
      `      from kill to replacement: median ${quantile(
        done.map((one) => one.running_ms),
        0.5,
      ).toFixed(1)} ms`,
    );
    expect(respawns.spawned(), `seed ${seed}`).to.deep.equal(done.map((one) => one.replacement));
    expect(respawns.reaped(), `seed ${seed}`).to.deep.equal(done.map((one) => one.killed));
    expect([...(await respawns.pids())].sort()).to.deep.equal([...daemon.workers].sort());
  });

  it('all at once: all are replaced, each once', async () => {
    await using daemon = await Daemon.start(sleepers(WORKERS));
    using respawns = await Respawns.of(daemon);
    const before = await respawns.pids();
    for (const pid of before) process.kill(pid, 'SIGKILL');
    await eventually(() => respawns.spawned().length >= WORKERS, { what: 'all replacements' });
    const after = await respawns.pids();
    expect(new Set(after)).to.deep.equal(new Set(respawns.spawned()));
    expect(new Set(respawns.reaped())).to.deep.equal(new Set(before));
    expect(daemon.workers).to.have.length(WORKERS);
  });
});
