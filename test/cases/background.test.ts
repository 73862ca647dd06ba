import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { eventually } from '../../core/testing.js';
import { Daemon, type DaemonOptions, openFds, sleepers } from '../fixtures/daemon.js';
import { isAlive } from '../fixtures/real.js';

const pidfileOf = (daemon: Daemon): string => join(daemon.place.directory, 'rm.pid');
const withPidfile = (...args: readonly string[]): Pick<DaemonOptions, 'args'> => ({
  args: ({ directory }) => [...args, '--pidfile', join(directory, 'rm.pid')],
});

describe('a daemon in the background', () => {
  it('returns once it runs, holds its pidfile, and ends with all of its workers', async () => {
    await using daemon = await Daemon.launch({ ...sleepers(20), ...withPidfile('--daemon') });
    expect(await daemon.ended, daemon.said).to.deep.equal({ status: 0, signal: null });
    // The last ones may not have executed their command yet.
    await eventually(() => daemon.workers.length === 20);
    expect((await daemon.client().call('status', { name: 'web' })).status).to.equal('active');

    const text = readFileSync(pidfileOf(daemon), 'utf8');
    const pid = Number(text);
    expect(text).to.match(/^\d+\n$/);
    expect((await daemon.client().call('dstats')).info).to.include({ pid });
    // Nothing of the terminal that it was started on is kept: [pid, ppid, pgrp, session, tty].
    const [session, tty] = readFileSync(`/proc/${pid}/stat`, 'latin1').split(') ')[1]?.split(' ').slice(3, 5) ?? [];
    expect([session, tty]).to.deep.equal([String(pid), '0']);
    const { 0: input, 1: output, 2: errors } = openFds(pid);
    expect([input, output, errors]).to.deep.equal(['/dev/null', '/dev/null', '/dev/null']);

    process.kill(pid, 'SIGTERM');
    await eventually(() => !isAlive(pid), { what: 'the daemon to end' });
    expect(daemon.left).to.deep.equal([]);
    expect(existsSync(pidfileOf(daemon))).to.equal(false);
  });

  it('a start that fails has its status and says why', async () => {
    await using daemon = await Daemon.launch({ ...withPidfile('--daemon'), config: () => '[watcher:web]\nnumprocesses = 1\n' });
    expect((await daemon.gone()).status).to.equal(78);
    expect(daemon.stderr).to.match(/watchers\.web\.cmd is missing/);
    expect(existsSync(pidfileOf(daemon))).to.equal(false);
  });

  it('in the foreground the pidfile is there while it runs, and the one of a dead process is replaced', async () => {
    await using daemon = await Daemon.start({ ...sleepers(1), ...withPidfile() });
    expect(readFileSync(pidfileOf(daemon), 'utf8')).to.equal(`${daemon.pid}\n`);
    daemon.kill('SIGTERM');
    expect(await daemon.gone(), daemon.said).to.deep.equal({ status: 0, signal: null });
    expect(existsSync(pidfileOf(daemon))).to.equal(false);
  });
});
