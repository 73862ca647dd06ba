import { execFileSync, spawnSync } from 'node:child_process';
import { mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { eventually } from '../../core/testing.js';
import { Daemon, type DaemonOptions, type Place, sleepers } from '../fixtures/daemon.js';
import { Freezer, HAS_FREEZER } from '../fixtures/freezer.js';
import { AS_OTHER_USER, OTHER_UID as uid } from '../fixtures/other-user.js';
import { CAN_MOUNT, SmallDisk } from '../fixtures/small-disk.js';
import { textOf } from '../fixtures/text-of.js';

/** How long a daemon is stopped: longer than its timers are. */
const STOPPED_MS = 4000;
const MOST_OF_ONE_USER = 30;

const yaml =
  (watchers: (place: Place) => Readonly<Record<string, object>>): DaemonOptions['config'] =>
  (place) =>
    JSON.stringify({ endpoint: place.endpoint, pubsub_endpoint: place.pubsub_endpoint, watchers: watchers(place) });

/** It ends when what it leaves behind has left its session: what has not by then is ended with it. */
const FORKING = `#!/usr/bin/perl
use POSIX;
pipe my $left, my $leaving;
if (!fork) { setsid; close $leaving; exec 'sleep', @ARGV }
close $leaving;
<$left>;
`;

/** A script in the daemon's directory, which everybody may read. */
function script({ directory }: Place, name: string, text: string): string {
  const shared = join(directory, 'scripts');
  mkdirSync(shared, { recursive: true });
  execFileSync('chmod', ['755', directory, shared]);
  writeFileSync(join(shared, name), text, { mode: 0o755 });
  return join(shared, name);
}

/** Its workers that have become `sleep`. */
const sleeping = (daemon: Daemon): number => daemon.workers.filter((pid) => statOf(pid)?.name === 'sleep').length;

describe('a daemon on a machine in trouble', () => {
  for (const form of ['native', 'portable']) {
    it(`whose user may have no more processes says EAGAIN, keeps what runs, and goes on when there is room, ${form}`, async () => {
      await using daemon = await Daemon.start({ ...sleepers(2), env: { RINGMASTER_OS: form }, under: AS_OTHER_USER });
      const client = daemon.client();
      const before = daemon.workers;
      const limit = (processes: number): unknown =>
        execFileSync('setpriv', [...AS_OTHER_USER.slice(1), 'prlimit', '--pid', String(daemon.pid), `--nproc=${processes}:`]);
      limit(1);
      await client.call('set', { name: 'web', options: { numprocesses: 5 } });
      await daemon.printed('"errno":"EAGAIN"');
      expect((await client.call('status', { name: 'web' })).status).to.equal('active');
      expect(daemon.workers).to.deep.equal(before);
      limit(20_000);
      await eventually(() => expect(daemon.workers).to.have.length(5));
      expect(daemon.workers).to.include.members([...before]);
    });
  }

  it('that was stopped by SIGSTOP for seconds replaces what died meanwhile, once, and answers who has waited', async () => {
    await using daemon = await Daemon.start(sleepers(4));
    const client = daemon.client();
    await client.call('status');
    const before = daemon.workers;
    const [first = 0, second = 0, ...others] = before;
    daemon.kill('SIGSTOP');
    for (const pid of [first, second]) process.kill(pid, 'SIGKILL');
    const asked = Array.from({ length: 20 }, () => client.call('incr', { name: 'web', nb: 1 }, { waiting: true }));
    await new Promise((resolve) => setTimeout(resolve, STOPPED_MS));
    daemon.kill('SIGCONT');
    expect((await Promise.all(asked)).map(({ status }) => status)).to.deep.equal(Array(20).fill('ok'));
    await eventually(() => expect(daemon.workers).to.have.length(24));
    expect(daemon.workers).to.include.members(others);
    expect(daemon.workers).not.to.include.members([first]);
    daemon.kill('SIGTERM');
    expect(await daemon.gone(), daemon.said).to.deep.equal({ status: 0, signal: null });
  });

  it('that was stopped by SIGSTOP kills nobody for the silence in which it heard nothing', async () => {
    await using daemon = await Daemon.start({
      file: 'daemon.json',
      config: (place) => {
        const beats = script(
          place,
          'beats',
          '#!/usr/bin/perl\nuse IO::Socket::UNIX;\nmy $s = IO::Socket::UNIX->new(Type => SOCK_DGRAM, Peer => $ENV{NOTIFY_SOCKET});\n' +
            'while (1) { $s->send("WATCHDOG=1"); select undef, undef, undef, 0.05 }\n',
        );
        const watchers = { web: { cmd: `${beats} ${place.marker}`, numprocesses: 3 } };
        const { endpoint, pubsub_endpoint } = place;
        return JSON.stringify({
          endpoint,
          pubsub_endpoint,
          watchers,
          plugins: { watchdog: { port: null, notify: true, loop_rate: 2, max_count: 1 } },
        });
      },
    });
    const before = daemon.workers;
    expect(before).to.have.length(3);
    for (let round = 0; round < 2; round++) {
      daemon.kill('SIGSTOP');
      await new Promise((resolve) => setTimeout(resolve, STOPPED_MS));
      daemon.kill('SIGCONT');
      await daemon.client().call('status');
      await new Promise((resolve) => setTimeout(resolve, 1000));
    }
    expect(daemon.workers, daemon.said).to.deep.equal(before);
    expect(daemon.stdout).to.not.include('no heartbeats');
    const [silent = 0] = before;
    process.kill(silent, 'SIGSTOP');
    await daemon.printed(`process ${silent} sends no heartbeats`);
  });

  (HAS_FREEZER ? it : it.skip)(
    'with a process that is deaf to SIGKILL reports it, answers the stop, and reaps it when it dies',
    async () => {
      await using daemon = await Daemon.start({
        file: 'daemon.json',
        config: yaml((place) => ({ web: { cmd: `sleep ${place.marker}`, graceful_timeout: 0.2 }, calm: { cmd: `sleep ${place.marker}` } })),
      });
      const client = daemon.client(30_000);
      const { pids } = await client.call('list', { name: 'web' });
      const [pid = 0] = pids as readonly number[];
      using freezer = new Freezer(`rm-test-${process.pid}`);
      freezer.freeze(pid);
      try {
        await client.call('stop', { name: 'web' }, { waiting: true });
        await daemon.printed(`process group ${pid} outlives SIGKILL; it hangs in the kernel`);
        expect((await client.call('status')).statuses).to.deep.equal({ web: 'stopped', calm: 'active' });
        expect(JSON.stringify(await client.call('why', { name: 'web' }))).to.include('outlives SIGKILL');
        await client.call('start', { name: 'web' }, { waiting: true });
        // It lives still, beside the one that was started.
        expect((await client.call('list', { name: 'web' })).pids)
          .to.have.length(2)
          .and.include(pid);
      } finally {
        freezer.thaw();
      }
      await eventually(() => statOf(pid) === undefined, { what: 'the process to be dead and reaped' });
      await eventually(async () =>
        expect((await client.call('list', { name: 'web' })).pids)
          .to.have.length(1)
          .and.not.include(pid),
      );
      daemon.kill('SIGTERM');
      expect(await daemon.gone(), daemon.said).to.deep.equal({ status: 0, signal: null });
    },
  );

  it('with a fork bomb under a watcher answers, holds it to rlimit_nproc, and kills all of it', async () => {
    await using daemon = await Daemon.start({
      file: 'daemon.json',
      config: yaml((place) => {
        const bomb = script(place, 'bomb', '#!/usr/bin/perl\nwhile (1) { fork // select undef, undef, undef, 0.05 }\n');
        return {
          calm: { cmd: `sleep ${place.marker}` },
          bomb: { cmd: `${bomb} ${place.marker}`, uid, rlimit_nproc: MOST_OF_ONE_USER, working_dir: '/', graceful_timeout: 1 },
        };
      }),
    });
    const client = daemon.client();
    await eventually(() => expect(daemon.workers.length).to.be.greaterThan(MOST_OF_ONE_USER / 2));
    // The calm one besides, and perhaps one that is root until it is executed.
    expect(daemon.workers.length).to.be.at.most(MOST_OF_ONE_USER + 2);
    expect((await client.call('status', { name: 'calm' })).status).to.equal('active');
    await client.call('stop', { name: 'bomb' }, { waiting: true });
    expect(daemon.workers).to.have.length(1);
  });

  it('with a fork bomb that leaves its session each time answers, holds it to rlimit_nproc, and ends what it can know of', async () => {
    await using daemon = await Daemon.start({
      file: 'daemon.json',
      config: yaml((place) => {
        const bomb = script(
          place,
          'bomb',
          '#!/usr/bin/perl\nuse POSIX;\nwhile (1) { my $p = fork; if (defined $p) { setsid() if !$p } else { select undef, undef, undef, 0.05 } }\n',
        );
        return {
          calm: { cmd: `sleep ${place.marker}` },
          bomb: { cmd: `${bomb} ${place.marker}`, uid, rlimit_nproc: MOST_OF_ONE_USER, working_dir: '/', graceful_timeout: 1 },
        };
      }),
    });
    try {
      const client = daemon.client();
      await eventually(() => expect(daemon.workers.length).to.be.greaterThan(MOST_OF_ONE_USER / 2));
      expect(daemon.workers.length).to.be.at.most(MOST_OF_ONE_USER + 2);
      const { pids = [] } = await client.call('list', { name: 'bomb' });
      expect(pids).to.have.length(1);
      expect((await client.call('status', { name: 'calm' })).status).to.equal('active');
      await client.call('stop', { name: 'bomb' }, { waiting: true });
      for (const pid of pids as readonly number[]) expect(daemon.workers).to.not.include(pid);
      expect((await client.call('status', { name: 'bomb' })).status).to.equal('stopped');
      expect((await client.call('status', { name: 'calm' })).status).to.equal('active');
    } finally {
      // Those that have left are nobody's but their user's, who alone can end all at once.
      await eventually(
        () => {
          spawnSync('setpriv', ['--reuid', String(uid), '--clear-groups', 'sh', '-c', 'kill -KILL -1']);
          return daemon.workers.length <= 1;
        },
        { what: 'the end of all of that user' },
      );
    }
  });

  it('with a process that is given too little memory to begin replaces it ever more slowly, and leaves others alone', async () => {
    await using daemon = await Daemon.start({
      file: 'daemon.json',
      config: yaml((place) => ({
        calm: { cmd: `sleep ${place.marker}` },
        tight: { cmd: `sleep ${place.marker}`, rlimit_as: 100_000 },
      })),
    });
    await daemon.printed('ended early 4 times in a row');
    const client = daemon.client();
    await eventually(() => expect(sleeping(daemon)).to.equal(1));
    expect((await client.call('status', { name: 'calm' })).status).to.equal('active');
    expect(JSON.stringify(await client.call('why', { name: 'tight' }))).to.include('times in a row');
    await client.call('set', { name: 'tight', options: { rlimit_as: 'infinity' } });
    await eventually(() => expect(sleeping(daemon)).to.equal(2));
  });

  it('lets a child close its descriptors and hand one on to a stranger, and still stops at once', async () => {
    await using daemon = await Daemon.start({
      file: 'daemon.json',
      config: yaml((place) => {
        const stdout = { type: 'file', filename: join(place.directory, 'out') };
        const closing = script(place, 'closing', '#!/bin/sh\nexec 0<&- 1>&- 2>&- 3>&-\nexec sleep "$1"\n');
        const handing = script(place, 'handing', '#!/bin/sh\nsetsid sleep "$1" 5>&1 6>&2 &\nexec sleep "$1"\n');
        return {
          closing: { cmd: `${closing} ${place.marker}`, stdout, stderr: stdout },
          handing: { cmd: `${handing} ${place.marker}`, stdout, stderr: stdout },
        };
      }),
    });
    const client = daemon.client();
    await eventually(() => expect(sleeping(daemon)).to.equal(3));
    const stranger = daemon.workers.filter((pid) => statOf(pid)?.parent !== daemon.pid);
    const begun_ms = performance.now();
    await client.call('stop', { name: 'closing' }, { waiting: true });
    await client.call('stop', { name: 'handing' }, { waiting: true });
    expect(performance.now() - begun_ms).to.be.below(15_000);
    // What has a session of its own and has lost its parent is nobody's.
    expect(daemon.workers).to.deep.equal(stranger);
    await client.call('start', { name: 'closing' }, { waiting: true });
    expect((await client.call('status', { name: 'closing' })).status).to.equal('active');
    daemon.kill('SIGTERM');
    expect(await daemon.ended, daemon.said).to.deep.equal({ status: 0, signal: null });
  });

  it('starts a command that makes a daemon of itself ever more slowly, and goes on', async () => {
    await using daemon = await Daemon.start({
      file: 'daemon.json',
      config: yaml((place) => {
        const forking = script(place, 'forking', FORKING);
        return { calm: { cmd: `sleep ${place.marker}` }, forking: { cmd: `${forking} ${place.marker}` } };
      }),
    });
    await daemon.printed('ended early 6 times in a row');
    // Four at once, then 100, 200, 400 ms apart; this comes a moment later.
    expect(daemon.workers.length).to.be.within(7, 11);
    const client = daemon.client();
    expect((await client.call('status', { name: 'calm' })).status).to.equal('active');
    await client.call('stop', { name: 'forking' }, { waiting: true });
    expect((await client.call('status', { name: 'forking' })).status).to.equal('stopped');
  });

  (CAN_MOUNT ? it : it.skip)(
    'whose logs are on a disk that goes and comes back writes to what is at the path, and says what it can not',
    async () => {
      const disks: SmallDisk[] = [];
      const daemon = await Daemon.launch({
        file: 'daemon.json',
        config: yaml((place) => {
          disks.push(SmallDisk.mount(join(place.directory, 'logs')));
          const talk = script(
            place,
            'talk',
            '#!/usr/bin/perl\n$| = 1; while (1) { print $n++, "\\n"; select undef, undef, undef, 0.02 }\n',
          );
          const stdout = { type: 'watched_file', filename: join(place.directory, 'logs/out') };
          return { web: { cmd: `${talk} ${place.marker}`, stdout } };
        }),
      });
      const { directory } = daemon.place;
      const [logs, kept] = [join(directory, 'logs'), join(directory, 'kept')];
      const last = (file: string): number => Number(textOf(file).trim().split('\n').at(-1));
      const grows = async (file: string): Promise<number> => {
        const before = last(file) || 0;
        await eventually(() => last(file) > before + 2, { what: `lines in ${file}` });
        return last(file);
      };
      const [disk = expect.fail('nothing was mounted')] = disks;
      try {
        await daemon.ready();
        disk.alsoAt(kept);
        await grows(join(logs, 'out'));
        disk.hide();
        const hidden = await grows(join(logs, 'out'));
        rmSync(logs, { recursive: true });
        await daemon.printed('lost');
        mkdirSync(logs);
        expect(await grows(join(logs, 'out'))).to.be.greaterThan(hidden);
        disk.show(kept);
        await grows(join(logs, 'out'));
        expect(last(join(kept, 'out'))).to.be.greaterThan(hidden);
        daemon.kill('SIGTERM');
        expect(await daemon.ended, daemon.said).to.deep.equal({ status: 0, signal: null });
      } finally {
        disk.hide();
        SmallDisk.unmount(kept);
        await daemon[Symbol.asyncDispose]();
      }
    },
  );

  it('whose disk is full says that it can not write its pidfile, starts nothing and leaves nothing', async () => {
    let full = '/dev/full';
    let own = false;
    await using daemon = await Daemon.launch({
      ...sleepers(1),
      args: ({ directory }) => {
        const disk = join(directory, 'disk');
        mkdirSync(disk);
        try {
          execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=4k', 'tmpfs', disk], { stdio: 'ignore' });
          own = true;
          writeFileSync(join(disk, 'full'), Buffer.alloc(4096));
          full = disk;
        } catch (error) {
          // Where nothing may be mounted, what is no directory has no room either.
          if (own) throw error;
        }
        return ['--pidfile', join(full, 'pid')];
      },
    });
    try {
      expect((await daemon.gone()).status).to.equal(1);
      expect(daemon.stderr).to.match(own ? /pid: .*ENOSPC/ : /pid: .*ENOTDIR/);
      if (own) expect(readdirSync(full)).to.deep.equal(['full']);
    } finally {
      if (own) execFileSync('umount', [full]);
    }
  });
});

/** A process as the kernel tells of it; undefined where it has ended. @source proc(5) */
function statOf(pid: number): { readonly name: string; readonly parent: number } | undefined {
  const [, name = '', parent] = /\((.*)\) \S (\d+)/.exec(textOf(`/proc/${pid}/stat`)) ?? [];
  return parent === undefined ? undefined : { name, parent: Number(parent) };
}
