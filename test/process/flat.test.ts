import { expect } from 'chai';
import { eventually } from '../../core/testing.js';
import { FORMS } from '../fixtures/os.js';
import { holding, Respawner } from '../fixtures/respawner.js';

// `npm run bench memory` goes on to 100,000.
const EARLY = 100;
const LATE = 500;
const AT_ONCE = 4;
/** What a process on its way may hold. */
const FDS_EACH = 4;
const MOST_HEAP_BYTES = 2 * 2 ** 20;

for (const [name, form] of FORMS) {
  describe(`many respawns, ${name}`, () => {
    it('leave nothing behind', async () => {
      const os = await form();
      {
        // What is made at the first use only.
        await using first = await Respawner.start(os, 1);
        await first.until(1);
      }
      const before = holding();
      {
        await using respawner = await Respawner.start(os, AT_ONCE);
        await respawner.until(EARLY);
        const early = holding();
        await respawner.until(LATE);
        const late = holding();
        expect(late.heap_bytes - early.heap_bytes).to.be.below(MOST_HEAP_BYTES);
        expect(late.fds).to.be.at.most(before.fds + AT_ONCE * FDS_EACH);
        // The one for SIGCHLD is there only while there is a child.
        expect(late.listeners).to.be.at.most(early.listeners + 1);
      }
      // What others in this process have left may go meanwhile; nothing may have come.
      await eventually(() => {
        const { fds, listeners, resources } = holding();
        const pipes = resources.PipeWrap ?? 0;
        expect(fds).to.be.at.most(before.fds);
        expect(listeners).to.be.at.most(before.listeners);
        expect(pipes).to.be.at.most(before.resources.PipeWrap ?? 0);
        return true;
      });
    });
  });
}
