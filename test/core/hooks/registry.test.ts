import { expect } from 'chai';
import type { SupervisorEvent } from '../../../core/events.js';
import type { HookName } from '../../../core/hooks.js';
import { HOOKS } from '../../../core/hooks.js';
import { Scope } from '../../../core/scope.js';
import { type Kit, kit, watcher, web } from './kit.js';

/** Taps before_start of each plugin, in this order, and returns the order in which they were called. */
async function order(made: Kit, taps: readonly (readonly [plugin: string, options?: { stage?: number; before?: string[] }])[]) {
  const called: string[] = [];
  for (const [plugin, options] of taps) made.plugin(plugin).before_start.tap(() => void called.push(plugin), options);
  await made.hooks.gate('before_start', { watcher: web });
  return called.join(' ');
}

describe('hook registry', () => {
  const ORDERS: readonly (readonly [string, Parameters<typeof order>[1], string])[] = [
    ['in the order of tapping', [['a'], ['b'], ['c']], 'a b c'],
    ['by stage first', [['a', { stage: 1 }], ['b'], ['c', { stage: -1 }], ['d']], 'c b d a'],
    ['before those that it names', [['a'], ['b'], ['c', { before: ['b'] }]], 'a c b'],
    ['before the first of those that it names', [['a'], ['b'], ['c'], ['d', { before: ['c', 'a'] }]], 'd a b c'],
    ['before one that is tapped later', [['a', { stage: 5, before: ['b'] }], ['c'], ['b']], 'c a b'],
    [
      'before those of a lower stage, if it names them',
      [
        ['a', { before: ['b'] }],
        ['b', { stage: -1 }],
      ],
      'a b',
    ],
    ['along a chain', [['a'], ['b', { before: ['a'] }], ['c', { before: ['b'] }]], 'c b a'],
    ['where a name is unknown as if it was not given', [['a'], ['b', { before: ['nobody'] }]], 'a b'],
    ['in a circle each once', [['a', { before: ['b'] }], ['b', { before: ['a'] }], ['c']], 'b a c'],
  ];
  for (const [title, taps, expected] of ORDERS) {
    it(`calls taps ${title}`, async () => expect(await order(kit(), taps)).to.equal(expected));
  }

  it('says once that a name in before is unknown', async () => {
    const made = kit();
    await order(made, [['a', { before: ['nobody'] }]]);
    await order(made, [['b']]);
    const warnings = made.lines.filter((line) => line.level === 'warn');
    expect(warnings.map((line) => line.message)).to.deep.equal([
      'plugin "a" wants to come before "nobody" in hook before_start, which has not tapped it; ignored',
    ]);
  });

  it('tells each tap of event of what it wants, and knows what nobody wants', () => {
    const { hooks, plugin } = kit();
    const told: string[] = [];
    const tell = (name: 'spawn' | 'stop' | 'start'): void => {
      hooks.watch('event', { watcher: 'web', name, body: { time: 1, process_pid: 1 } } as SupervisorEvent);
    };
    expect(hooks.wants('spawn')).to.equal(false);
    plugin('a').event.tap(({ name }) => told.push(`a ${name}`), { wants: (name) => name === 'stop' });
    expect([hooks.wants('spawn'), hooks.wants('stop')]).to.deep.equal([false, true]);
    const all = plugin('b').event.tap(({ name }) => told.push(`b ${name}`));
    expect(hooks.wants('spawn')).to.equal(true);
    tell('spawn');
    tell('stop');
    all[Symbol.dispose]();
    expect(hooks.wants('spawn')).to.equal(false);
    expect(told).to.deep.equal(['b spawn', 'a stop', 'b stop']);
    expect(hooks.counts().find(({ plugin: name, hook }) => name === 'a' && hook === 'event')?.calls).to.equal(1);
  });

  it('tells a tap of event that can not say what it wants, and reports that', () => {
    const { hooks, plugin, lines } = kit();
    const told: string[] = [];
    const wants = (): boolean => {
      throw new Error('no idea');
    };
    plugin('a').event.tap(({ name }) => told.push(name), { wants });
    expect(hooks.wants('spawn')).to.equal(true);
    expect(lines.map(({ level, message }) => [level, /no idea/.test(message)])).to.deep.equal([['error', true]]);
    hooks.watch('event', { watcher: 'web', name: 'spawn', body: { process_pid: 1, time: 1 } });
    expect(told).to.deep.equal(['spawn']);
  });

  it('passes values along decide and shape', async () => {
    const { hooks, plugin } = kit();
    plugin('a').respawn.tap((decision) => ({ ...decision, reason: `${decision.reason} a` }));
    plugin('b').respawn.tap((decision) => (decision.reason === 'x a' ? { action: 'give_up', reason: 'b' } : decision));
    const args = { watcher: web, wid: 1, exit: null, errno: 'ENOENT', uptime_ms: 0, failures: 1 };
    expect(hooks.decide('respawn', { action: 'respawn', delay_ms: 1, reason: 'x' }, args)).to.deep.equal({
      value: { action: 'give_up', reason: 'b' },
      by: 'b',
    });
    plugin('a').stats.tap(async (stats) => ({ ...stats, a: 1 }));
    plugin('b').stats.tap((stats) => ({ ...stats, b: stats.a }));
    const process = { pid: 1, wid: 1, started: 0, age: 0, generation: 0, stopping: false };
    expect(await hooks.shape('stats', { pid: 1 }, { watcher: web, process })).to.deep.equal({ pid: 1, a: 1, b: 1 });
  });

  it('freezes arguments and values, but not the watcher', async () => {
    const { hooks, plugin } = kit();
    const seen: boolean[] = [];
    const live = watcher('web');
    plugin('a').spawn_options.tap((options, args) => {
      seen.push(...[args, options, options.env, options.argv, args.watcher].map(Object.isFrozen));
    });
    await hooks.shape('spawn_options', { argv: ['a'], file: 'a', env: {}, cwd: '/' }, { watcher: live, wid: 1 });
    expect(seen).to.deep.equal([true, true, true, true, false]);
  });

  it('calls the taps of one watcher for that watcher alone', async () => {
    const made = kit();
    const called: string[] = [];
    made.plugin('mine').before_start.tap(() => void called.push('web only'), { watcher: 'web' });
    expect(made.hooks.used('before_start', 'web')).to.equal(true);
    expect(made.hooks.used('before_start', 'other')).to.equal(false);
    expect(made.hooks.used('before_start')).to.equal(true);
    made.plugin('all').before_start.tap(() => void called.push('all'));
    expect(made.hooks.used('before_start', 'other')).to.equal(true);
    await made.hooks.gate('before_start', { watcher: watcher('other') });
    expect(called).to.deep.equal(['all']);
    await made.hooks.gate('before_start', { watcher: web });
    expect(called).to.deep.equal(['all', 'web only', 'all']);
  });

  it('knows the watcher of an event by its name', () => {
    const { hooks, plugin } = kit();
    const seen: string[] = [];
    plugin('a').event.tap((event) => void seen.push(event.watcher), { watcher: 'web' });
    for (const name of ['web', 'other']) hooks.watch('event', { watcher: name, name: 'stop', body: { time: 0 } });
    expect(seen).to.deep.equal(['web']);
  });

  it('is not used by anybody once its taps are disposed of or their scope has ended', async () => {
    const made = kit();
    const calls: string[] = [];
    const scope = new Scope('plugin');
    const handles = made.hooks.handles('a', ['ready'], scope);
    const first = handles.ready.tap(() => void calls.push('first'), { watcher: 'web' });
    handles.ready.tap(() => void calls.push('second'));
    expect(scope.owned.filter((name) => name.startsWith('tap'))).to.have.length(2);
    first[Symbol.dispose]();
    first[Symbol.dispose]();
    expect(scope.owned.filter((name) => name.startsWith('tap'))).to.have.length(1);
    expect(made.hooks.used('ready', 'web')).to.equal(true);
    await scope.dispose();
    expect(made.hooks.used('ready')).to.equal(false);
    made.hooks.watch('ready', {});
    handles.ready.tap(() => void calls.push('too late'));
    made.hooks.watch('ready', {});
    expect(calls).to.deep.equal([]);
  });

  it('gives the handles that were asked for and no others', () => {
    const { hooks, scope } = kit();
    expect(Object.keys(hooks.handles('a', ['ready', 'stats'], scope))).to.deep.equal(['ready', 'stats']);
  });

  describe('while a call is under way', () => {
    const exit = { exit_code: 0, signal: null };
    const process = { pid: 1, wid: 1, started: 0, age: 0, generation: 0, stopping: false };
    const CALLS: Readonly<Record<string, (made: Kit) => unknown>> = {
      before_start: ({ hooks }) => hooks.gate('before_start', { watcher: web }),
      before_signal: ({ hooks }) => hooks.gateSync('before_signal', { watcher: web, pid: 1, signum: 15 }),
      respawn: ({ hooks }) =>
        hooks.decide('respawn', { action: 'give_up', reason: '' }, { watcher: web, wid: 1, exit, errno: null, uptime_ms: 0, failures: 1 }),
      stats: ({ hooks }) => hooks.shape('stats', {}, { watcher: web, process }),
      before_stop: ({ hooks }) => hooks.step('before_stop', { watcher: web }),
      ready: ({ hooks }) => hooks.watch('ready', {}),
    };
    for (const [name, call] of Object.entries(CALLS)) {
      it(`does not call a tap of ${name} that an earlier one removed, nor one that it added`, async () => {
        const made = kit();
        const called: string[] = [];
        const handles = made.plugin('a');
        const handle = handles[name as 'ready'];
        handle.tap(() => {
          called.push('first');
          second[Symbol.dispose]();
          handle.tap(() => void called.push('added'));
        });
        const second = handle.tap(() => void called.push('second'));
        handle.tap(() => void called.push('third'));
        await call(made);
        expect(called).to.deep.equal(['first', 'third']);
        await call(made);
        expect(called).to.deep.equal(['first', 'third', 'first', 'third', 'added']);
      });
    }

    it('keeps the answer of a tap that removes itself in its call', async () => {
      const { hooks, plugin } = kit();
      const once = plugin('a').before_start.tap(() => {
        once[Symbol.dispose]();
        return { veto: 'once' };
      });
      expect(await hooks.gate('before_start', { watcher: web })).to.deep.equal({ veto: 'once', plugin: 'a', hook: 'before_start' });
      expect(await hooks.gate('before_start', { watcher: web })).to.equal(null);
    });

    it('tells whom everybody waits for', async () => {
      const { hooks, plugin, clock } = kit();
      plugin('slow').before_start.tap(() => new Promise((resolve) => clock.setTimeout(() => resolve(true), 100)));
      clock.advance(7);
      const gate = hooks.gate('before_start', { watcher: web });
      expect(hooks.waitingFor()).to.deep.equal([{ hook: 'before_start', plugin: 'slow', since_ms: 7 }]);
      await clock.advanceAsync(100);
      expect(await gate).to.equal(null);
      expect(hooks.waitingFor()).to.deep.equal([]);
    });

    it('runs the taps of two calls independently', async () => {
      const { hooks, plugin, clock } = kit();
      const seen: string[] = [];
      plugin('a').before_start.tap(async ({ watcher: { name } }) => {
        seen.push(`${name} asked`);
        await new Promise<void>((resolve) => clock.setTimeout(resolve, name === 'slow' ? 20 : 10));
        seen.push(`${name} answered`);
      });
      const both = ['slow', 'fast'].map((name) => hooks.gate('before_start', { watcher: watcher(name) }));
      await clock.advanceAsync(20);
      await Promise.all(both);
      expect(seen).to.deep.equal(['slow asked', 'fast asked', 'fast answered', 'slow answered']);
    });
  });

  describe('counts', () => {
    it('has calls, errors and time for each plugin and hook', async () => {
      const { hooks, plugin, clock } = kit();
      plugin('slow').before_start.tap(() => new Promise<void>((resolve) => clock.setTimeout(resolve, 30)));
      plugin('slow').before_start.tap(() => {});
      plugin('bad').ready.tap(() => {
        throw new Error('boom');
      });
      const gate = hooks.gate('before_start', { watcher: web });
      await clock.advanceAsync(30);
      await gate;
      hooks.watch('ready', {});
      hooks.watch('ready', {});
      expect(hooks.counts().filter((count) => count.calls > 0)).to.deep.equal([
        { hook: 'before_start', plugin: 'slow', calls: 2, errors: 0, time_ms: 30 },
        { hook: 'ready', plugin: 'bad', calls: 2, errors: 2, time_ms: 0 },
      ]);
    });

    it('forgets a plugin whose scopes have ended', async () => {
      const { hooks } = kit();
      const [one, two] = [new Scope('one'), new Scope('two')];
      hooks.handles('a', ['ready'], one);
      hooks.handles('a', ['ready'], two);
      await one.dispose();
      expect(hooks.counts()).to.have.length(1);
      await two.dispose();
      expect(hooks.counts()).to.deep.equal([]);
    });
  });

  it('costs next to nothing where nobody has tapped', () => {
    const { hooks } = kit();
    const args = { watcher: web };
    expect(hooks.watch('watcher_added', args)).to.equal(undefined);
    expect(Object.isFrozen(args)).to.equal(false);
  });

  it('has a row, a kind and a summary for every hook', () => {
    for (const name of Object.keys(HOOKS) as HookName[]) {
      const { kind, sync, summary } = HOOKS[name];
      expect(summary, name).to.match(/^[A-Z].*[.)]$/);
      expect(sync, name).to.equal(kind === 'decide' || kind === 'watch' || name === 'before_signal');
    }
  });
});
