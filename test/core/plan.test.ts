import { expect } from 'chai';
import { type ConfigInput, checkConfigSync } from '../../core/config/index.js';
import type { Config } from '../../core/index.js';
import { configInEffect, type PlanOptions, type PlanStep, planConfig, type RunningWatcher } from '../../core/plan.js';
import { findDrift } from '../../core/plan-drift.js';

function config(input: ConfigInput): Config {
  const checked = checkConfigSync(input, new Map()).config;
  if (checked === null) throw new Error('the config of this test is wrong');
  return checked;
}

/** What runs by a config, each watcher with pids of its own, and what was done to it at run time. */
function runs(loaded: Config, changes: Readonly<Record<string, Partial<RunningWatcher>>> = {}): readonly RunningWatcher[] {
  return Object.entries(loaded.watchers).flatMap(([name, spec], index): RunningWatcher[] => {
    const change = changes[name] ?? {};
    if (change.intent === 'stopped') return [{ name, spec, status: 'stopped', pids: [], origin: 'config', ...change, intent: 'stopped' }];
    const pids = Array.from({ length: change.spec?.numprocesses ?? spec.numprocesses }, (_, at) => (index + 1) * 10 + at);
    return [{ name, spec, status: 'active', intent: 'run', pids, origin: 'config', ...change }];
  });
}

function steps(before: ConfigInput, after: ConfigInput, options?: PlanOptions, running?: readonly RunningWatcher[]): readonly PlanStep[] {
  const [loaded, target] = [config(before), config(after)];
  return planConfig({ loaded, running: running ?? runs(loaded), plugins: [], loaded_plugins: [], target, target_plugins: [] }, options)
    .steps;
}

/** The steps without what they change. */
const brief = (all: readonly PlanStep[]): readonly string[] =>
  all.map((step) => {
    if (step.do === 'restart_daemon') return `restart_daemon ${step.what} ${step.name} ${step.change}`;
    if (step.do === 'option') return `option ${step.option}`;
    if ('socket' in step) return `${step.do} ${step.socket} ${step.users.join(' ')}`.trim();
    if (!('watcher' in step)) return `${step.do} ${step.plugin}`;
    const pids = 'pids' in step ? step.pids.join(' ') : '';
    return `${step.do} ${step.watcher} ${pids}`.trim();
  });

const web = { cmd: 'run', numprocesses: 2 };

const NO_PLUGINS = { now: [], loaded: [] };

describe('plan of a config', () => {
  const cases: [what: string, before: ConfigInput, after: ConfigInput, steps: string[], options?: PlanOptions][] = [
    ['nothing where nothing differs', { env: { A: '1', B: '2' }, watchers: { web } }, { watchers: { web }, env: { B: '2', A: '1' } }, []],
    ['a watcher that comes', { watchers: { web } }, { watchers: { web, api: web } }, ['add api']],
    ['a watcher that goes, with its processes', { watchers: { web, api: web } }, { watchers: { api: web } }, ['remove web 10 11']],
    ['more processes', { watchers: { web } }, { watchers: { web: { ...web, numprocesses: 3 } } }, ['scale web']],
    [
      'fewer processes, the oldest of which end',
      { watchers: { web } },
      { watchers: { web: { ...web, numprocesses: 1 } } },
      ['scale web 10'],
    ],
    ['what takes effect at once', { watchers: { web } }, { watchers: { web: { ...web, priority: 2, numprocesses: 3 } } }, ['set web']],
    [
      'what needs new processes',
      { watchers: { web, api: web } },
      { watchers: { web: { ...web, cmd: 'x' }, api: web } },
      ['restart web 10 11'],
    ],
    ['the same gracefully', { watchers: { web } }, { watchers: { web: { ...web, cmd: 'x' } } }, ['reload web 10 11'], { graceful: true }],
    [
      "the config's environment, for every watcher that does not set it itself",
      { watchers: { web, api: { ...web, env: { A: 'own' } } } },
      { env: { A: '1' }, watchers: { web, api: { ...web, env: { A: 'own' } } } },
      ['restart web 10 11'],
    ],
    ['a name in another case as another watcher', { watchers: { web } }, { watchers: { Web: web } }, ['remove web 10 11', 'add Web']],
    [
      'options of the daemon that are live',
      { check_delay: 1 },
      { check_delay: 2, loglevel: 'debug' },
      ['option check_delay', 'option loglevel'],
    ],
    [
      'options that only a new daemon takes over, last',
      { watchers: { web } },
      { endpoint: 'ipc://x', warmup_delay: 1, watchers: {} },
      ['option warmup_delay', 'remove web 10 11', 'restart_daemon option endpoint changed'],
    ],
    [
      'sockets, with the watchers that use them',
      { sockets: { a: { port: 1 }, b: {} }, watchers: { web, api: { ...web, cmd: 'x $(circus.sockets.A)' } } },
      { sockets: { a: { port: 2 }, c: {} }, watchers: { web, api: { ...web, cmd: 'x $(circus.sockets.A)' } } },
      ['socket_open c', 'socket_replace a api', 'reload api 20 21', 'socket_close b'],
    ],
    [
      'sockets that come and go, for all who inherit all of them',
      { sockets: { a: {} }, watchers: { web: { ...web, use_sockets: true }, api: web } },
      { sockets: { b: {} }, watchers: { web: { ...web, use_sockets: true }, api: web } },
      ['socket_open b web', 'reload web 10 11', 'socket_close a web'],
    ],
    [
      'options that a socket takes over as it is, with no new process',
      { sockets: { a: {} }, watchers: { web: { ...web, use_sockets: true } } },
      { sockets: { a: { backlog: 9, umask: 7, replace: true } }, watchers: { web: { ...web, use_sockets: true } } },
      ['socket_set a web'],
    ],
    [
      'a mode that processes of a socket must know of',
      { sockets: { a: {} }, watchers: { web: { ...web, use_sockets: true } } },
      { sockets: { a: { blocking: true } }, watchers: { web: { ...web, use_sockets: true } } },
      ['socket_set a web', 'reload web 10 11'],
    ],
    [
      'a changed socket and changed options in one step, by the options',
      { sockets: { a: {} }, watchers: { web: { ...web, stdin_socket: 'a' }, api: { ...web, stdin_socket: 'a' } } },
      {
        sockets: { a: { port: 9 } },
        watchers: { web: { ...web, stdin_socket: 'a', env: { A: '1' } }, api: { ...web, stdin_socket: 'a', numprocesses: 1 } },
      },
      ['socket_replace a web api', 'restart web 10 11', 'reload api 20 21'],
    ],
    [
      'removals before changes before additions',
      { watchers: { b: web, a: web } },
      { watchers: { c: web, a: { ...web, cmd: 'x' } } },
      ['remove b 10 11', 'restart a 20 21', 'add c'],
    ],
  ];
  for (const [what, before, after, expected, options] of cases) {
    it(`has ${what}`, () => expect(brief(steps(before, after, options))).to.deep.equal(expected));
  }

  it('names each option with its old and its new value and when it takes effect', () => {
    const after = { watchers: { web: { cmd: 'other', numprocesses: 4, graceful_timeout: 1 } } };
    expect(steps({ watchers: { web } }, after)).to.deep.equal([
      {
        do: 'restart',
        watcher: 'web',
        pids: [10, 11],
        changes: [
          { option: 'cmd', from: 'run', to: 'other', effect: 'restart', drift: false },
          { option: 'numprocesses', from: 2, to: 4, effect: 'scale', drift: false },
          { option: 'graceful_timeout', from: 30, to: 1, effect: 'live', drift: false },
        ],
      },
    ]);
  });

  it('adds a watcher with all of its options, and starts it where it has autostart', () => {
    const [add] = steps({}, { watchers: { web: { ...web, autostart: false } } });
    expect(add).to.deep.include({ do: 'add', watcher: 'web', start: false, drift: false });
    expect(add).to.have.nested.property('options.graceful_timeout', 30);
  });

  const other = { watchers: { web: { ...web, cmd: 'other' } } };
  const states: [what: string, state: Partial<RunningWatcher>, step: string][] = [
    ['one that was stopped takes over what is new and stays stopped', { intent: 'stopped' }, 'set web'],
    ['one that stopped by itself is started again', { intent: 'failed', status: 'stopped', pids: [] }, 'start web'],
    ['one that waits for its turn to start is let wait', { status: 'stopped', pids: [] }, 'set web'],
    ['one that is starting is begun again', { status: 'starting', pids: [] }, 'restart web'],
    ['one that is on its way down is let go down', { intent: 'stopped', status: 'stopping' }, 'set web'],
  ];
  for (const [what, state, step] of states) {
    it(`of stopped and starting watchers: ${what}`, () => {
      const loaded = config({ watchers: { web } });
      expect(brief(steps({ watchers: { web } }, other, {}, runs(loaded, { web: state })))).to.deep.equal([step]);
    });
  }

  describe('drift', () => {
    const loaded = config({ watchers: { web, api: web } });
    const [webSpec, apiSpec] = [loaded.watchers.web, loaded.watchers.api];
    if (!webSpec || !apiSpec) throw new Error('the config of this test is wrong');
    const file = (more: object = {}): ConfigInput => ({ watchers: { web: { ...web, ...more }, api: web } });
    const drifted = runs(loaded, { web: { spec: { ...webSpec, numprocesses: 5, cmd: 'set' } } });
    const extra: RunningWatcher = { name: 'extra', spec: webSpec, status: 'active', intent: 'run', pids: [90], origin: 'run_time' };

    it('of options is undone, and marked', () => {
      const [step] = steps(file(), file(), {}, drifted);
      expect(step).to.deep.equal({
        do: 'restart',
        watcher: 'web',
        pids: [10, 11, 12, 13, 14],
        changes: [
          { option: 'cmd', from: 'set', to: 'run', effect: 'restart', drift: true },
          { option: 'numprocesses', from: 5, to: 2, effect: 'scale', drift: true },
        ],
      });
    });

    it('of options is left alone where it is to be kept, unless the config has changed them', () => {
      expect(steps(file(), file(), { keep_drift: true }, drifted)).to.deep.equal([]);
      const [step, ...more] = steps(file(), file({ numprocesses: 3, priority: 1 }), { keep_drift: true }, drifted);
      expect(more).to.deep.equal([]);
      expect(step).to.deep.equal({
        do: 'set',
        watcher: 'web',
        pids: [10, 11],
        changes: [
          { option: 'numprocesses', from: 5, to: 3, effect: 'scale', drift: true },
          { option: 'priority', from: 0, to: 1, effect: 'live', drift: false },
        ],
      });
    });

    it('is no difference where the config has come to say the same', () => {
      expect(steps(file(), file({ cmd: 'set', numprocesses: 5 }), {}, drifted)).to.deep.equal([]);
    });

    it('of names is undone in both ways, as Circus does', () => {
      const running = [...runs(loaded).filter(({ name }) => name !== 'api'), extra];
      for (const keep_drift of [false, true]) {
        const all = steps(file(), file(), { keep_drift }, running);
        expect(brief(all)).to.deep.equal(['remove extra 90', 'add api']);
        expect(all.map((step) => 'drift' in step && step.drift)).to.deep.equal([true, true]);
      }
    });

    it('of names is left alone where all is to be kept, and a name that the config has got meanwhile is the config’s', () => {
      const again = { ...extra, name: 'web', spec: { ...webSpec, cmd: 'added' } };
      const running = [again, extra];
      expect(steps(file(), file(), { keep_drift: 'all' }, running)).to.deep.equal([]);
      const more = { watchers: { web, api: web, extra: { ...web, cmd: 'config' } } };
      expect(brief(steps(file(), more, { keep_drift: 'all' }, running))).to.deep.equal(['restart extra 90']);
    });

    it('of numprocesses is undone where the config has made a singleton of it', () => {
      for (const keep_drift of [true, 'all'] as const) {
        const [step] = steps(
          file(),
          file({ numprocesses: 1, singleton: true }),
          { keep_drift },
          runs(loaded, { web: { spec: { ...webSpec, numprocesses: 5 } } }),
        );
        const changes = step !== undefined && 'watcher' in step && 'changes' in step ? step.changes : [];
        expect(changes.map(({ option, to }) => [option, to])).to.deep.equal([
          ['numprocesses', 1],
          ['singleton', true],
        ]);
      }
      const singleton = runs(loaded, { web: { spec: { ...webSpec, numprocesses: 1, singleton: true } } });
      const [step] = steps(file(), file({ numprocesses: 3 }), { keep_drift: true }, singleton);
      const changes = step !== undefined && 'watcher' in step && 'changes' in step ? step.changes : [];
      expect(changes.map(({ option, to }) => [option, to])).to.deep.equal([
        ['numprocesses', 3],
        ['singleton', false],
      ]);
    });

    it('has a watcher that was added at run time become that of the config in every option', () => {
      const again = { ...extra, name: 'web', spec: { ...webSpec, cmd: 'added' } };
      const running = [again, ...runs(loaded).filter(({ name }) => name !== 'web')];
      const [step] = steps(file(), file(), { keep_drift: true }, running);
      expect(step).to.deep.include({ do: 'restart', watcher: 'web', pids: [90] });
    });

    it('is told by watcher and option', () => {
      expect(findDrift(loaded, [...drifted.filter(({ name }) => name !== 'api'), extra], NO_PLUGINS)).to.deep.equal([
        {
          watcher: 'web',
          change: 'changed',
          changes: [
            { option: 'cmd', from: 'run', to: 'set' },
            { option: 'numprocesses', from: 2, to: 5 },
          ],
        },
        { watcher: 'api', change: 'removed', changes: [] },
        { watcher: 'extra', change: 'added', changes: [] },
      ]);
      expect(findDrift(loaded, runs(loaded), NO_PLUGINS)).to.deep.equal([]);
    });
  });

  it('leaves in effect what only a new daemon takes over', () => {
    const loaded = config({
      endpoint: 'ipc://old',
      check_delay: 1,
      sockets: { a: { port: 1 } },
      plugins: { fixed: { x: 1 }, live: { x: 1 } },
    });
    const target = config({ endpoint: 'ipc://new', check_delay: 2, sockets: {}, plugins: { fixed: { x: 2 }, live: { x: 2 } } });
    const planned = (options: Config, name: string, applies: 'live' | 'daemon') => ({
      name,
      source: name,
      requires: [],
      applies,
      options: options.plugins[name] as Record<string, unknown>,
    });
    const all = (options: Config) => [planned(options, 'fixed', 'daemon'), planned(options, 'live', 'live')];
    const plan = planConfig({
      loaded,
      running: [],
      plugins: all(loaded),
      loaded_plugins: all(loaded),
      target,
      target_plugins: all(target),
    });
    expect(configInEffect(loaded, target, plan)).to.deep.equal({
      ...target,
      endpoint: 'ipc://old',
      plugins: { fixed: { x: 1 }, live: { x: 2 } },
    });
  });
});
