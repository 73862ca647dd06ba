import { readdirSync, readFileSync } from 'node:fs';
import { expect } from 'chai';
import type { Os } from '../../core/os/port.js';
import { procStat } from '../../core/os/posix/proc-identity.js';
import { eventually } from '../../core/testing.js';
import { FORMS, run } from '../fixtures/os.js';
import { child, Real } from '../fixtures/real.js';

/** Living processes with this word in their command line. */
function livingWith(word: string): readonly number[] {
  return readdirSync('/proc').flatMap((name) => {
    try {
      return /^\d+$/.test(name) && readFileSync(`/proc/${name}/cmdline`, 'latin1').includes(word) ? [Number(name)] : [];
    } catch {
      return [];
    }
  });
}

let count = 0;
const newMarker = (): string => `hostile-${process.pid}-${++count}`;

(process.platform === 'linux' ? describe : describe.skip)('ending processes that leave others behind', () => {
  const started = (deed: string, marker: string): Promise<Real> =>
    Real.start((file) => ({ watchers: { web: { cmd: child('hostile.pl'), args: [deed, marker, file], graceful_timeout: '300ms' } } }));

  for (const [deed, others, what] of [
    ['forks_twice', 2, 'whose parents have ended'],
    ['jobs', 2, 'in groups of their own'],
    ['lost_jobs', 1, 'in groups of their own, whose parents have ended'],
  ] as const) {
    it(`leaves none of the session ${what}`, async () => {
      const marker = newMarker();
      await using real = await started(deed, marker);
      await eventually(() => livingWith(marker).length > others, { what: 'the others' });
      await real.watcher().stop();
      expect(livingWith(marker)).to.deep.equal([]);
    });

    it(`ends those ${what} when it has crashed, and not its replacement`, async () => {
      const marker = newMarker();
      await using real = await started(deed, marker);
      await eventually(() => livingWith(marker).length > others, { what: 'the others' });
      const [crashed = 0] = real.pids();
      process.kill(crashed, 'SIGKILL');
      await eventually(
        () => {
          const [leader] = real.pids();
          expect(leader).not.to.equal(crashed);
          const sessions = livingWith(marker).map((pid) => procStat(pid)?.sid);
          expect(sessions).to.include(leader).and.not.include(crashed);
          return true;
        },
        { what: 'a replacement, and the end of all others' },
      );
    });
  }

  it('leaves nothing of a chain of processes each of which starts the next and ends', async () => {
    const marker = newMarker();
    await using real = await started('comet', marker);
    await eventually(() => real.record.names('web').filter((name) => name === 'reap').length >= 3);
    await real.watcher().stop();
    expect(livingWith(marker)).to.deep.equal([]);
  });

  for (const [name, form] of FORMS) {
    describe(name, () => {
      let os: Os;
      before(async () => {
        os = await form();
      });

      it('says that a group is alive as long as somebody in it is, however fast they take turns', async () => {
        const { pid, exit } = await run(os, [child('hostile.pl'), 'comet', newMarker(), '/dev/null']);
        await exit;
        for (let look = 0; look < 30; look++) {
          expect(os.groupAlive(pid), `look ${look}`).to.equal(true);
          await new Promise((resolve) => setImmediate(resolve));
        }
        os.signalGroup(pid, 9);
        await eventually(() => !os.groupAlive(pid));
      });
    });
  }
});
