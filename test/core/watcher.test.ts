import { constants } from 'node:os';
import { expect } from 'chai';
import { Rig, tapping, web } from '../fixtures/rig.js';

const { SIGTERM, SIGKILL, SIGHUP, SIGSTOP, SIGCONT } = constants.signals;

describe('watcher', () => {
  it('tells spawn and start, and on a stop kill, reap and stop', async () => {
    await using rig = await Rig.start(web());
    expect(rig.news('web')).to.deep.equal(['spawn', 'start']);
    await rig.until(rig.watcher().stop());
    expect(rig.news('web')).to.deep.equal(['kill', 'reap', 'stop']);
    expect(rig.watcher().status).to.equal('stopped');
  });

  it('restarts in the order kill, reap, stop, spawn, start', async () => {
    await using rig = await Rig.start(web());
    const [before] = rig.pids();
    rig.news('web');
    const outcome = await rig.until(rig.watcher().restart());
    expect(rig.news('web')).to.deep.equal(['kill', 'reap', 'stop', 'spawn', 'start']);
    expect(outcome).to.deep.equal({ started: rig.pids(), stopped: [before], kept: [] });
  });

  it('can have the functions of its view taken off it, as plugins do', async () => {
    await using rig = await Rig.start(web());
    const { processes, setNumprocesses, stop } = rig.watcher();
    await rig.until(setNumprocesses(2));
    expect(processes().map(({ pid }) => pid)).to.deep.equal(rig.pids());
    await rig.until(stop());
    expect(processes()).to.deep.equal([]);
  });

  it('replaces a process that dies at once, in its place', async () => {
    await using rig = await Rig.start(web({ numprocesses: 3 }));
    await rig.pass(5000);
    const [first, second] = rig.pids();
    rig.os.exit(second ?? 0, { exit_code: -9, signal: 'SIGKILL' });
    await rig.pass(0);
    expect(rig.wids()).to.deep.equal([1, 2, 3]);
    expect(rig.pids()[0]).to.equal(first);
    expect(rig.pids()).to.not.include(second);
    expect(rig.record.events.findLast((event) => event.name === 'reap')?.body).to.include({ process_pid: second, exit_code: -9 });
  });

  it('spaces out the respawns of a command that dies young, and never gives it up', async () => {
    await using rig = new Rig(web());
    rig.os.behave({ exits_after_ms: 1 });
    await rig.until(rig.supervisor.start());
    await rig.pass(60_000);
    const times = rig.os.of('spawn').map((one) => one.at_ms);
    expect(times.length).to.be.within(10, 25);
    expect((times.at(-1) ?? 0) - (times.at(-2) ?? 0)).to.be.at.least(5000);
    expect(rig.watcher().status).to.equal('active');
  });

  it('answers at once again after a process that was well', async () => {
    await using rig = await Rig.start(web());
    for (let death = 0; death < 10; death++) {
      await rig.pass(2000);
      rig.os.exit(rig.pids()[0] ?? 0);
      await rig.pass(0);
      expect(rig.pids()).to.have.length(1);
    }
  });

  it('stops after max_retry spawns in a row that fail, and tells why', async () => {
    await using rig = new Rig(web({ max_retry: 3 }));
    rig.os.behave({ fails: 'ENOENT' });
    await rig.until(rig.supervisor.start());
    expect(rig.os.of('spawn_failed')).to.have.length(3);
    expect(rig.watcher().status).to.equal('stopped');
    expect(rig.news('web')).to.deep.equal(['spawn_failed', 'spawn_failed', 'spawn_failed', 'gave_up', 'stop']);
    const outcome = await rig.until(rig.watcher().start());
    expect(outcome.instead).to.contain('max_retry 3');
  });

  it('does not count it as failing when the machine is out of something', async () => {
    await using rig = new Rig(web({ max_retry: 2 }));
    rig.os.behave((_request, nth) => (nth < 8 ? { fails: 'EAGAIN' } : {}));
    await rig.until(rig.supervisor.start());
    await rig.pass(30_000);
    expect(rig.pids()).to.have.length(1);
  });

  it('kills after graceful_timeout what is deaf to the stop signal', async () => {
    await using rig = new Rig(web({ graceful_timeout: '2s' }));
    rig.os.behave({ deaf_to: [SIGTERM] });
    await rig.until(rig.supervisor.start());
    const stopped = rig.watcher().stop();
    await rig.pass(1999);
    expect(rig.os.alive).to.have.length(1);
    expect(rig.watcher().status).to.equal('stopping');
    await rig.until(stopped);
    expect(rig.os.of('signal').map((one) => one.signum)).to.deep.equal([SIGTERM, SIGCONT, SIGKILL]);
    expect(rig.os.alive).to.deep.equal([]);
  });

  it('wakes what has stopped itself, so that it ends by the stop signal; hooks and events hear of that signal alone', async () => {
    const asked: number[] = [];
    const tap = tapping('after_signal', ({ signum }) => void asked.push(signum));
    await using rig = new Rig(web({ graceful_timeout: '30s', stop_signal: 'INT' }), [tap]);
    rig.os.behave({ children: [{}] });
    await rig.until(rig.supervisor.start());
    for (const pid of rig.os.alive) rig.os.signal(pid, SIGSTOP);
    await rig.until(rig.watcher().stop());
    expect(rig.clock.now()).to.be.below(1000);
    expect(asked).to.deep.equal([2]);
    expect(rig.news('web').filter((name) => name === 'kill')).to.have.length(1);
  });

  it('wakes what a dead process has left behind', async () => {
    await using rig = new Rig(web({ graceful_timeout: '30s', respawn: false }));
    rig.os.behave({ children: [{}] });
    await rig.until(rig.supervisor.start());
    const [pid = 0, child = 0] = rig.os.alive;
    rig.os.signal(child, SIGSTOP);
    rig.os.exit(pid);
    await rig.pass(1000);
    expect(rig.os.alive).to.deep.equal([]);
  });

  for (const [name, signals] of [
    ['KILL', [SIGKILL]],
    ['STOP', [SIGSTOP, SIGKILL]],
    ['CONT', [SIGCONT, SIGKILL]],
  ] as const) {
    it(`wakes nobody where the stop signal is ${name}`, async () => {
      await using rig = await Rig.start(web({ stop_signal: name, graceful_timeout: '1s' }));
      await rig.until(rig.watcher().stop());
      expect(rig.os.of('signal').map((one) => one.signum)).to.deep.equal(signals);
    });
  }

  it('is not stopped before the whole group is gone', async () => {
    await using rig = new Rig(web({ graceful_timeout: '2s' }));
    rig.os.behave({ children: [{ deaf_to: [SIGTERM] }] });
    await rig.until(rig.supervisor.start());
    const stopped = rig.watcher().stop();
    await rig.pass(1000);
    expect(rig.watcher().status).to.equal('stopping');
    await rig.until(stopped);
    expect(rig.os.alive).to.deep.equal([]);
    expect(rig.clock.now()).to.be.within(2000, 2300);
  });

  it('ends what a dead process left behind while its replacement runs already', async () => {
    await using rig = new Rig(web({ graceful_timeout: '2s' }));
    rig.os.behave((_request, nth) => (nth === 1 ? { children: [{ deaf_to: [SIGTERM] }] } : {}));
    await rig.until(rig.supervisor.start());
    rig.os.exit(rig.pids()[0] ?? 0);
    await rig.pass(1);
    expect(rig.pids()).to.have.length(1);
    expect(rig.os.alive).to.have.length(2);
    await rig.pass(2300);
    expect(rig.os.alive).to.deep.equal(rig.pids());
  });

  it('reports a process that outlives SIGKILL and does not wait for it for ever', async () => {
    await using rig = new Rig(web({ graceful_timeout: '1s' }));
    rig.os.behave({ unkillable: true });
    await rig.until(rig.supervisor.start());
    await rig.until(rig.watcher().stop());
    expect(rig.news('web')).to.include('stuck');
    expect(rig.watcher().status).to.equal('stopped');
    expect(rig.watcher().decisions().at(-1)).to.deep.include({ what: 'stuck', by: 'core', wid: 1 });
  });

  it('starts another beside a process that outlives SIGKILL, and takes leave of that when it ends after all', async () => {
    await using rig = new Rig(web({ graceful_timeout: '1s' }));
    rig.os.behave((_request, nth) => (nth === 1 ? { unkillable: true } : {}));
    await rig.until(rig.supervisor.start());
    const [stuck = 0] = rig.pids();
    await rig.until(rig.watcher().restart());
    expect(rig.watcher().status).to.equal('active');
    expect(rig.os.alive).to.have.length(2);
    rig.os.exit(stuck, { exit_code: -9, signal: 'SIGKILL' });
    await rig.pass(1000);
    expect(rig.record.events.flatMap((event) => (event.name === 'reap' ? [event.body.process_pid] : []))).to.deep.equal([stuck]);
    expect([rig.os.alive, rig.os.of('spawn').length]).to.deep.equal([rig.pids(), 2]);
  });

  it('sends the stop signal to the whole family with stop_children', async () => {
    await using rig = new Rig(web({ stop_children: true, stop_signal: 'INT' }));
    rig.os.behave({ children: [{}, {}] });
    await rig.until(rig.supervisor.start());
    await rig.until(rig.watcher().stop());
    expect(rig.os.of('signal').map((one) => one.signum)).to.deep.equal([2, SIGCONT, 2, SIGCONT, 2, SIGCONT]);
    expect(rig.news('web').filter((name) => name === 'kill')).to.have.length(3);
  });

  describe('numprocesses', () => {
    it('grows with the smallest free worker ids and shrinks by the oldest', async () => {
      await using rig = await Rig.start(web({ numprocesses: 2 }));
      await rig.pass(10);
      expect(await rig.until(rig.watcher().incr(2))).to.equal(4);
      expect(rig.wids()).to.deep.equal([1, 2, 3, 4]);
      const [oldest] = rig.pids();
      expect(await rig.until(rig.watcher().decr())).to.equal(3);
      expect(rig.pids()).to.not.include(oldest);
      await rig.until(rig.watcher().incr());
      expect(rig.wids()).to.deep.equal([1, 2, 3, 4]);
    });

    it('takes no number that there is none of, and goes on', async () => {
      await using rig = await Rig.start(web({ numprocesses: 1 }));
      for (const by of [Number.NaN, 0.5, 1e20, Number.POSITIVE_INFINITY]) expect(() => rig.watcher().incr(by)).to.throw('whole number');
      expect(await rig.until(rig.watcher().incr())).to.equal(2);
    });

    it('never gets below none, and a singleton never above one', async () => {
      await using rig = await Rig.start({ watchers: { web: { cmd: 'web' }, one: { cmd: 'one', singleton: true } } });
      expect(await rig.until(rig.watcher().decr(5))).to.equal(0);
      expect(rig.watcher().status).to.equal('active');
      expect(await rig.until(rig.watcher('one').incr(5))).to.equal(1);
    });

    it('changes what a stopped watcher will have without starting it', async () => {
      await using rig = await Rig.start(web({ autostart: false }));
      expect(await rig.until(rig.watcher().incr())).to.equal(2);
      expect(rig.pids()).to.deep.equal([]);
      await rig.until(rig.watcher().start());
      expect(rig.pids()).to.have.length(2);
    });
  });

  it('refuses more processes than any machine has, however they are asked for', async () => {
    await using rig = await Rig.start(web());
    expect(() => rig.watcher().incr(1e9)).to.throw('at most 100000');
    expect(() => rig.watcher().setNumprocesses(1e20)).to.throw('whole number');
    expect(() => rig.watcher().set({ numprocesses: 1e6 })).to.throw('numprocesses');
    expect(rig.watcher().numprocesses).to.equal(1);
  });

  describe('reload', () => {
    it('brings the new processes up before the old ones go, with worker ids n+1 to 2n, and then 1 to n again', async () => {
      await using rig = await Rig.start(web({ numprocesses: 2 }));
      const before = rig.pids();
      rig.news('web');
      const outcome = await rig.until(rig.watcher().reload());
      expect(rig.news('web')).to.deep.equal(['spawn', 'spawn', 'kill', 'kill', 'reap', 'reap', 'reload']);
      expect(rig.wids()).to.deep.equal([3, 4]);
      expect(outcome).to.deep.equal({ started: rig.pids(), stopped: before, kept: [] });
      await rig.until(rig.watcher().reload());
      expect(rig.wids()).to.deep.equal([1, 2]);
    });

    it('replaces one after the other when sequential, in their places', async () => {
      await using rig = await Rig.start(web({ numprocesses: 3 }));
      rig.news('web');
      await rig.until(rig.watcher().reload({ sequential: true }));
      expect(rig.news('web')).to.deep.equal([...Array(3).fill(['kill', 'reap', 'spawn']).flat(), 'reload']);
      expect(rig.wids()).to.deep.equal([1, 2, 3]);
    });

    it('keeps the old processes where the new ones can not be started', async () => {
      await using rig = await Rig.start(web({ numprocesses: 2 }));
      const before = rig.pids();
      rig.os.behave({ fails: 'EACCES' });
      const outcome = await rig.until(rig.watcher().set({ cmd: 'broken' }));
      expect(outcome.instead).to.contain('max_retry');
      expect(outcome.kept).to.deep.equal(before);
      await rig.pass(60_000);
      expect(rig.pids()).to.deep.equal(before);
      expect(rig.os.of('spawn_failed').length).to.be.below(20);
    });

    it('sends SIGHUP instead with send_hup', async () => {
      await using rig = new Rig(web({ send_hup: true, numprocesses: 2 }));
      rig.os.behave({ deaf_to: [SIGHUP] });
      await rig.until(rig.supervisor.start());
      const before = rig.pids();
      const outcome = await rig.until(rig.watcher().reload());
      expect(outcome.kept).to.deep.equal(before);
      expect(rig.os.of('signal').map((one) => one.signum)).to.deep.equal([SIGHUP, SIGHUP]);
      expect(rig.news('web').at(-1)).to.equal('reload');
    });

    it('is a restart when it is not graceful, and a start of what is stopped', async () => {
      await using rig = await Rig.start(web());
      rig.news('web');
      await rig.until(rig.watcher().reload({ graceful: false }));
      expect(rig.news('web')).to.deep.equal(['kill', 'reap', 'stop', 'spawn', 'start']);
      await rig.until(rig.watcher().stop());
      rig.news('web');
      await rig.until(rig.watcher().reload());
      expect(rig.news('web')).to.deep.equal(['spawn', 'start', 'reload']);
    });

    it('never has more than twice the processes, however many reloads come at once', async () => {
      await using rig = await Rig.start(web({ numprocesses: 3 }));
      const reloads = Array.from({ length: 20 }, () => rig.watcher().reload());
      let most = 0;
      const watched = Promise.all(reloads);
      void rig.until(watched);
      for (let ms = 0; ms < 200; ms++) {
        await rig.pass(1);
        most = Math.max(most, rig.os.alive.length);
      }
      await rig.until(watched);
      expect(most).to.be.at.most(6);
      expect(rig.pids()).to.have.length(3);
    });
  });

  it('replaces what is older than max_age and its share of the variance', async () => {
    await using rig = await Rig.start(web({ max_age: 10, max_age_variance: 4 }));
    const before = rig.pids();
    await rig.pass(11_990);
    expect(rig.pids()).to.deep.equal(before);
    await rig.pass(20);
    expect(rig.pids()).to.not.deep.equal(before);
    expect(rig.pids()).to.have.length(1);
  });

  it('stops with its last process where respawn is off', async () => {
    await using rig = await Rig.start(web({ respawn: false, numprocesses: 2 }));
    const [one, two] = rig.pids();
    rig.os.exit(one ?? 0);
    await rig.pass(1000);
    expect(rig.pids()).to.deep.equal([two]);
    rig.os.exit(two ?? 0);
    await rig.pass(1);
    expect(rig.watcher().status).to.equal('stopped');
    await rig.until(rig.watcher().start());
    expect(rig.pids()).to.have.length(2);
  });

  it('pauses warmup_delay between two spawns, but not before a stop', async () => {
    await using rig = new Rig(web({ numprocesses: 4, warmup_delay: '100ms' }));
    const started = rig.supervisor.start();
    started.catch(() => {});
    await rig.pass(250);
    expect(rig.os.of('spawn').map((one) => one.at_ms)).to.deep.equal([0, 100, 200]);
    expect(rig.watcher().status).to.equal('starting');
    await rig.until(rig.watcher().stop());
    expect(rig.clock.now()).to.be.below(260);
    expect(rig.os.alive).to.deep.equal([]);
  });

  describe('hooks', () => {
    it('a stop does not wait for a slow before_start', async () => {
      let answer = (): void => {};
      const slow = tapping(
        'before_start',
        () =>
          new Promise<void>((resolve) => {
            answer = resolve;
          }),
        { deadline_ms: 60_000 },
      );
      await using rig = new Rig(web(), [slow]);
      rig.supervisor.start().catch(() => {});
      await rig.pass(10);
      expect(rig.watcher().status).to.equal('starting');
      await rig.until(rig.watcher().stop());
      expect(rig.clock.now()).to.be.below(20);
      answer();
      await rig.pass(10);
      expect(rig.os.of('spawn')).to.deep.equal([]);
      expect(rig.watcher().status).to.equal('stopped');
    });

    for (const hook of ['before_start', 'before_spawn', 'after_spawn', 'after_start'] as const) {
      it(`${hook} keeps the watcher stopped, and who waits is told why`, async () => {
        await using rig = await Rig.start(web({ autostart: false }), [tapping(hook, () => ({ veto: 'redis is down' }))]);
        const outcome = await rig.until(rig.watcher().start());
        expect(outcome.instead).to.contain('redis is down');
        expect(rig.watcher().status).to.equal('stopped');
        await rig.pass(10_000);
        expect(rig.os.alive).to.deep.equal([]);
      });
    }

    it('before_signal withholds the stop signal but not SIGKILL', async () => {
      await using rig = await Rig.start(web({ graceful_timeout: '1s' }), [tapping('before_signal', () => false)]);
      await rig.until(rig.watcher().stop());
      expect(rig.os.of('signal').map((one) => one.signum)).to.deep.equal([SIGKILL]);
    });

    it('respawn decides when, and whether at all', async () => {
      const decide = tapping('respawn', (_decision, { failures }) =>
        failures < 2 ? { action: 'respawn', delay_ms: 700, reason: 'slowly' } : { action: 'give_up', reason: 'enough' },
      );
      await using rig = new Rig(web(), [decide]);
      rig.os.behave({ exits_after_ms: 10 });
      await rig.until(rig.supervisor.start());
      await rig.pass(2000);
      expect(rig.os.of('spawn').map((one) => one.at_ms)).to.deep.equal([0, 710]);
      expect(rig.watcher().status).to.equal('stopped');
      expect(rig.record.events.find((event) => event.name === 'gave_up')?.body).to.include({ reason: 'enough' });
    });

    it('a hook may stop its own watcher in the middle of things', async () => {
      await using rig = await Rig.start(web({ numprocesses: 3 }), [tapping('after_reap', ({ watcher }) => void watcher.stop())]);
      rig.os.exit(rig.pids()[0] ?? 0);
      await rig.pass(50);
      expect(rig.watcher().status).to.equal('stopped');
      expect(rig.os.alive).to.deep.equal([]);
    });

    it('before_reap can have no signal sent to the pid of the dead process, which may be a stranger by now', async () => {
      const asks = tapping('before_reap', ({ watcher }) => {
        watcher.signal(SIGHUP);
        void watcher.kill({ signum: SIGTERM });
      });
      await using rig = await Rig.start(web({ numprocesses: 2 }), [asks]);
      const [first = 0, second] = rig.pids();
      rig.os.exit(first);
      await rig.pass(0);
      const sent = rig.os.of('signal').map(({ pid, signum }) => [pid, signum]);
      expect(sent.slice(0, 2)).to.deep.equal([
        [second, SIGHUP],
        [second, SIGTERM],
      ]);
      expect(rig.os.of('signal').filter(({ pid }) => pid === first)).to.deep.equal([]);
    });

    it('spawn_options changes what is executed', async () => {
      const wrap = tapping('spawn_options', (options) => ({ ...options, argv: ['nice', ...options.argv], file: 'nice' }));
      await using rig = await Rig.start(web(), [wrap]);
      expect(rig.os.of('spawn')[0]?.request).to.include({ file: 'nice' });
    });
  });

  describe('requests at once', () => {
    it('a stop that a start follows in the same instant still stops, and both are answered', async () => {
      await using rig = await Rig.start(web());
      const before = rig.pids();
      rig.news('web');
      const [stopped, started] = await rig.until(Promise.all([rig.watcher().stop(), rig.watcher().start()]));
      expect(stopped).to.deep.equal({ started: [], stopped: before, kept: [] });
      expect(started.started).to.deep.equal(rig.pids());
      expect(rig.news('web')).to.deep.equal(['kill', 'reap', 'stop', 'spawn', 'start']);
    });

    it('a start that a stop overtakes is told so', async () => {
      await using rig = await Rig.start(web({ autostart: false, numprocesses: 2, warmup_delay: '1s' }));
      const started = rig.watcher().start();
      await rig.pass(10);
      const stopped = rig.watcher().stop();
      const [outcome] = await rig.until(Promise.all([started, stopped]));
      expect(outcome.instead).to.be.a('string');
      expect(rig.watcher().status).to.equal('stopped');
    });

    it('restarts that come together are one, a later one is another', async () => {
      await using rig = await Rig.start(web());
      rig.news('web');
      await rig.until(Promise.all([rig.watcher().restart(), rig.watcher().restart(), rig.watcher().restart()]));
      expect(rig.news('web').filter((name) => name === 'start')).to.have.length(1);
      await rig.until(rig.watcher().restart());
      expect(rig.news('web').filter((name) => name === 'start')).to.have.length(1);
    });

    it('incr five times at once is five more', async () => {
      await using rig = await Rig.start(web());
      const counts = await rig.until(Promise.all(Array.from({ length: 5 }, () => rig.watcher().incr())));
      expect(counts).to.deep.equal([2, 3, 4, 5, 6]);
      expect(rig.pids()).to.have.length(6);
    });
  });

  describe('kill', () => {
    it('ends one process gracefully, and it is replaced', async () => {
      await using rig = await Rig.start(web({ numprocesses: 2 }));
      const [one, two] = rig.pids();
      await rig.until(rig.watcher().kill({ pid: one ?? 0, signum: 3 }));
      await rig.pass(1);
      expect(rig.pids()).to.include(two).and.not.include(one);
      expect(rig.pids()).to.have.length(2);
      expect(rig.os.of('signal').map((each) => each.signum)).to.deep.equal([3, SIGCONT]);
    });

    it('with an earlier deadline hurries a stop that is under way', async () => {
      await using rig = new Rig(web({ graceful_timeout: 30 }));
      rig.os.behave({ deaf_to: [SIGTERM] });
      await rig.until(rig.supervisor.start());
      const stopped = rig.watcher().stop();
      await rig.pass(100);
      void rig.watcher().kill({ graceful_timeout: 0.1 });
      await rig.until(stopped);
      expect(rig.clock.now()).to.be.below(500);
      expect(rig.watcher().status).to.equal('stopped');
    });
  });

  describe('set', () => {
    it('takes effect at once or by a graceful reload, as the option says', async () => {
      await using rig = await Rig.start(web());
      const before = rig.pids();
      await rig.until(rig.watcher().set({ graceful_timeout: 2, numprocesses: 2 }));
      expect(rig.pids()).to.include.members(before);
      expect(rig.pids()).to.have.length(2);
      rig.news('web');
      await rig.until(rig.watcher().set({ cmd: 'other' }));
      expect(rig.pids()).to.not.include.members(before);
      expect(rig.os.of('spawn').at(-1)?.request.argv).to.deep.equal(['other']);
      expect(rig.news('web')[0]).to.equal('updated');
      expect(rig.news('web')).to.deep.equal([]);
    });

    it('refuses what it does not know, and then changes nothing', async () => {
      await using rig = await Rig.start(web());
      expect(() => rig.watcher().set({ graceful_timeout: 2, nope: 1 })).to.throw("unknown key 'nope'");
      expect(rig.watcher().spec.graceful_timeout).to.equal(30);
    });
  });

  it('sends signals to a process, its children or the whole family', async () => {
    await using rig = new Rig(web());
    rig.os.behave({ deaf_to: [SIGHUP], children: [{ deaf_to: [SIGHUP], children: [{ deaf_to: [SIGHUP] }] }] });
    await rig.until(rig.supervisor.start());
    const [pid = 0] = rig.pids();
    const sent = (): number[] => rig.os.of('signal').map((one) => one.pid);
    rig.watcher().signal(SIGHUP);
    expect(sent()).to.deep.equal([pid]);
    const [child = 0] = rig.os.children(pid, false);
    rig.watcher().signal(SIGHUP, { children: true });
    expect(sent().slice(1)).to.deep.equal([child]);
    rig.watcher().signal(SIGHUP, { pid, child_pid: child });
    expect(sent().slice(2)).to.deep.equal([child]);
    rig.watcher().signal(SIGHUP, { recursive: true });
    expect(sent().slice(3)).to.have.members([pid, ...rig.os.children(pid, true)]);
    expect(() => rig.watcher().signal(SIGHUP, { pid: 4 })).to.throw("process 4 not found in 'web'");
  });
});
