import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync } from 'node:fs';
import { expect } from 'chai';
import { Deaths } from '../../core/os/posix/deaths.js';
import { type Libc, loadLibc } from '../../core/os/posix/libc.js';
import { eventually } from '../../core/testing.js';

(process.platform === 'linux' ? describe : describe.skip)('the news of deaths', () => {
  let libc: Libc;
  before(async () => {
    libc = await loadLibc();
  });

  /** A child that lives until it is killed. */
  function sleeper(): { readonly pid: number; end(): Promise<unknown> } {
    const child = spawn('sleep', ['86400'], { stdio: 'ignore' });
    return {
      pid: child.pid ?? 0,
      end: () => {
        child.kill('SIGKILL');
        return once(child, 'exit');
      },
    };
  }

  it('names exactly those that have ended, each once, and keeps no descriptor for the others', async () => {
    const deaths = new Deaths(libc);
    const sleepers = Array.from({ length: 5 }, sleeper);
    const before = readdirSync('/proc/self/fd').length;
    expect(sleepers.map(({ pid }) => deaths.watch(pid))).to.deep.equal([true, true, true, true, true]);
    expect(readdirSync('/proc/self/fd').length).to.equal(before);
    expect(deaths.take()).to.deep.equal([]);
    const [one, , three] = sleepers;
    await Promise.all([one?.end(), three?.end()]);
    const told: number[] = [];
    await eventually(() => told.push(...deaths.take()) >= 2, { what: 'both to be named' });
    expect(told).to.have.members([one?.pid, three?.pid]);
    expect(deaths.take()).to.deep.equal([]);
    await Promise.all(sleepers.filter((each) => each !== one && each !== three).map((each) => each.end()));
  });

  it('is told of more than fit into one context of the kernel, or into one question', async () => {
    const deaths = new Deaths(libc);
    const { pid, end } = sleeper();
    // The kernel gives about twice as much room as it is asked for.
    const watched = Array.from({ length: 10_000 }, () => deaths.watch(pid));
    expect(watched).not.to.include(false);
    await end();
    let told = 0;
    await eventually(
      () => {
        told += deaths.take().length;
        return told === watched.length;
      },
      { what: 'the end to be told each time' },
    );
  });

  it('is for nobody where the process is gone, or the kernel has no room or no such call', () => {
    expect(new Deaths(libc).watch(2 ** 30)).to.equal(false);
    const calls: number[] = [];
    const without = new Deaths({
      ...libc,
      syscall: (number, ...rest) => {
        calls.push(number);
        return calls.length === 1 ? libc.syscall(number, ...rest) : -1;
      },
    });
    expect([without.watch(process.pid), without.watch(process.pid), calls.length, without.take()]).to.deep.equal([false, false, 2, []]);
  });
});
