import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { expect } from 'chai';
import { openDatagramSocket, type SupervisorApi, type WatcherApi } from '../../../core/index.js';
import { silentLogger } from '../../../core/log.js';
import { createHarness, eventually, type Harness, noLeaks, rejects } from '../../../core/testing.js';
import watchdog from '../../../plugins/watchdog/index.js';
import { parseNotification } from '../../../plugins/watchdog/messages.js';
import type { Options } from '../../../plugins/watchdog/schema.js';
import { Sessions } from '../../../plugins/watchdog/sessions.js';
import { child, Real } from '../../fixtures/real.js';

describe('notifications', () => {
  it('are read line by line, the last of a name counts, and what is not known is left out', () => {
    const nothing = { ready: false, alive: false, trigger: false, stopping: false, status: null, patience_ms: null };
    for (const [text, found] of [
      ['', {}],
      ['READY=1\nSTATUS=up = well\nMAINPID=7', { ready: true, status: 'up = well' }],
      ['WATCHDOG=1\n', { alive: true }],
      ['WATCHDOG=trigger', { trigger: true }],
      ['WATCHDOG_USEC=2500000\nWATCHDOG_USEC=500000', { patience_ms: 500 }],
      ['WATCHDOG_USEC=-1\nREADY=0\nreadable', {}],
      ['STOPPING=1', { stopping: true }],
    ] as const) {
      expect(parseNotification(text)).to.deep.equal({ ...nothing, ...found });
    }
  });
});

const onLinux = process.platform === 'linux' ? describe : describe.skip;

onLinux('the notify socket of a process', () => {
  it('stays when a plugin is asked once more what a process with that worker id is spawned with, as for outputs that are taken over', async () => {
    const heard: unknown[] = [];
    const context = { supervisor: {} as SupervisorApi, log: silentLogger };
    using sessions = new Sessions(context, ({ pid }, { status }) => heard.push([pid, status]));
    const watcher = { name: 'web', spec: { uid: null } } as WatcherApi;
    await sessions.open(watcher, 1, {} as Options);
    const session = sessions.begin(watcher, 1, 100);
    await sessions.open(watcher, 1, {} as Options);
    await sessions.open(watcher, 1, {} as Options);
    using socket = await openDatagramSocket(session?.path ?? '');
    socket.send('STATUS=well');
    await eventually(() => expect(heard).to.deep.equal([[100, 'well']]));
    expect(readdirSync(dirname(session?.path ?? ''))).to.have.length(2);
  });
});

onLinux('watchdog with notify, in virtual time', () => {
  noLeaks();
  before(async () => (await openDatagramSocket('@nobody'))[Symbol.dispose]());

  const harnessOf = (own: object = {}): Harness =>
    createHarness({
      config: {
        plugins: { watchdog: { port: null, loop_rate: 10, max_count: 2 } },
        watchers: { web: { cmd: 'web', plugins: { watchdog: { notify: true, ...own } } }, other: { cmd: 'other' } },
      },
      plugins: [watchdog],
    });
  const pidOf = (harness: Harness, name = 'web'): number | undefined => harness.supervisor.find(name)?.processes()[0]?.pid;
  const envOf = (harness: Harness, name = 'web'): Readonly<Record<string, string>> =>
    harness.os.of('spawn').findLast(({ request }) => request.file === name)?.request.env ?? {};
  /** Sends to the socket of the last process. What it leads to can be waited for by `eventually`. */
  const send = async (harness: Harness, ...texts: readonly string[]): Promise<void> => {
    using socket = await openDatagramSocket(envOf(harness).NOTIFY_SOCKET ?? '');
    for (const text of texts) socket.send(text);
  };
  const reasons = (harness: Harness): unknown[] =>
    harness.events.events.flatMap((event) => (event.name === 'unresponsive' ? [event.body.reason] : []));
  const statusText = async (harness: Harness): Promise<unknown> => {
    const watcher = harness.supervisor.find('web');
    const process = watcher?.processes()[0];
    if (watcher === undefined || process === undefined) return undefined;
    return (await harness.supervisor.extendStats(watcher, process, {})).status_text;
  };
  /** Sends a text, and waits until it has been read. */
  const tell = async (harness: Harness, text: string): Promise<void> => {
    const mark = `${Math.random()}`;
    await send(harness, text, `STATUS=${mark}`);
    await eventually(async () => (await statusText(harness)) === mark);
  };

  it('gives each process a socket and how long it may be silent, others nothing', async () => {
    await using harness = harnessOf();
    await harness.start();
    const { NOTIFY_SOCKET = '', WATCHDOG_USEC } = envOf(harness);
    expect(existsSync(NOTIFY_SOCKET)).to.equal(true);
    expect(WATCHDOG_USEC).to.equal('20000000');
    expect(envOf(harness, 'other')).to.not.have.any.keys('NOTIFY_SOCKET', 'WATCHDOG_USEC');
    await harness.until(harness.supervisor.stop());
    expect(existsSync(NOTIFY_SOCKET)).to.equal(false);
  });

  it('leaves alone who sends WATCHDOG=1 in time, then kills, tells of and replaces who falls silent; nobody else', async () => {
    await using harness = harnessOf();
    await harness.start();
    const [before, other] = [pidOf(harness), pidOf(harness, 'other')];
    await harness.clock.advanceAsync(15_000);
    await tell(harness, 'WATCHDOG=1');
    await harness.clock.advanceAsync(15_000);
    expect(pidOf(harness)).to.equal(before);
    await harness.clock.advanceAsync(5_100);
    expect(pidOf(harness)).to.not.equal(before);
    expect(reasons(harness)).to.deep.equal(['sends no heartbeats for 20 s']);
    await harness.clock.advanceAsync(60_000);
    expect(pidOf(harness, 'other')).to.equal(other);
  });

  it('replaces who asks for it, takes another time-out, and lets alone who stops by itself', async () => {
    await using harness = harnessOf();
    await harness.start();
    const first = pidOf(harness);
    await send(harness, 'WATCHDOG=trigger');
    await eventually(() => reasons(harness).includes('has asked to be replaced'));
    await harness.clock.advanceAsync(10);
    const second = pidOf(harness);
    expect(second).to.not.equal(first);
    await tell(harness, 'WATCHDOG_USEC=3000000');
    await harness.clock.advanceAsync(3_100);
    const third = pidOf(harness);
    expect(third).to.not.equal(second);
    await tell(harness, 'STOPPING=1');
    await harness.clock.advanceAsync(60_000);
    expect(pidOf(harness)).to.equal(third);
  });

  it('has the watcher starting until READY=1, and replaces a process that takes too long', async () => {
    await using harness = harnessOf({ ready_timeout: 5 });
    const started = harness.supervisor.start();
    await harness.clock.advanceAsync(1000);
    await eventually(() => harness.os.alive.length > 0);
    await harness.clock.advanceAsync(1000);
    const web = harness.supervisor.find('web');
    expect(web?.status).to.equal('starting');
    const slow = pidOf(harness);
    await harness.clock.advanceAsync(5000);
    expect(reasons(harness)).to.deep.equal(['was not ready within 5 s']);
    await eventually(async () => {
      await harness.clock.advanceAsync(1);
      return pidOf(harness) !== undefined && pidOf(harness) !== slow;
    });
    await send(harness, 'READY=1');
    await harness.until(started);
    expect(web?.status).to.equal('active');
    expect(reasons(harness)).to.have.length(1);
  });

  it('stops a watcher that is not ready yet at once', async () => {
    await using harness = harnessOf({ ready_timeout: 60 });
    const started = harness.supervisor.start();
    await eventually(async () => {
      await harness.clock.advanceAsync(1);
      return pidOf(harness) !== undefined;
    });
    const asked_ms = harness.clock.now();
    const refused = rejects(started, 'RM_CLOSED');
    await harness.until(harness.supervisor.stop());
    await refused;
    expect(harness.clock.now() - asked_ms).to.be.below(1000);
    expect(harness.os.alive).to.deep.equal([]);
  });

  it('goes on with the sockets that processes have, when it is set up again with other options', async () => {
    await using harness = harnessOf();
    await harness.start();
    const before = pidOf(harness);
    await harness.until(
      harness.supervisor
        .readConfig({
          config: {
            plugins: { watchdog: { port: null, loop_rate: 1, max_count: 2 } },
            watchers: { web: { cmd: 'web', plugins: { watchdog: { notify: true } } }, other: { cmd: 'other' } },
          },
        })
        .then((config) => harness.supervisor.apply(config)),
    );
    expect(pidOf(harness)).to.equal(before);
    await harness.clock.advanceAsync(1500);
    await tell(harness, 'WATCHDOG=1');
    await harness.clock.advanceAsync(1500);
    expect(pidOf(harness)).to.equal(before);
    await harness.clock.advanceAsync(1000);
    expect(reasons(harness)).to.deep.equal(['sends no heartbeats for 2 s']);
  });
});

onLinux('watchdog with notify, of real processes', () => {
  it('waits for READY=1, shows STATUS, and replaces the one that falls silent, not the one that goes on', async () => {
    const notifying = (...words: readonly string[]) => ({
      cmd: '/usr/bin/python3',
      args: [child('notify.py'), ...words],
      plugins: { watchdog: { notify: true, ready_timeout: 10 } },
    });
    const config = {
      plugins: { watchdog: { port: null, loop_rate: 1, max_count: 3 } },
      watchers: {
        steady: notifying('=0.3', 'READY=1\nSTATUS=may be silent for %usec us', 'WATCHDOG=1', '*0.05'),
        silent: notifying('READY=1', 'WATCHDOG=1'),
      },
    };
    await using real = await Real.start(() => config);
    expect(real.watcher('steady').status).to.equal('active');
    const [steady = 0] = real.pids('steady');
    const [silent = 0] = real.pids('silent');
    const socketOf = (pid: number) => /NOTIFY_SOCKET=([^\0]*)/.exec(readFileSync(`/proc/${pid}/environ`, 'latin1'))?.[1];
    expect(socketOf(steady)).to.not.equal(socketOf(silent));
    const [process] = real.watcher('steady').processes();
    if (process === undefined) throw new Error('steady has no process');
    const { status_text } = await real.supervisor.extendStats(real.watcher('steady'), process, {});
    expect(status_text).to.equal('may be silent for 3000000 us');
    await eventually(() => real.pids('silent').length === 1 && real.pids('silent')[0] !== silent);
    expect(real.record.names('silent')).to.include('unresponsive');
    expect(real.pids('steady')).to.deep.equal([steady]);
  });
});
