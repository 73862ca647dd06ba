import { expect } from 'chai';
import { type AnyPlugin, definePlugin, type PluginStatus } from '../../core/index.js';
import { eventually, rejects } from '../../core/testing.js';
import { PluginJournal } from '../fixtures/plugin-journal.js';
import { Rig } from '../fixtures/rig.js';

const watchers = { web: { cmd: 'web' } };

describe('plugins by request', () => {
  let journal: PluginJournal;
  beforeEach(() => {
    journal = new PluginJournal();
  });

  const off = (...names: string[]): object => Object.fromEntries(names.map((name) => [name, false]));
  const state = (rig: Rig, name: string): PluginStatus | undefined => rig.supervisor.plugins().find((plugin) => plugin.name === name);
  const option = (rig: Rig, plugin: string, name: string): unknown => {
    const found = state(rig, plugin)?.options.find((one) => one.name === name);
    return found && [found.value, found.from];
  };

  it('are set up with checked options, given others, and closed', async () => {
    await using rig = await Rig.start({ watchers, plugins: off('a') }, [journal.plugin('a')]);
    const before = rig.pids();
    const added = await rig.until(rig.supervisor.addPlugin('a', { level: '2' }));
    expect(added).to.include({ name: 'a', source: 'a', state: 'up' });
    expect([option(rig, 'a', 'level'), option(rig, 'a', 'fails')]).to.deep.equal([
      [2, 'run_time'],
      [false, 'default'],
    ]);
    expect(rig.supervisor.drift()).to.deep.equal([{ plugin: 'a', change: 'added', changes: [] }]);
    await rig.until(rig.supervisor.reconfigurePlugin('a', { level: 3 }));
    expect(await rig.until(rig.supervisor.removePlugin('a'))).to.deep.equal(['a']);
    expect(journal.news()).to.equal('+a:2 boot a ready a -a +a:3 boot a ready a -a');
    expect([rig.supervisor.drift(), rig.pids()]).to.deep.equal([[], before]);
  });

  const refusals: readonly (readonly [string, (rig: Rig) => Promise<unknown>, string, string])[] = [
    [
      'an option of the wrong type',
      (rig) => rig.supervisor.addPlugin('a', { level: 'many' }),
      'RM_PLUGIN_OPTIONS',
      'plugins.a.level must be an integer, at least 0, got "many"',
    ],
    [
      'an unknown option',
      (rig) => rig.supervisor.addPlugin('a', { levle: 1 }),
      'RM_PLUGIN_OPTIONS',
      'plugins.a.levle is not a known key; did you mean level?',
    ],
    [
      'a value that is no JSON',
      (rig) => rig.supervisor.addPlugin('a', { level: () => 1 }),
      'RM_PLUGIN_OPTIONS',
      'plugins.a.level must be JSON, got a function',
    ],
    ['one that is there', (rig) => rig.supervisor.addPlugin('base'), 'RM_PLUGIN_EXISTS', 'plugin "base" is there already'],
    ['one that nobody knows', (rig) => rig.supervisor.addPlugin('flaping'), 'RM_PLUGIN_UNKNOWN', 'did you mean "flapping"?'],
    [
      'one whose setup fails',
      (rig) => rig.supervisor.addPlugin('a', { fails: true }),
      'RM_PLUGIN_CHANGE',
      'everything runs as before: plugin "a" failed in setup: no luck',
    ],
    ['the removal of one that is not there', (rig) => rig.supervisor.removePlugin('bases'), 'RM_PLUGIN_ABSENT', 'did you mean "base"?'],
    ['the removal of one that is required', (rig) => rig.supervisor.removePlugin('base'), 'RM_PLUGIN_REQUIRED', 'user requires it'],
    ['the removal of one that only a new daemon can', (rig) => rig.supervisor.removePlugin('fixed'), 'RM_PLUGIN_FIXED', '"fixed"'],
    ['other options for such a one', (rig) => rig.supervisor.reconfigurePlugin('fixed', { level: 1 }), 'RM_PLUGIN_FIXED', '"fixed"'],
    [
      'wrong options for one that is there',
      (rig) => rig.supervisor.reconfigurePlugin('base', { level: -1 }),
      'RM_PLUGIN_OPTIONS',
      'plugins.base.level must be an integer, at least 0, got -1',
    ],
  ];
  for (const [what, ask, code, text] of refusals) {
    it(`refuse ${what}, and change nothing`, async () => {
      const plugins = [
        journal.plugin('base'),
        journal.plugin('user', { requires: ['base'] }),
        journal.plugin('fixed', { applies: 'daemon' }),
        journal.plugin('a'),
      ];
      await using rig = await Rig.start({ watchers, plugins: off('a') }, plugins);
      journal.news();
      const error = await rejects(rig.until(ask(rig)), code as 'RM_PLUGIN_OPTIONS');
      expect(error.message).to.include(text);
      expect([journal.news(), rig.supervisor.drift()]).to.deep.equal(['', []]);
    });
  }

  it('are set up as they were where the new options fail, with those that require them', async () => {
    await using rig = await Rig.start({ watchers, plugins: { a: { level: 1 } } }, [
      journal.plugin('a'),
      journal.plugin('b', { requires: ['a'] }),
    ]);
    journal.news();
    const error = await rejects(rig.until(rig.supervisor.reconfigurePlugin('a', { fails: true })), 'RM_PLUGIN_CHANGE');
    expect(error.context).to.deep.equal({ plugin: 'a' });
    expect(journal.news()).to.equal('-b -a +a:1 boot a ready a +b:0 boot b ready b');
    expect(option(rig, 'a', 'level')).to.deep.equal([1, 'config']);
  });

  it('bring packaged ones along that they require, and take them with them', async () => {
    const needy = journal.plugin('needy', { requires: ['checks'] });
    await using rig = await Rig.start({ watchers, plugins: off('needy') }, [needy]);
    await rig.until(rig.supervisor.addPlugin('needy'));
    expect(state(rig, 'checks')).to.include({ state: 'up' });
    expect((await rejects(rig.until(rig.supervisor.removePlugin('checks')), 'RM_PLUGIN_REQUIRED')).message).to.include('needy');
    expect(await rig.until(rig.supervisor.removePlugin('needy'))).to.deep.equal(['needy', 'checks']);
    expect(rig.supervisor.drift()).to.deep.equal([]);
  });

  it('take their turn among configs and each other, in the order asked', async () => {
    await using rig = await Rig.start({ watchers, plugins: off('a') }, [journal.plugin('a')]);
    const config = await rig.until(rig.supervisor.readConfig({ config: { watchers, plugins: { a: { level: 7 } } } }));
    const asked = [
      rig.supervisor.addPlugin('a', { level: 1 }),
      rig.supervisor.reconfigurePlugin('a', { level: 2 }),
      rig.supervisor.apply(config),
      rig.supervisor.removePlugin('a'),
      rig.supervisor.addPlugin('a', { level: 3 }),
    ];
    await rig.until(Promise.all(asked));
    expect(journal.news().replaceAll(/ (?:boot|ready) a/g, '')).to.equal('+a:1 -a +a:2 -a +a:7 -a +a:3');
    expect(rig.supervisor.drift()).to.deep.equal([{ plugin: 'a', change: 'changed', changes: [{ option: 'level', from: 7, to: 3 }] }]);
  });

  it('do not hold up a stop, and are refused after it', async () => {
    await using rig = await Rig.start({ watchers, plugins: off('a') }, [journal.plugin('a')]);
    journal.hanging.add('a');
    const added = rejects(rig.supervisor.addPlugin('a'), 'RM_CLOSED');
    await rig.until(eventually(() => journal.lines.includes('+a:0'), { what: 'the setup of a' }));
    const started_ms = rig.clock.now();
    await rig.until(rig.supervisor.stop());
    await added;
    expect(rig.clock.now() - started_ms).to.be.below(1000);
    await rejects(rig.supervisor.addPlugin('a'), 'RM_STATE');
    expect(rig.clock.pending).to.deep.equal([]);
  });

  it('can remove themselves from a tap that is waited for', async () => {
    const leaves = definePlugin({
      name: 'leaves',
      summary: 'Removes itself when a watcher starts.',
      schema: { type: 'object', properties: {} },
      hooks: ['before_start'],
      setup({ hooks, supervisor }) {
        hooks.before_start.tap(async () => {
          await supervisor.removePlugin('leaves');
          return { veto: 'nobody hears this' };
        });
      },
    });
    await using rig = await Rig.start({ watchers: { web: { cmd: 'web', autostart: false } } }, [leaves]);
    const outcome = await rig.until(rig.watcher().start());
    expect([outcome.started.length, outcome.instead, state(rig, 'leaves')]).to.deep.equal([1, undefined, undefined]);
  });

  describe('are drift', () => {
    const file = { watchers, plugins: { gone: {}, changed: { level: 1 }, extra: false } };
    const drifted = async (): Promise<Rig> => {
      const rig = await Rig.start(
        file,
        ['gone', 'changed', 'extra'].map((name) => journal.plugin(name)),
      );
      await rig.until(rig.supervisor.removePlugin('gone'));
      await rig.until(rig.supervisor.reconfigurePlugin('changed', { level: 2 }));
      await rig.until(rig.supervisor.addPlugin('extra'));
      return rig;
    };
    const up = (rig: Rig): string =>
      rig.supervisor
        .plugins()
        .flatMap(({ name, options }) => (name === 'record_events' ? [] : [`${name}:${options.find((one) => one.name === 'level')?.value}`]))
        .sort()
        .join(' ');
    const steps = async (rig: Rig, value: object, keep_drift: boolean): Promise<readonly string[]> => {
      const config = await rig.until(rig.supervisor.readConfig({ config: value }));
      const { steps: taken } = await rig.until(rig.supervisor.apply(config, { keep_drift }));
      return taken.flatMap((step) => ('plugin' in step ? [`${step.do} ${step.plugin} ${step.reason} ${step.drift}`] : [step.do]));
    };

    it('that plan marks and apply undoes', async () => {
      await using rig = await drifted();
      expect(rig.supervisor.drift().map((one) => 'plugin' in one && `${one.plugin} ${one.change}`)).to.have.members([
        'gone removed',
        'changed changed',
        'extra added',
      ]);
      expect(await steps(rig, file, false)).to.have.members([
        'plugin_load gone added true',
        'plugin_unload changed changed true',
        'plugin_load changed changed true',
        'plugin_unload extra removed true',
      ]);
      expect(up(rig)).to.equal('changed:1 gone:0');
      expect(rig.supervisor.drift()).to.deep.equal([]);
    });

    it('that a reload leaves alone, but for what the file has changed', async () => {
      await using rig = await drifted();
      expect(await steps(rig, file, true)).to.deep.equal([]);
      expect(up(rig)).to.equal('changed:2 extra:0');
      await steps(rig, { watchers, plugins: { ...file.plugins, gone: { level: 5 }, changed: { level: 6 } } }, true);
      expect(up(rig)).to.equal('changed:6 extra:0 gone:5');
    });
  });

  describe('that keep failing', () => {
    /** Fails in `event` or in a timer every 100 ms, as long as it is told to. */
    const failing = (
      more: { readonly never_detached?: boolean; readonly applies?: 'daemon'; readonly in_timer?: boolean } = {},
    ): AnyPlugin =>
      definePlugin({
        name: 'bad',
        summary: 'Fails.',
        schema: { type: 'object', additionalProperties: false, properties: { well: { type: 'boolean', default: false } } },
        ...more,
        hooks: ['state_changed'],
        setup({ config, hooks, clock, scope, provide }) {
          provide('badness', {});
          scope.add('journal', () => void journal.lines.push('-bad'));
          const fail = (): void => {
            if (!config.well) throw new Error('boom');
          };
          hooks.state_changed.tap(fail);
          const later = (): void =>
            void clock.setTimeout(() => {
              later();
              fail();
            }, 100);
          if (more.in_timer === true) later();
        },
      });
    const flip = async (rig: Rig): Promise<void> => {
      await rig.until(rig.watcher().restart());
    };

    it('are detached, which is logged and told, and can be brought back', async () => {
      await using rig = await Rig.start({ watchers }, [failing(), journal.plugin('user', { requires: ['bad'] })]);
      await flip(rig);
      await flip(rig);
      expect(state(rig, 'bad')).to.include({ state: 'detached' });
      expect(state(rig, 'bad')?.detached).to.equal(
        '10 failures in a row in hook state_changed; the last: plugin "bad" failed in hook state_changed: boom',
      );
      expect(state(rig, 'bad')?.owns).to.deep.equal([]);
      expect(state(rig, 'user')).to.include({ state: 'detached', detached: 'it requires bad' });
      const line = rig.logged.find((text) => text.includes('is detached'));
      expect(line).to.match(/^error plugin "bad" is detached, supervision goes on without it: 10 failures in a row in hook state_changed/);
      expect(line).to.include('boom').and.to.include('ringmaster plugin reconfigure bad');
      expect(rig.record.names('plugin:bad')).to.deep.equal(['plugin_detached']);
      expect([rig.watcher().status, rig.pids().length]).to.deep.equal(['active', 1]);
      expect(rig.supervisor.drift().map(({ change }) => change)).to.deep.equal(['detached', 'detached']);
      await rig.until(rig.supervisor.reconfigurePlugin('bad', { well: true }));
      expect(rig.supervisor.plugins().map((plugin) => plugin.state)).to.deep.equal(['up', 'up', 'up']);
      await flip(rig);
      expect(state(rig, 'bad')).to.include({ state: 'up' });
    });

    it('in their timers are detached too, and leave no timer', async () => {
      await using rig = await Rig.start({ watchers }, [failing({ in_timer: true })]);
      await rig.pass(1100);
      expect(state(rig, 'bad')?.detached).to.equal('10 failures in a row in a timer; the last: boom');
      expect(rig.clock.pending.filter(({ due_in_ms }) => due_in_ms <= 100)).to.deep.equal([]);
    });

    it('are detached earlier or never, by an option of the daemon or their own', async () => {
      const states: (string | undefined)[] = [];
      for (const config of [
        { plugin_fault_budget: 3 },
        { plugins: { bad: { fault_budget: 3 } } },
        { plugin_fault_budget: 0 },
        { plugins: { bad: { fault_budget: 0 } } },
      ]) {
        await using rig = await Rig.start({ watchers, ...config }, [failing()]);
        if (states.length > 1) for (let count = 0; count < 12; count++) await flip(rig);
        states.push(state(rig, 'bad')?.state);
      }
      expect(states).to.deep.equal(['detached', 'detached', 'up', 'up']);
    });

    it('are kept where their failures are verdicts of the user, or only a new daemon could set them up again', async () => {
      for (const more of [{ never_detached: true }, { applies: 'daemon' }] as const) {
        await using rig = await Rig.start({ watchers }, [failing(more)]);
        for (let count = 0; count < 12; count++) await flip(rig);
        expect(state(rig, 'bad')).to.include({ state: 'up' });
      }
    });

    it('stay detached over a reload, and are set up again by apply', async () => {
      await using rig = await Rig.start({ watchers, plugin_fault_budget: 1 }, [failing()]);
      expect(state(rig, 'bad')).to.include({ state: 'detached' });
      const config = await rig.until(rig.supervisor.readConfig({ config: { watchers, plugin_fault_budget: 1 } }));
      expect((await rig.until(rig.supervisor.apply(config, { keep_drift: true }))).steps).to.deep.equal([]);
      const { steps } = await rig.until(rig.supervisor.apply(config));
      expect(steps.map((step) => 'reason' in step && `${step.do} ${step.reason}`)).to.deep.equal([
        'plugin_unload detached',
        'plugin_load detached',
      ]);
      expect(state(rig, 'bad')).to.include({ state: 'up' });
    });

    it('can be removed while they are detached', async () => {
      await using rig = await Rig.start({ watchers, plugin_fault_budget: 1 }, [failing()]);
      await rig.until(rig.supervisor.removePlugin('bad'));
      expect(state(rig, 'bad')).to.equal(undefined);
      expect(journal.news()).to.equal('-bad');
    });
  });

  describe('for one watcher', () => {
    const asked: unknown[] = [];
    const asks = definePlugin({
      name: 'asks',
      summary: 'Writes its options for a watcher down.',
      schema: {
        type: 'object',
        additionalProperties: false,
        properties: { attempts: { type: 'integer', minimum: 1, default: 2, description: 'How often.' } },
      },
      per_watcher: true,
      hooks: ['before_signal'],
      setup({ configFor, hooks }) {
        hooks.before_signal.tap(({ watcher }) => {
          const options = configFor(watcher);
          asked.push(options?.attempts ?? 'off');
          return { veto: 'it was only a question' };
        });
      },
    });
    const answers = (rig: Rig): unknown => {
      asked.length = 0;
      rig.watcher().signal(10);
      return asked[0];
    };

    it('are set by PLUGIN.OPTION, by the map of them, and switched off by false, with no new process', async () => {
      await using rig = await Rig.start({ watchers }, [asks]);
      const before = rig.pids();
      const sets: readonly (readonly [object, unknown])[] = [
        [{ 'asks.attempts': 3 }, 3],
        [{ 'asks.attempts': '4' }, 4],
        [{ asks: false }, 'off'],
        [{ asks: 'true' }, 2],
        [{ plugins: { asks: { attempts: 5 } } }, 5],
        [{ plugins: {} }, 2],
      ];
      for (const [given, expected] of sets) {
        await rig.until(rig.watcher().set(given as Record<string, unknown>));
        expect(answers(rig)).to.equal(expected);
      }
      expect(rig.pids()).to.deep.equal(before);
    });

    const wrong: readonly (readonly [object, string])[] = [
      [{ 'asks.attempts': 0 }, "'plugins.asks.attempts' must be an integer, at least 1, got 0"],
      [{ 'asks.atempts': 1 }, "'plugins.asks.atempts' is not a known key"],
      [{ plugins: { nobody: {} } }, "'plugins.nobody' names a plugin that is not loaded"],
      [{ 'a.level': 1 }, 'can’t be set for one watcher'],
      [{ 'nobody.level': 1 }, "unknown key 'nobody.level'"],
    ];
    for (const [given, text] of wrong) {
      it(`refuse ${JSON.stringify(given)}, at once and by add too`, async () => {
        await using rig = await Rig.start({ watchers }, [asks, journal.plugin('a')]);
        expect(() => rig.watcher().set(given as Record<string, unknown>)).to.throw(text);
        expect(() => rig.supervisor.add('more', { cmd: 'more', ...given })).to.throw(text);
        expect(answers(rig)).to.equal(2);
      });
    }
  });
});
