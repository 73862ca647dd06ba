import { constants } from 'node:os';
import { expect } from 'chai';
import { CONFIG_HOOKS } from '../../../core/config/schema/watcher.js';
import { eventually } from '../../../core/testing.js';
import { Rig, web } from '../../fixtures/rig.js';

const { SIGTERM, SIGKILL, SIGCONT } = constants.signals;
const MODULE = './test/fixtures/config-hooks/hooks.mjs';
const hook = (name: string, fn: string, more: object = {}): object => web({ hooks: { [name]: `${MODULE}#${fn}` }, ...more });
const calls = (): string[] => (globalThis as unknown as { configHookCalls?: string[] }).configHookCalls ?? [];

describe('hooks in the config', () => {
  it('calls the function of each hook with its name and the watcher, and tells hook_success', async () => {
    const all = Object.fromEntries(CONFIG_HOOKS.map((name) => [name, `${MODULE}#note`]));
    const rig = await Rig.start(web({ hooks: all }));
    calls().length = 0;
    await rig.until(rig.watcher().restart());
    expect(calls()).to.deep.equal([
      'web before_stop',
      'web before_signal pid',
      'web after_signal pid',
      'web before_reap pid',
      'web after_reap pid',
      'web after_stop',
      'web before_start',
      'web before_spawn',
      'web after_spawn pid',
      'web after_start',
    ]);
    const told = rig.record.events.flatMap((event) => (event.name === 'hook_success' ? [event.body.name] : []));
    expect(told.slice(-4)).to.deep.equal(['before_start', 'before_spawn', 'after_spawn', 'after_start']);
    await rig.until(rig.supervisor.stop());
  });

  for (const name of ['before_start', 'after_start', 'before_spawn', 'after_spawn']) {
    it(`${name} keeps the watcher stopped with false or a failure, but not with a forgotten return`, async () => {
      for (const [fn, status] of [
        ['refuse', 'stopped'],
        ['fail', 'stopped'],
        ['forget', 'active'],
        ['fail,true', 'active'],
      ] as const) {
        await using rig = await Rig.start(hook(name, fn));
        expect(rig.watcher().status, fn).to.equal(status);
        expect(rig.record.names('web').includes('hook_failure'), fn).to.equal(fn.startsWith('fail'));
      }
    });
  }

  it('calls the functions that a config names at run time, also where no config has named any before', async () => {
    await using rig = await Rig.start(web());
    const name = (fn: string) => rig.supervisor.readConfig({ config: hook('before_reap', fn) });
    const [pid] = rig.pids();
    await rig.until(rig.supervisor.apply(name('note')));
    expect(rig.pids()).to.deep.equal([pid]);
    calls().length = 0;
    await eventually(async () => {
      await rig.until(rig.watcher().restart());
      return calls().includes('web before_reap pid');
    });
    await rig.until(rig.supervisor.apply(rig.supervisor.readConfig({ config: web() })));
    calls().length = 0;
    await rig.until(rig.watcher().restart());
    expect(calls()).to.deep.equal([]);
  });

  it('calls those of a stop when a watcher is removed, and none of them for another one of that name', async () => {
    const stops = { before_stop: `${MODULE}#note`, after_stop: `${MODULE}#note` };
    await using rig = await Rig.start(web({ hooks: stops }));
    calls().length = 0;
    await rig.until(rig.supervisor.remove('web', {}));
    expect(calls()).to.deep.equal(['web before_stop', 'web after_stop']);
    await rig.until(rig.supervisor.apply(rig.supervisor.readConfig({ config: web() })));
    await rig.until(rig.watcher().stop());
    expect(calls()).to.deep.equal(['web before_stop', 'web after_stop']);
  });

  it('calls none for another watcher of the name of one that was removed after it had stopped', async () => {
    await using rig = await Rig.start(web({ hooks: { before_spawn: `${MODULE}#note`, before_stop: `${MODULE}#note` } }));
    await rig.until(rig.watcher().stop());
    await rig.until(rig.supervisor.remove('web', {}));
    calls().length = 0;
    await rig.until(rig.supervisor.apply(rig.supervisor.readConfig({ config: web() })));
    await rig.until(rig.watcher().restart());
    expect(calls()).to.deep.equal([]);
  });

  it('calls each function once, though it is named while the watcher starts', async () => {
    await using rig = await Rig.start(hook('before_stop', 'forget'));
    const hooks = { before_stop: `${MODULE}#note` };
    await Promise.all([1, 2, 3].map(() => rig.until(rig.watcher().set({ hooks }))));
    await rig.until(rig.watcher().restart());
    calls().length = 0;
    await rig.until(rig.watcher().stop());
    expect(calls()).to.deep.equal(['web before_stop']);
  });

  it('takes what extended_stats writes into the stats, or returns, and tells nothing of it but a failure', async () => {
    for (const [fn, more, told] of [
      ['writeStats', { written: 1000 }, []],
      ['returnStats', { returned: true }, []],
      ['forget', {}, []],
      ['fail', {}, ['hook_failure']],
    ] as const) {
      await using rig = await Rig.start(hook('extended_stats', fn));
      const [process] = rig.watcher().processes();
      if (process === undefined) throw new Error('there is no process');
      rig.news('web');
      const stats = await rig.until(rig.supervisor.extendStats(rig.watcher(), process, { cpu: 1 }));
      expect(stats, fn).to.deep.equal({ cpu: 1, ...more });
      expect(rig.news('web'), fn).to.deep.equal(told);
    }
  });

  it('tells what a function threw', async () => {
    await using rig = await Rig.start(hook('before_start', 'fail'));
    expect(rig.record.events.find((event) => event.name === 'hook_failure')?.body).to.include({
      name: 'before_start',
      error: 'redis is down',
    });
  });

  it('withholds a signal with false, and sends it though the function fails, as Circus does', async () => {
    for (const [fn, signals] of [
      ['refuse', [SIGKILL]],
      ['fail', [SIGTERM, SIGCONT]],
    ] as const) {
      await using rig = await Rig.start(hook('before_signal', fn, { graceful_timeout: 1 }));
      await rig.until(rig.watcher().stop());
      expect(
        rig.os.of('signal').map((one) => one.signum),
        fn,
      ).to.deep.equal(signals);
    }
  });

  it('takes a function that gives no answer for failed after the deadline', async () => {
    await using rig = await Rig.start({ ...hook('before_spawn', 'slow'), plugins: { config_hooks: { deadline: '20s' } } });
    expect(rig.watcher().status).to.equal('stopped');
    // The first start has imported the module, in a time of its own.
    const begun_ms = rig.clock.now();
    await rig.until(rig.watcher().start());
    expect(rig.clock.now() - begun_ms).to.be.within(20_000, 20_100);
    expect(rig.watcher().status).to.equal('stopped');
  });

  it('a function that can not be loaded keeps the watcher stopped and says what is wrong', async () => {
    for (const [value, reason] of [
      ['./nowhere.mjs#check', /no file .*nowhere\.mjs/],
      [
        `${MODULE}#nothing`,
        /exports no function nothing, but fail, forget, note, refuse, slow, default|exports no function nothing, but .*fail/,
      ],
      ['no-such-package#check', /no-such-package/],
    ] as const) {
      await using rig = await Rig.start(web({ autostart: false, hooks: { before_start: value } }));
      const outcome = await rig.until(rig.watcher().start());
      expect(outcome.instead).to.match(reason);
    }
  });

  it('can be set to another function at run time', async () => {
    await using rig = await Rig.start(hook('before_spawn', 'forget'));
    await rig.until(rig.watcher().set({ 'hooks.before_spawn': `${MODULE}#refuse` }));
    await rig.pass(10);
    const outcome = await rig.until(rig.watcher().restart());
    expect(outcome.instead).to.be.a('string');
    expect(rig.watcher().status).to.equal('stopped');
  });
});
