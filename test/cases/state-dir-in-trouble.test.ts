import { execFile } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect } from 'chai';
import { eventually } from '../../core/testing.js';
import { binFile } from '../fixtures/cli/run-bin.js';
import { Daemon, type DaemonOptions } from '../fixtures/daemon.js';
import { CAN_MOUNT, SmallDisk } from '../fixtures/small-disk.js';

const STATE = 'state';
/** Longer than the room that is set aside for the journal. */
const LONG = 'x'.repeat(200_000);

/** Workers whose output is read, and goes elsewhere. */
const durable = (numprocesses: number): DaemonOptions => ({
  bin: 'main',
  file: 'rm.json',
  args: () => ['run'],
  config: ({ directory, marker, ...endpoints }) =>
    JSON.stringify({
      ...endpoints,
      durable: true,
      state_dir: join(directory, STATE),
      watchers: { web: { cmd: `sleep ${marker}`, numprocesses, stdout: { type: 'file', filename: join(directory, 'out') } } },
    }),
});

/** Two that write a line ten times a second. */
const talkers: DaemonOptions = {
  ...durable(2),
  config: ({ directory, marker, ...endpoints }) => {
    const cmd = `perl -e '$| = 1; while (1) { print "line ", $n++, "\\n"; select undef, undef, undef, 0.1 }' ${marker}`;
    const stdout = { type: 'file', filename: join(directory, 'out') };
    const watchers = { web: { cmd, numprocesses: 2, stdout } };
    return JSON.stringify({ ...endpoints, durable: true, state_dir: join(directory, STATE), watchers });
  },
};

const linesOf = ({ place }: Daemon): number => {
  const file = join(place.directory, 'out');
  return existsSync(file) ? readFileSync(file, 'utf8').split('\n').length - 1 : 0;
};

/** Runs with a daemon that is about to be started and has a disk of its own for its state. */
async function onItsDisk(options: DaemonOptions, size: string, run: (daemon: Daemon, disk: SmallDisk) => Promise<unknown>): Promise<void> {
  const disks: SmallDisk[] = [];
  const config: DaemonOptions['config'] = (place) => {
    disks.push(SmallDisk.mount(join(place.directory, STATE), size));
    return options.config(place);
  };
  const daemon = await Daemon.launch({ ...options, config });
  try {
    for (const disk of disks) await run(daemon, disk);
  } finally {
    for (const disk of disks) disk.hide();
    await daemon[Symbol.asyncDispose]();
  }
}

const onDisk = CAN_MOUNT ? it : it.skip;

const logged = ({ stdout }: Daemon, text: string): number => stdout.split(text).length - 1;

async function replaced(daemon: Daemon, pid: number): Promise<void> {
  const { length } = daemon.workers;
  process.kill(pid, 'SIGKILL');
  await eventually(() => !daemon.workers.includes(pid) && daemon.workers.length === length, { what: 'a replacement' });
}

/** Kills the daemon and starts it again, for which all has to be as it was. */
async function takenOver(daemon: Daemon, processes: number): Promise<Daemon> {
  await eventually(() => daemon.workers.length === processes, { what: `${processes} processes` });
  const workers = [...daemon.workers].sort();
  daemon.kill('SIGKILL');
  await daemon.ended;
  const next = daemon.again();
  await next.ready();
  expect([...next.workers].sort(), next.said).to.deep.equal(workers);
  expect(next.stdout).to.include(`adopted ${workers.length} processes`);
  return next;
}

/** Kills the daemon and starts it again; one process was spawned before its pipe was lost, and ends with the daemon that read it. */
async function crashedAndBack(daemon: Daemon, former: readonly number[]): Promise<Daemon> {
  const [fresh = 0] = daemon.workers.filter((pid) => !former.includes(pid));
  daemon.kill('SIGKILL');
  await daemon.ended;
  const next = daemon.again();
  await next.ready();
  await eventually(() => next.workers.length === 2 && next.workers.includes(fresh), { what: 'the process whose output was kept' });
  return next;
}

async function said(daemon: Daemon, ...words: readonly string[]): Promise<string> {
  const options = ['--endpoint', daemon.place.endpoint];
  return (await promisify(execFile)(process.execPath, [binFile('main'), ...words, ...options])).stdout;
}

describe('a durable daemon whose state directory', () => {
  onDisk('has no room left loses sight of nothing: what it replaces then is taken over by the next', async () => {
    await onItsDisk(durable(3), '1m', async (daemon, disk) => {
      await daemon.ready();
      disk.fill();
      for (const pid of daemon.workers) await replaced(daemon, pid);
      await daemon.client().call('set', { name: 'web', options: { numprocesses: 20 } }, { waiting: true });
      expect((await daemon.client().call('status')).troubles).to.equal(undefined);
      const next = await takenOver(daemon, 20);
      await replaced(next, next.workers[0] ?? 0);
      disk.empty();
      next.kill('SIGTERM');
      expect(await next.gone(), next.said).to.deep.equal({ status: 0, signal: null });
      expect(readdirSync(disk.path)).to.deep.equal([]);
    });
  });

  onDisk('has no room for what there is to note says so, goes on, and notes all of it when there is', async () => {
    await onItsDisk(durable(3), '1m', async (daemon, disk) => {
      await daemon.ready();
      disk.fill();
      const client = daemon.client();
      await client.call('add', {
        name: 'long',
        cmd: `sleep ${daemon.place.marker}`,
        options: { env: { LONG: LONG.slice(0, 100_000), MORE: LONG } },
      });
      const { troubles } = await client.call('status');
      expect(troubles).to.have.length(1);
      expect(JSON.stringify(troubles)).to.match(/"name":"journal".*cannot write the journal in .*ENOSPC/);
      expect(await said(daemon, 'status')).to.match(/\ntrouble: cannot write the journal/);
      expect(await said(daemon, 'why', 'web')).to.match(/\ntrouble: cannot write the journal/);
      await client.call('set', { name: 'web', options: { numprocesses: 5 } }, { waiting: true });
      for (const pid of daemon.workers) await replaced(daemon, pid);
      expect(logged(daemon, 'cannot write the journal')).to.equal(1);
      disk.empty();
      await daemon.printed('the journal is written again; nothing is missing in it');
      expect((await client.call('status')).troubles).to.equal(undefined);
      expect(logged(daemon, 'the journal is written again')).to.equal(1);
      await takenOver(daemon, 5);
    });
  });

  onDisk('has no room for pipes runs processes all the same, says that their output is not kept, and keeps it again', async () => {
    // Each file and each FIFO takes an inode: enough for the first ones.
    await onItsDisk(durable(3), '1m,nr_inodes=50', async (daemon) => {
      await daemon.ready();
      const client = daemon.client();
      await client.call('set', { name: 'web', options: { numprocesses: 40 } }, { waiting: true });
      await daemon.printed('a crash now would take its output along');
      await takenOver(daemon, 40);
    });
  });

  onDisk('has become read-only while nobody was there takes over what runs, reads on what it writes, and says so', async () => {
    await onItsDisk(talkers, '1m', async (daemon, disk) => {
      await daemon.ready();
      await eventually(() => linesOf(daemon) > 3);
      const workers = [...daemon.workers].sort();
      daemon.kill('SIGKILL');
      await daemon.ended;
      disk.remount('ro');
      const next = daemon.again();
      await next.ready();
      expect([...next.workers].sort(), next.said).to.deep.equal(workers);
      expect(JSON.stringify((await next.client().call('status')).troubles)).to.include('EROFS');
      const before = linesOf(next);
      await eventually(() => linesOf(next) > before + 5);
      expect(next.stdout).to.not.include('lost');
      await replaced(next, workers[0] ?? 0);
      disk.remount('rw');
      await next.printed('the journal is written again; nothing is missing in it');
      expect((await next.client().call('status')).troubles).to.equal(undefined);
      await takenOver(next, 2);
    });
  });

  onDisk('is on a read-only file system is told by its name, with what to do, and beforehand by check', async () => {
    const disks: SmallDisk[] = [];
    const { config, ...more } = durable(1);
    const daemon = await Daemon.launch({
      ...more,
      config: (place) => {
        const disk = SmallDisk.mount(join(place.directory, STATE));
        disk.remount('ro');
        disks.push(disk);
        return config(place);
      },
    });
    try {
      expect((await daemon.ended).status).to.equal(1);
      expect(daemon.stderr).to.match(
        /cannot use the state directory .*state: it can not be written to: EROFS: .*; mend what is named, or name another/,
      );
      const checked = (await promisify(execFile)(process.execPath, [binFile('main'), 'check', join(daemon.place.directory, 'rm.json')]))
        .stdout;
      expect(checked).to.match(/warning: state_dir can’t be used: .*state: it can not be written to: EROFS/);
    } finally {
      for (const disk of disks) disk.hide();
      await daemon[Symbol.asyncDispose]();
    }
  });

  onDisk('is on a mount that goes, and comes back, is followed: the next finds what runs in either', async () => {
    await onItsDisk(talkers, '1m', async (daemon, disk) => {
      await daemon.ready();
      const kept = join(daemon.place.directory, 'kept');
      disk.alsoAt(kept);
      try {
        const [first = 0, second = 0] = daemon.workers;
        disk.hide();
        await daemon.printed('is not the one any more that was taken');
        await daemon.printed('was taken anew; what runs is noted down there');
        await replaced(daemon, first);
        const before = linesOf(daemon);
        await eventually(() => linesOf(daemon) > before + 5);
        expect((await daemon.client().call('status')).troubles).to.equal(undefined);
        const next = await crashedAndBack(daemon, [first, second]);
        disk.show(kept);
        await next.printed('was taken anew');
        for (const pid of next.workers) await replaced(next, pid);
        await takenOver(next, 2);
      } finally {
        SmallDisk.unmount(kept);
      }
    });
  });

  it('is removed, or its journal is, is made again, and the next finds what runs', async () => {
    await using daemon = await Daemon.start(durable(3));
    const state = join(daemon.place.directory, STATE);
    rmSync(join(state, 'journal'));
    await eventually(() => existsSync(join(state, 'journal')));
    rmSync(state, { recursive: true });
    await daemon.printed('was taken anew; what runs is noted down there');
    await replaced(daemon, daemon.workers[0] ?? 0);
    const next = await takenOver(daemon, 3);
    next.kill('SIGTERM');
    expect(await next.gone(), next.said).to.deep.equal({ status: 0, signal: null });
  });
});
