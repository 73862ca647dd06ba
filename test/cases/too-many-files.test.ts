import { execFileSync } from 'node:child_process';
import { expect } from 'chai';
import { eventually } from '../../core/testing.js';
import { Daemon, iniHead, openFds } from '../fixtures/daemon.js';

const WANTED = 12;
/** As many as the processes that are there before hold of the daemon's descriptors. */
const ROOM = 8;

/** The limit under which just `ROOM` more can be opened: each takes the smallest number that is free. */
function withRoom(open: readonly number[]): number {
  let limit = 0;
  for (let free = 0; free < ROOM; limit++) if (!open.includes(limit)) free++;
  return limit;
}

for (const form of ['native', 'portable']) {
  describe(`a daemon that may open no more files, ${form}`, () => {
    it('says so, works on, and starts the processes that are missing when it may again', async () => {
      await using daemon = await Daemon.start({
        env: { RINGMASTER_OS: form },
        config: (place) =>
          `${iniHead(place)}[watcher:web]\ncmd = sleep ${place.marker}\nstdout_stream.class = FileStream\n` +
          `stdout_stream.filename = ${place.directory}/out\nstderr_stream.class = FileStream\nstderr_stream.filename = ${place.directory}/err\n`,
      });
      const client = daemon.client();
      await client.call('status');
      const limit = (files: number): unknown => execFileSync('prlimit', ['--pid', String(daemon.pid), `--nofile=${files}:20000`]);
      limit(withRoom(Object.keys(openFds(daemon.pid)).map(Number)));

      await client.call('set', { name: 'web', options: { numprocesses: WANTED } });
      await daemon.printed('"errno":"EMFILE"');
      await daemon.printed('the daemon has as many files open as it may; raise its limit');
      expect((await client.call('status', { name: 'web' })).status).to.equal('active');
      const { pids = [] } = await client.call('list', { name: 'web' });
      expect(pids.length).to.be.within(1, WANTED - 1);

      limit(20_000);
      await eventually(async () => (await client.call('list', { name: 'web' })).pids?.length === WANTED);
    });
  });
}
