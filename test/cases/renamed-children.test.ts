import { readdirSync, readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect } from 'chai';
import { eventually } from '../../core/testing.js';
import { Daemon } from '../fixtures/daemon.js';

const ROUNDS = 8;
const NAME = `renamed-${process.pid}`;
/** As a master with workers: all with a name of their own, and the workers come late. */
const MASTER = `$0 = q(${NAME}); select undef, undef, undef, rand 0.1; for (1 .. 4) { last if !fork } sleep 3600 while 1`;

function renamed(): readonly string[] {
  return readdirSync('/proc').filter((pid) => {
    try {
      return /^\d+$/.test(pid) && readFileSync(`/proc/${pid}/cmdline`, 'latin1').startsWith(NAME);
    } catch {
      return false;
    }
  });
}

(process.platform === 'linux' ? describe : describe.skip)('a daemon of the tests that is disposed of', () => {
  it('takes along what calls itself something else and is being forked', async () => {
    for (let round = 0; round < ROUNDS; round++) {
      const daemon = await Daemon.start({
        file: 'daemon.json',
        config: ({ endpoint, pubsub_endpoint }) =>
          JSON.stringify({ endpoint, pubsub_endpoint, watchers: { web: { cmd: 'perl', args: ['-e', MASTER], numprocesses: 5 } } }),
      });
      await eventually(() => renamed().length > 0);
      await sleep(Math.random() * 60);
      await daemon[Symbol.asyncDispose]();
      await eventually(() => expect(renamed()).to.deep.equal([]), { what: `the end of all in round ${round}` });
    }
  });
});
