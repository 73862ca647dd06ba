import { expect } from 'chai';
import { type AppliedPlan, type Config, definePlugin, type Supervisor } from '../../core/index.js';
import { eventually, rejects } from '../../core/testing.js';
import { PluginJournal } from '../fixtures/plugin-journal.js';
import { Rig, tapping } from '../fixtures/rig.js';

const watchers = { web: { cmd: 'web' } };

describe('plugins at run time', () => {
  let journal: PluginJournal;
  beforeEach(() => {
    journal = new PluginJournal();
  });

  /** `value` is what a file would hold; the plugins given to the supervisor are there unless it says `false`. */
  const apply = async (rig: Rig, value: object): Promise<AppliedPlan> => {
    const config = rig.until(rig.supervisor.readConfig({ config: value }));
    return rig.until(rig.supervisor.apply(await config));
  };

  it('are set up, set up again with other options, and closed', async () => {
    await using rig = await Rig.start({ watchers, plugins: { a: false } }, [journal.plugin('a')]);
    const [pid] = rig.pids();
    expect(journal.news()).to.equal('');
    await apply(rig, { watchers, plugins: { a: {} } });
    expect(journal.news()).to.equal('+a:0 boot a ready a');
    await apply(rig, { watchers, plugins: { a: { level: 0 } } });
    expect(journal.news()).to.equal('');
    const { steps } = await apply(rig, { watchers, plugins: { a: { level: 2 } } });
    expect(journal.news()).to.equal('-a +a:2 boot a ready a');
    expect(steps.at(-1)).to.deep.equal({
      do: 'plugin_load',
      plugin: 'a',
      reason: 'changed',
      changes: [{ option: 'level', from: 0, to: 2 }],
      drift: false,
    });
    await apply(rig, { watchers, plugins: { a: false } });
    expect(journal.news()).to.equal('-a');
    expect(rig.pids()).to.deep.equal([pid]);
  });

  it('take those along that require them', async () => {
    const plugins = [journal.plugin('a'), journal.plugin('b', { requires: ['a'] }), journal.plugin('c', { requires: ['b'] })];
    await using rig = await Rig.start({ watchers, plugins: { c: false } }, [...plugins, journal.plugin('other')]);
    journal.news();
    await apply(rig, { watchers, plugins: { a: { level: 1 }, c: {} } });
    expect(journal.news()).to.equal('-b -a +a:1 +b:0 +c:0 boot a boot b boot c ready a ready b ready c');
  });

  it('are refused before anything happens where one that is required would be missing', async () => {
    const plugins = [journal.plugin('a'), journal.plugin('b', { requires: ['a'] })];
    await using rig = await Rig.start({ watchers }, plugins);
    journal.news();
    const error = await rejects(apply(rig, { watchers: {}, plugins: { a: false } }), 'RM_PLUGIN_ORDER');
    expect(error.message).to.contain('b requires a');
    expect([journal.news(), rig.pids().length]).to.deep.equal(['', 1]);
  });

  it('leave everything as it was where one can not be set up, which is named', async () => {
    const plugins = [journal.plugin('a'), journal.plugin('b', { requires: ['a'] }), journal.plugin('c')];
    await using rig = await Rig.start({ watchers, plugins: { c: false } }, plugins);
    const before = rig.pids();
    journal.news();
    const after = { check_delay: 60, watchers: { web: { cmd: 'other' } }, plugins: { a: { level: 1 }, c: { fails: true } } };
    const error = await rejects(apply(rig, after), 'RM_CONFIG_APPLY');
    expect(error.message).to.contain('everything runs as before').and.to.contain('plugin "c" failed in setup').and.to.contain('no luck');
    expect(error.context).to.deep.equal({ plugin: 'c' });
    expect(journal.news()).to.equal('-b -a +a:1 +b:0 -b -a +a:0 boot a ready a +b:0 boot b ready b');
    expect(rig.pids()).to.deep.equal(before);
    expect(rig.supervisor.options.check_delay).to.equal(5);
    expect(rig.supervisor.drift()).to.deep.equal([]);
    await apply(rig, { watchers, plugins: { a: { level: 1 }, c: false } });
    expect(journal.news()).to.equal('-b -a +a:1 +b:0 boot a boot b ready a ready b');
  });

  it('that can not even be set up as they were are said to be lost, and come back with the next config', async () => {
    await using rig = await Rig.start({ watchers }, [journal.plugin('a')]);
    journal.news();
    journal.failing.add('a');
    await rejects(apply(rig, { watchers, plugins: { a: { level: 1 } } }), 'RM_CONFIG_APPLY');
    expect(rig.logged).to.include('error plugin "a" can not be set up as it was: plugin "a" failed in setup: no luck');
    journal.failing.clear();
    await apply(rig, { watchers });
    expect(journal.news()).to.equal('-a +a:0 boot a ready a');
  });

  it('that only a new daemon can set up again are left alone, and named', async () => {
    await using rig = await Rig.start({ watchers }, [journal.plugin('fixed', { applies: 'daemon' })]);
    journal.news();
    const { steps } = await apply(rig, { watchers: { web: { cmd: 'web', numprocesses: 2 } }, plugins: { fixed: { level: 1 } } });
    expect(steps.map((step) => step.do)).to.deep.equal(['scale', 'restart_daemon']);
    expect(journal.news()).to.equal('');
    expect(rig.pids()).to.have.length(2);
    expect(rig.logged).to.include('warn plugin fixed was changed in the config; it takes effect when the daemon is started again');
  });

  it('that hang in their setup do not hold up a stop', async () => {
    await using rig = await Rig.start({ watchers, plugins: { a: false } }, [journal.plugin('a')]);
    journal.hanging.add('a');
    const applied = rig.supervisor.apply(rig.supervisor.readConfig({ config: { watchers, plugins: { a: {} } } }));
    const refused = rejects(applied, 'RM_CLOSED');
    await rig.until(eventually(() => journal.lines.includes('+a:0'), { what: 'the setup of a' }));
    const started_ms = rig.clock.now();
    await rig.until(rig.supervisor.stop());
    await refused;
    expect(rig.clock.now() - started_ms).to.be.below(1000);
    expect(journal.news()).to.equal('+a:0 -a');
    expect(rig.clock.pending).to.deep.equal([]);
  });

  it('that options of a watcher imply come and go with them, and hear of its stop', async () => {
    const hooks = { before_stop: './test/fixtures/config-hooks/hooks.mjs#note' };
    await using rig = await Rig.start({ watchers });
    const came = await apply(rig, { watchers: { web: { cmd: 'web', hooks } } });
    expect(came.steps.map((step) => step.do)).to.deep.equal(['plugin_load', 'set']);
    const config = await rig.until(rig.supervisor.readConfig({ config: {} }));
    expect((await rig.until(rig.supervisor.plan(config))).steps.map((step) => step.do)).to.deep.equal(['remove', 'plugin_unload']);
    await rig.until(rig.watcher().restart());
    rig.news();
    await rig.until(rig.supervisor.apply(config));
    expect(rig.news('web')).to.include('hook_success');
  });

  it('that an option implies do not come before the option is in effect', async () => {
    const offer = definePlugin({
      name: 'control',
      summary: 'Stands for the real one.',
      schema: { type: 'object', properties: {} },
      setup: ({ provide }) => provide('publications', { openStats: async () => ({ close: async () => {}, endpoint: 'x' }) }),
    });
    await using rig = await Rig.start({ watchers }, [offer]);
    const briefly = async (value: object): Promise<readonly string[]> =>
      (await apply(rig, value)).steps.map((step) => `${step.do} ${'plugin' in step ? step.plugin : ''}`.trim());
    expect(await briefly({ watchers, stats_endpoint: 'ipc://x' })).to.deep.equal(['restart_daemon']);
    expect(await briefly({ watchers, statsd: true })).to.deep.equal(['plugin_load stats', 'option']);
    expect(await briefly({ watchers })).to.deep.equal(['option', 'plugin_unload stats']);
  });

  it('read the config in effect while they are set up', async () => {
    const seen: Config['check_delay'][] = [];
    const looks = {
      ...tapping('event', () => undefined),
      setup: ({ supervisor }: { supervisor: Supervisor }) => void seen.push(supervisor.options.check_delay),
    };
    await using rig = await Rig.start({ check_delay: 7, plugins: { tap_event: false } }, [looks as never]);
    await apply(rig, { check_delay: 7 });
    expect(seen).to.deep.equal([7]);
  });
});
