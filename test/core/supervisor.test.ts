import { getEventListeners } from 'node:events';
import { expect } from 'chai';
import fc from 'fast-check';
import { type Config, definePlugin, type Outcome, Supervisor, type WatcherApi } from '../../core/index.js';
import { rejects } from '../../core/testing.js';
import { Rig, tapping, web } from '../fixtures/rig.js';

const SIGTERM = 15;
const TIERS = { watchers: { low: { cmd: 'low', priority: 1 }, high: { cmd: 'high', priority: 9 }, mid: { cmd: 'mid', priority: 5 } } };

describe('supervisor', () => {
  it('starts by priority and stops in reverse', async () => {
    await using rig = await Rig.start(TIERS);
    expect(rig.news().filter((name) => name.endsWith('.start'))).to.deep.equal(['high.start', 'mid.start', 'low.start']);
    await rig.until(rig.supervisor.stopWatchers());
    expect(rig.news().filter((name) => /kill|stop/.test(name))).to.deep.equal([
      'low.kill',
      'low.stop',
      'mid.kill',
      'mid.stop',
      'high.kill',
      'high.stop',
    ]);
  });

  it('pauses warmup_delay between watchers', async () => {
    await using rig = await Rig.start({ warmup_delay: 2, ...TIERS });
    const times = rig.os.of('spawn').map((one) => one.at_ms);
    expect((times[1] ?? 0) - (times[0] ?? 0)).to.be.within(2000, 2010);
    expect(times).to.have.length(3);
  });

  it('pauses warmup_delay between those that it starts, not for those that run', async () => {
    await using rig = await Rig.start({ warmup_delay: 2, ...TIERS });
    const startAll = async (): Promise<number> => {
      const before_ms = rig.clock.now();
      await rig.until(rig.supervisor.startWatchers());
      return rig.clock.now() - before_ms;
    };
    expect(await startAll()).to.be.lessThan(100);
    await rig.until(rig.watcher('mid').stop());
    expect(await startAll()).to.be.lessThan(100);
    await rig.until(Promise.all([rig.watcher('high').stop(), rig.watcher('low').stop()]));
    expect(await startAll()).to.be.within(2000, 2100);
  });

  it('leaves no listener behind after the pauses of warmup_delay', async () => {
    const rig = new Rig({ warmup_delay: 2, ...TIERS });
    const { addEventListener } = AbortSignal.prototype;
    const signals = new Set<AbortSignal>();
    AbortSignal.prototype.addEventListener = function (this: AbortSignal, ...args: Parameters<typeof addEventListener>) {
      signals.add(this);
      addEventListener.apply(this, args);
    };
    try {
      await rig.until(rig.supervisor.start());
    } finally {
      AbortSignal.prototype.addEventListener = addEventListener;
    }
    expect(signals.size).to.be.greaterThan(0);
    expect([...signals].flatMap((signal) => getEventListeners(signal, 'abort'))).to.deep.equal([]);
    await rig.until(rig.supervisor.stop());
  });

  it('does not start what has autostart off, unless asked for it', async () => {
    await using rig = await Rig.start({ watchers: { a: { cmd: 'a', autostart: false }, b: { cmd: 'b' } } });
    expect(rig.watcher('a').status).to.equal('stopped');
    await rig.until(rig.supervisor.startWatchers());
    expect(rig.watcher('a').status).to.equal('stopped');
    await rig.until(rig.supervisor.startWatchers([rig.watcher('a')]));
    expect(rig.watcher('a').status).to.equal('active');
  });

  it('does not bring back what was stopped before its turn to start came', async () => {
    const rig = new Rig({ warmup_delay: 5, ...TIERS });
    const started = rig.supervisor.start();
    await rig.pass(100);
    const stopped = rig.watcher('low').stop();
    await rig.until(Promise.all([started, stopped]));
    expect(rig.watcher('low').status).to.equal('stopped');
    expect(rig.watcher('mid').status).to.equal('active');
    await rig.until(rig.supervisor.stop());
  });

  it('does not stop what was started again before its turn to stop came', async () => {
    const rig = new Rig({ watchers: { low: { cmd: 'low', graceful_timeout: 3 }, high: { cmd: 'high', priority: 1 } } });
    rig.os.behave((request) => (request.file === 'low' ? { deaf_to: [SIGTERM] } : {}));
    await rig.until(rig.supervisor.start());
    const stopped = rig.supervisor.stopWatchers();
    await rig.pass(100);
    const started = rig.watcher('high').start();
    await rig.until(Promise.all([stopped, started]));
    expect(rig.watcher('high').status).to.equal('active');
    expect(rig.watcher('low').status).to.equal('stopped');
    await rig.until(rig.supervisor.stop());
  });

  it('stops in the middle of starting, at once, and start is told so', async () => {
    const rig = new Rig({ warmup_delay: 60, ...TIERS });
    const started = rig.supervisor.start();
    await rig.pass(10);
    const asked_ms = rig.clock.now();
    const stopped = rig.supervisor.stop();
    await rig.until(Promise.all([rejects(started, 'RM_CLOSED'), stopped]));
    expect(rig.clock.now() - asked_ms).to.be.lessThan(100);
    expect(rig.os.alive).to.deep.equal([]);
    expect(rig.os.of('spawn')).to.have.length(1);
    expect(rig.clock.pending).to.deep.equal([]);
  });

  it('can be stopped any number of times, before it was started too', async () => {
    const never = new Rig(web());
    await never.supervisor.stop();
    expect(never.supervisor.state).to.equal('stopped');
    const rig = await Rig.start(web());
    const stops = [rig.supervisor.stop(), rig.supervisor.stop()];
    await rig.until(Promise.all(stops));
    await rig.supervisor.stop();
    await rig.supervisor.closed;
    expect(rig.clock.pending).to.deep.equal([]);
  });

  it('can be started again after it was stopped', async () => {
    const rig = await Rig.start(web());
    await rejects(rig.supervisor.start(), 'RM_STATE');
    for (let round = 0; round < 3; round++) {
      await rig.until(rig.supervisor.stop());
      await rig.until(rig.supervisor.start());
      expect(rig.pids()).to.have.length(1);
    }
    await rig.until(rig.supervisor.stop());
    expect(rig.os.alive).to.deep.equal([]);
  });

  it('names everything that is wrong with a config, and runs nothing', async () => {
    const rig = new Rig({ watchers: { a: { numprocesses: 'many' }, b: { cmd: 'b', prioritty: 1 } } });
    const error = await rejects(rig.supervisor.start(), 'RM_CONFIG_INVALID');
    expect(error.message)
      .to.match(/watchers\.a.*cmd/)
      .and.match(/watchers\.a\.numprocesses.*many/)
      .and.match(/prioritty.*priority/s);
    expect(rig.supervisor.state).to.equal('stopped');
    expect(rig.os.actions).to.deep.equal([]);
  });

  it('leaves nothing behind when a plugin can not be set up', async () => {
    const broken = definePlugin({
      name: 'broken',
      summary: 'Fails.',
      schema: { type: 'object', properties: {} },
      setup: () => Promise.reject(new Error('no luck')),
    });
    const rig = new Rig(web(), [broken]);
    const error = await rejects(rig.supervisor.start(), 'RM_PLUGIN_FAILED');
    expect(error.message).to.contain('broken');
    expect(rig.supervisor.state).to.equal('stopped');
    expect(rig.clock.pending).to.deep.equal([]);
  });

  it('gives a plugin the defaults of its schema where the config does not name it', async () => {
    let seen: unknown;
    const plugin = definePlugin({
      name: 'greeter',
      summary: 'Greets.',
      schema: {
        type: 'object',
        additionalProperties: false,
        properties: {
          greeting: { type: 'string', default: 'hello' },
          every: { type: ['number', 'string'], quantity: 'duration', default: '5m' },
        },
      },
      setup: ({ config }) => {
        seen = { ...config };
      },
    });
    await using _rig = await Rig.start(web(), [plugin]);
    expect(seen).to.deep.equal({ greeting: 'hello', every: 300 });
  });

  it('calls boot when the watchers are there, ready when they run, and the shutdown hooks around the stop', async () => {
    const calls: string[] = [];
    const taps = (['boot', 'before_shutdown', 'shutdown'] as const).map((hook) =>
      tapping(hook, () => void calls.push(`${hook} ${rig.os.alive.length}`)),
    );
    const rig = new Rig(web(), [...taps, tapping('ready', () => void calls.push(`ready ${rig.os.alive.length}`))]);
    await rig.until(rig.supervisor.start());
    await rig.until(rig.supervisor.stop());
    expect(calls).to.deep.equal(['boot 0', 'ready 1', 'before_shutdown 1', 'shutdown 0']);
  });

  it('kills every group at once as the last resort of a host that ends', async () => {
    const rig = new Rig(web({ numprocesses: 3 }));
    rig.os.behave({ deaf_to: [SIGTERM], children: [{}] });
    await rig.until(rig.supervisor.start());
    rig.supervisor.killAll();
    await rig.pass(0);
    expect(
      rig.os
        .of('signal')
        .slice(0, 3)
        .map((one) => [one.target, one.signum]),
    ).to.deep.equal(Array(3).fill(['group', 9]));
    await rig.until(rig.supervisor.stop());
    expect(rig.os.alive).to.deep.equal([]);
  });

  describe('add and remove', () => {
    it('adds a watcher, stopped, that is found whatever the case', async () => {
      await using rig = await Rig.start({});
      const watcher = rig.supervisor.add('Web', { cmd: 'web', numprocesses: 2 });
      expect(watcher.status).to.equal('stopped');
      expect(rig.supervisor.find('wEB')?.name).to.equal('Web');
      expect(() => rig.supervisor.add('web', { cmd: 'x' })).to.throw("'web' already exist");
      expect(() => rig.supervisor.add('other', { cmd: 'x', graceful_timeot: 3 })).to.throw('graceful_timeot');
      await rig.until(watcher.start());
      expect(rig.news()).to.deep.equal(['Web.add', 'Web.spawn', 'Web.spawn', 'Web.start']);
    });

    it('removes with remove, kill, reap and stop, and forgets the watcher at once', async () => {
      await using rig = await Rig.start(web());
      rig.news();
      const removed = rig.supervisor.remove('WEB');
      expect(rig.supervisor.find('web')).to.equal(undefined);
      await rig.until(removed);
      expect(rig.news()).to.deep.equal(['web.remove', 'web.kill', 'web.reap', 'web.stop']);
      await rejects(rig.supervisor.remove('web'), 'RM_WATCHER_UNKNOWN');
    });

    it('leaves the processes alone with nostop', async () => {
      const rig = await Rig.start(web());
      const pids = rig.pids();
      await rig.until(rig.supervisor.remove('web', { nostop: true }));
      await rig.until(rig.supervisor.stop());
      expect(rig.os.alive).to.deep.equal(pids);
    });

    it('with nostop, still ends what dead processes have left behind', async () => {
      await using rig = new Rig(web({ graceful_timeout: 1 }));
      rig.os.behave((_request, nth) => (nth === 1 ? { children: [{ deaf_to: [SIGTERM] }] } : {}));
      await rig.until(rig.supervisor.start());
      const [leader = 0] = rig.pids();
      rig.os.exit(leader);
      await rig.pass(10);
      const pids = rig.pids();
      await rig.until(rig.supervisor.remove('web', { nostop: true }));
      expect(rig.os.alive).to.deep.equal(pids);
      expect(rig.os.of('signal').filter((one) => one.signum === 9)).to.deep.include.members([
        { kind: 'signal', target: 'group', pid: leader, signum: 9, result: 'sent', at_ms: 1001 },
      ]);
    });

    it('answers whoever asks something of a watcher that was removed', async () => {
      await using rig = await Rig.start(web({ numprocesses: 2 }));
      const watcher = rig.watcher('web');
      await rig.until(rig.supervisor.remove('web', { nostop: true }));
      expect(await rig.until(watcher.stop())).to.include({ instead: 'it was removed' });
      expect(await rig.until(watcher.set({ numprocesses: 1 }))).to.include({ instead: 'it was removed' });
      await rig.until(Promise.all([watcher.kill(), watcher.incr(), watcher.reload({ graceful: false })]));
    });

    it('reloads all though one is removed meanwhile', async () => {
      await using rig = await Rig.start(TIERS);
      const reloaded = rig.supervisor.reloadWatchers();
      await rig.until(rig.supervisor.remove('low', { nostop: true }));
      expect((await rig.until(reloaded)).started).to.have.length(2);
    });

    it('does not start a namesake before the one that was removed is gone', async () => {
      await using rig = new Rig(web({ graceful_timeout: 3 }));
      rig.os.behave((_request, nth) => (nth === 1 ? { deaf_to: [SIGTERM] } : {}));
      await rig.until(rig.supervisor.start());
      const removed = rig.supervisor.remove('web');
      const started = rig.supervisor.add('web', { cmd: 'next' }).start();
      await rig.pass(1000);
      expect(rig.os.of('spawn')).to.have.length(1);
      await rig.until(Promise.all([removed, started]));
      expect(rig.os.of('spawn')).to.have.length(2);
    });

    it('does not start one before all of its name are gone that were removed, the last of them sooner than the first', async () => {
      await using rig = new Rig(web({ graceful_timeout: 3 }));
      rig.os.behave((_request, nth) => (nth === 1 ? { deaf_to: [SIGTERM] } : {}));
      await rig.until(rig.supervisor.start());
      void rig.supervisor.remove('web');
      rig.supervisor.add('web', { cmd: 'between' });
      void rig.supervisor.remove('web');
      const started = rig.supervisor.add('web', { cmd: 'next' }).start();
      await rig.pass(1000);
      expect(rig.os.of('spawn')).to.have.length(1);
      await rig.until(started);
      expect(rig.os.of('spawn').map(({ request }) => request.argv[0])).to.deep.equal(['web', 'next']);
    });

    it('waits on a stop for what was removed just before', async () => {
      const rig = new Rig(web({ graceful_timeout: 3 }));
      rig.os.behave({ deaf_to: [SIGTERM] });
      await rig.until(rig.supervisor.start());
      void rig.supervisor.remove('web');
      await rig.until(rig.supervisor.stop());
      expect(rig.os.alive).to.deep.equal([]);
    });
  });

  describe('apply', () => {
    const config = async (value: object): Promise<Config> => {
      const { checkConfig } = await import('../../core/index.js');
      const checked = await checkConfig(value);
      if (!checked.config) throw new Error(JSON.stringify(checked.problems));
      return checked.config;
    };

    it('touches only what differs', async () => {
      const before = { same: { cmd: 'same' }, scaled: { cmd: 'scaled' }, changed: { cmd: 'old' }, gone: { cmd: 'gone' } };
      await using rig = await Rig.start({ watchers: before });
      const kept = [...rig.pids('same'), ...rig.pids('scaled')];
      const after = { same: { cmd: 'same' }, scaled: { cmd: 'scaled', numprocesses: 2 }, changed: { cmd: 'new' }, added: { cmd: 'added' } };
      await rig.until(rig.supervisor.apply(await config({ watchers: after })));
      expect([...rig.pids('same'), ...rig.pids('scaled')]).to.include.members(kept);
      expect(rig.pids('scaled')).to.have.length(2);
      expect(rig.supervisor.find('gone')).to.equal(undefined);
      expect(rig.pids('added')).to.have.length(1);
      expect(rig.os.of('spawn').map((one) => one.request.file)).to.include('new');
      expect(rig.os.alive).to.have.length(5);
    });
  });

  it('comes to what was asked last, whatever was asked at once', async () => {
    type Ask = (watcher: WatcherApi) => Promise<Outcome | number | void>;
    const asks: Readonly<Record<string, Ask>> = {
      start: (watcher) => watcher.start(),
      stop: (watcher) => watcher.stop(),
      restart: (watcher) => watcher.restart(),
      reload: (watcher) => watcher.reload(),
      sequential: (watcher) => watcher.reload({ sequential: true }),
      incr: (watcher) => watcher.incr(),
      decr: (watcher) => watcher.decr(),
      kill: (watcher) => watcher.kill(),
      set: (watcher) => watcher.set({ cmd: 'other' }),
    };
    const anyAsk = fc.record({
      ask: fc.constantFrom(...Object.keys(asks)),
      pause_ms: fc.constantFrom(0, 0, 1, 50, 700),
      death: fc.boolean(),
    });
    const anyChild = fc.constantFrom({}, { deaf_to: [SIGTERM] }, { dies_after_ms: 300 }, { children: [{}] }, { exits_after_ms: 400 });
    await fc.assert(
      fc.asyncProperty(
        fc.array(anyAsk, { maxLength: 25 }),
        fc.array(anyChild, { minLength: 1, maxLength: 5 }),
        fc.boolean(),
        async (script, children, veto) => {
          const slow = tapping('before_start', () => (veto ? rig.pass(0) : undefined));
          const rig = new Rig(web({ numprocesses: 2, graceful_timeout: 0.5 }), [slow]);
          rig.os.behave((_request, nth) => children[nth % children.length] ?? {});
          await rig.until(rig.supervisor.start());
          const answers: Promise<unknown>[] = [];
          for (const { ask, pause_ms, death } of script) {
            answers.push(asks[ask]?.(rig.watcher()) ?? Promise.reject(new Error(ask)));
            if (pause_ms > 0) await rig.pass(pause_ms);
            const [victim] = rig.pids();
            if (death && victim !== undefined && rig.os.alive.includes(victim)) rig.os.exit(victim);
          }
          await rig.until(Promise.all(answers));
          const last = script.findLast(({ ask }) => ['start', 'stop', 'restart', 'reload', 'sequential'].includes(ask));
          expect(rig.watcher().status).to.equal(last?.ask === 'stop' ? 'stopped' : 'active');
          await rig.until(rig.supervisor.stop());
          expect(rig.os.alive).to.deep.equal([]);
          expect(rig.clock.pending).to.deep.equal([]);
          const born = rig.os.of('spawn').map((one) => one.pid);
          const told = (name: string): number[] =>
            rig.record.events.flatMap((event) => (event.name === name && 'process_pid' in event.body ? [event.body.process_pid] : []));
          expect(told('spawn')).to.deep.equal(born);
          expect(told('reap').toSorted((a, b) => a - b)).to.deep.equal(born);
        },
      ),
      { numRuns: 60 },
    );
  });

  it('two of them live side by side', async () => {
    await using one = await Rig.start(web());
    await using other = await Rig.start(web({ numprocesses: 2 }));
    await one.until(one.supervisor.stop());
    expect(other.pids()).to.have.length(2);
    expect(one.supervisor).to.be.instanceOf(Supervisor);
  });
});
