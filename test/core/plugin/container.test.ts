import { expect } from 'chai';
import { noLeaks, rejects } from '../../../core/testing.js';
import { endKits, entry, kit, plugin } from './kit.js';

/** Plugins that write into `steps` when they are set up and closed. */
function chronicle(steps: string[]) {
  return (name: string, requires: string[] = [], setup: () => void | Promise<void> = () => {}) =>
    entry(
      plugin(
        name,
        ({ scope }) => {
          steps.push(`+${name}`);
          scope.add('farewell', () => void steps.push(`-${name}`));
          return setup();
        },
        { requires },
      ),
    );
}

describe('plugin container', () => {
  afterEach(endKits);
  noLeaks();

  it('sets up in the order given and closes last first', async () => {
    const { container } = kit();
    const steps: string[] = [];
    const make = chronicle(steps);
    await container.load([make('a'), make('b'), make('c')]);
    expect(container.names()).to.deep.equal(['a', 'b', 'c']);
    await container.close();
    expect(steps.join(' ')).to.equal('+a +b +c -c -b -a');
    expect(container.status().map(({ state, owns }) => [state, owns])).to.deep.equal(Array(3).fill(['closed', []]));
  });

  it('sets up what a plugin requires before it', async () => {
    const { container } = kit();
    const steps: string[] = [];
    const make = chronicle(steps);
    await container.load([make('a', ['c', 'b']), make('b'), make('c', ['b'])]);
    await container.close();
    expect(steps.join(' ')).to.equal('+b +c +a -a -c -b');
  });

  const IMPOSSIBLE: readonly (readonly [string, Record<string, string[]>, string])[] = [
    ['a missing plugin', { a: ['b'], b: ['zzz'] }, 'a requires b requires zzz, and there is no plugin of that name'],
    ['a circle', { x: ['a'], a: ['b'], b: ['c'], c: ['a'] }, 'a requires b requires c requires a'],
    ['a plugin that requires itself', { a: ['a'] }, 'a requires a'],
  ];
  for (const [title, requires, why] of IMPOSSIBLE) {
    it(`names the path to ${title}, and sets up nothing`, async () => {
      const { container } = kit();
      const steps: string[] = [];
      const make = chronicle(steps);
      const plugins = Object.entries(requires).map(([name, list]) => make(name, list));
      expect((await rejects(container.load(plugins), 'RM_PLUGIN_ORDER')).message).to.equal(`cannot order the plugins: ${why}`);
      expect(steps).to.deep.equal([]);
      await container.close();
    });
  }

  it('refuses a second plugin of the same name, in one call or later', async () => {
    const { container } = kit();
    const twice = [entry(plugin('a')), entry(plugin('a'))];
    const message = 'cannot order the plugins: there are two plugins of the name "a"';
    expect((await rejects(container.load(twice), 'RM_PLUGIN_ORDER')).message).to.equal(message);
    await container.load(twice.slice(1));
    expect((await rejects(container.load(twice.slice(1)), 'RM_PLUGIN_ORDER')).message).to.equal(message);
    await container.close();
  });

  for (const [title, setup] of [
    [
      'throws',
      () => {
        throw new Error('no');
      },
    ],
    ['rejects', () => Promise.reject(new Error('no'))],
  ] as const) {
    it(`undoes a setup that ${title}, and those before it, last first`, async () => {
      const { container } = kit();
      const steps: string[] = [];
      const make = chronicle(steps);
      const error = await rejects(container.load([make('a'), make('b'), make('c', [], setup), make('d')]), 'RM_PLUGIN_FAILED');
      expect(error.message).to.equal('plugin "c" failed in setup');
      expect(error.cause).to.have.property('message', 'no');
      expect(steps.join(' ')).to.equal('+a +b +c -c -b -a');
      expect(container.names()).to.deep.equal([]);
      await container.close();
    });
  }

  it('leaves the plugins of an earlier call alone when a later one fails', async () => {
    const { container } = kit();
    const steps: string[] = [];
    const make = chronicle(steps);
    await container.load([make('a')]);
    await rejects(container.load([make('b', ['a'], () => Promise.reject(new Error('no')))]), 'RM_PLUGIN_FAILED');
    expect(container.names()).to.deep.equal(['a']);
    await container.close();
    expect(steps.join(' ')).to.equal('+a +b -b -a');
  });

  it('gives up a setup at the deadline, says which and why, and drops its late failure', async () => {
    const { container, clock, lines } = kit();
    let fail: (error: Error) => void = () => {};
    const stuck = new Promise<void>((_, reject) => {
      fail = reject;
    });
    const steps: string[] = [];
    const make = chronicle(steps);
    const loading = rejects(container.load([make('a'), make('slow', [], () => stuck)]), 'RM_PLUGIN_TIMEOUT');
    await clock.advanceAsync(9999);
    expect(steps.join(' ')).to.equal('+a +slow');
    await clock.advanceAsync(1);
    expect((await loading).message).to.match(/^plugin "slow" did not finish setup within 10000 ms: the promise that it returned/);
    expect(steps.join(' ')).to.equal('+a +slow -slow -a');
    fail(new Error('late'));
    await clock.advanceAsync(0);
    expect(lines.map(({ level, fields }) => [level, fields.plugin, fields.error])).to.deep.equal([['debug', 'slow', 'late']]);
    expect(clock.pending).to.deep.equal([]);
    await container.close();
  });

  it('does not wait for a setup when it is closed meanwhile, and sets up no more', async () => {
    const { container, clock } = kit();
    const steps: string[] = [];
    const make = chronicle(steps);
    const loading = rejects(container.load([make('a'), make('slow', [], () => new Promise(() => {})), make('c')]), 'RM_CLOSED');
    await clock.advanceAsync(5);
    await container.close();
    await loading;
    expect(steps.join(' ')).to.equal('+a +slow -slow -a');
    await rejects(container.load([make('d')]), 'RM_CLOSED');
    expect(clock.pending).to.deep.equal([]);
  });

  it('never hangs in closing: past the deadline it says what it waits for and undoes the rest', async () => {
    const { container, clock, lines } = kit({ deadline_ms: 100 });
    const steps: string[] = [];
    const slow = plugin('slow', ({ scope }) => {
      scope.add('socket', () => void steps.push('socket'));
      scope.child('server').add('connections', () => new Promise(() => {}));
      scope.add('file', () => void steps.push('file'));
    });
    await container.load([chronicle(steps)('a'), entry(slow)]);
    const closing = container.close();
    await clock.advanceAsync(99);
    expect(steps).to.deep.equal(['+a', 'file']);
    expect(container.status()[1]).to.include({ name: 'slow', state: 'closing' });
    await clock.advanceAsync(1);
    await closing;
    expect(steps).to.deep.equal(['+a', 'file', 'socket', '-a']);
    const message = 'plugin "slow" did not finish closing within 100 ms: it waits for plugin slow/server/connections';
    expect(container.status()[1]?.errors).to.deep.equal([message]);
    expect(lines.map((line) => line.message)).to.deep.equal([message]);
  });

  it('goes on closing after a failure, and reports it', async () => {
    const { container } = kit();
    const steps: string[] = [];
    const bad = plugin('bad', ({ scope }) => {
      scope.add('first', () => void steps.push('first'));
      scope.add('second', () => {
        throw new Error('no');
      });
    });
    await container.load([chronicle(steps)('a'), entry(bad)]);
    await container.close();
    expect(steps.join(' ')).to.equal('+a first -a');
    expect(container.status()[1]?.errors).to.deep.equal(['plugin "bad" failed in closing: no']);
  });

  it('closes once, however often it is asked, and when the scope of the supervisor ends', async () => {
    const { container, scope } = kit();
    const steps: string[] = [];
    await container.load([chronicle(steps)('a')]);
    await Promise.all([scope.dispose(), container.close(), container.close()]);
    expect(steps.join(' ')).to.equal('+a -a');
  });

  it('unloads a plugin and those that require it, and no others', async () => {
    const { container } = kit();
    const steps: string[] = [];
    const make = chronicle(steps);
    await container.load([make('a'), make('b'), make('c', ['b']), make('d', ['c'])]);
    expect(await container.unload('b')).to.deep.equal(['b', 'c', 'd']);
    expect(container.names()).to.deep.equal(['a']);
    await rejects(container.unload('b'), 'RM_PLUGIN_UNKNOWN');
    await container.load([make('b')]);
    expect(container.names()).to.deep.equal(['a', 'b']);
    await container.close();
    expect(steps.join(' ')).to.equal('+a +b +c +d -d -c -b +b -b -a');
  });

  it('shows each plugin, how long its setup took and what it owns', async () => {
    const { container, clock } = kit();
    const made = plugin('a', async (context) => {
      context.hooks.ready.tap(() => {});
      context.provide('thing', {});
      await new Promise<void>((resolve) => context.clock.setTimeout(resolve, 20));
      context.clock.setTimeout(() => {}, 500);
    });
    const loading = container.load([{ name: './a.js', plugin: made, config: {} }]);
    expect(container.status()[0]).to.include({ state: 'setting_up', setup_ms: null });
    await clock.advanceAsync(20);
    await loading;
    const [status] = container.status();
    expect(status).to.include({ name: 'a', source: './a.js', state: 'up', setup_ms: 20 });
    expect(status?.owns).to.include.members(['service thing', 'timer of 500 ms', 'tap of ready']);
    await container.close();
    expect(clock.pending).to.deep.equal([]);
  });
});
