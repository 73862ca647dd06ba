import { expect } from 'chai';
import { randomFrom } from '../fixtures/daemon.js';
import { outputTrial } from '../fixtures/durable/output-trial.js';

describe('output of a durable daemon', function () {
  this.timeout(120_000);

  it('is in its rotated files line by line, none lost and none doubled, though the daemon is killed again and again', async () => {
    const { written, lines, pids, faults, said } = await outputTrial({ workers: 6, kills: 3, pause_s: 0.003, random: randomFrom(11) });
    expect({ lines, pids, faults }, said).to.deep.equal({ lines: written, pids: 6, faults: [] });
    expect(written).to.be.greaterThan(100);
  });
});
