import { resolve } from 'node:path';
import { expect } from 'chai';
import { createHarness, noLeaks } from '../../../core/testing.js';

const DECIDES = resolve('test/fixtures/plugins/isolation/decides.js');

describe('a harness with an isolated plugin', () => {
  noLeaks();

  for (const isolation of ['none', 'worker', 'process']) {
    it(`waits for it in real time, while virtual time stands still: ${isolation}`, async () => {
      await using harness = createHarness({
        config: { watchers: { web: { cmd: 'web' }, never: { cmd: 'never' } }, plugins: { [DECIDES]: { isolation } } },
      });
      await harness.start();
      expect(harness.clock.now()).to.equal(0);
      expect(harness.supervisor.watchers().map(({ name, status }) => `${name} ${status}`)).to.have.members(['web active', 'never stopped']);
      harness.os.exit(harness.os.alive[0] ?? 0);
      await harness.pass(1999);
      expect(harness.os.alive).to.deep.equal([]);
      await harness.pass(1);
      expect(harness.os.alive).to.have.length(1);
      expect(harness.supervisor.find('web')?.decisions().at(-1)?.reason).to.equal('it is to wait; ended with status 0');
    });
  }
});
