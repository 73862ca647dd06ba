import { expect } from 'chai';
import { noLeaks, rejects } from '../../../core/testing.js';
import { endKits, entry, kit, plugin, watcherWith } from './kit.js';

describe('what a plugin gets', () => {
  afterEach(endKits);
  noLeaks();

  it('has its options, frozen, with those of a watcher over them', async () => {
    const { container } = kit();
    const seen: unknown[] = [];
    const web = { attempts: 5 };
    const made = plugin(
      'a',
      ({ config, configFor }) => {
        seen.push(config, configFor(watcherWith({})), configFor(watcherWith({ a: true })), configFor(watcherWith({ a: false })));
        const own = configFor(watcherWith({ a: web }));
        seen.push(own, configFor(watcherWith({ a: web })) === own, Object.isFrozen(own), Object.isFrozen(config), Object.isFrozen(web));
      },
      { per_watcher: true },
    );
    const config = { attempts: 2, window: 1 };
    await container.load([entry(made, config)]);
    expect(seen).to.deep.equal([config, config, config, null, { attempts: 5, window: 1 }, true, true, true, false]);
    expect(Object.isFrozen(config)).to.equal(false);
    await container.close();
  });

  it('finds the options of a watcher under what the config calls it too', async () => {
    const { container } = kit();
    let seen: unknown;
    const made = plugin(
      'a',
      ({ configFor }) => {
        seen = configFor(watcherWith({ './a.js': { attempts: 5 } }));
      },
      { per_watcher: true },
    );
    await container.load([{ name: './a.js', plugin: made, config: { attempts: 2 } }]);
    expect(seen).to.deep.equal({ attempts: 5 });
  });

  it('has the same options for every watcher where it does not take them per watcher', async () => {
    const { container } = kit();
    let seen: unknown;
    const made = plugin('a', ({ configFor }) => {
      seen = configFor(watcherWith({ a: false }));
    });
    await container.load([entry(made, { attempts: 2 })]);
    expect(seen).to.deep.equal({ attempts: 2 });
    await container.close();
  });

  it('has the supervisor, and a log under its own name', async () => {
    const { container, supervisor, lines } = kit();
    const made = plugin('a', (context) => {
      expect(context.supervisor).to.equal(supervisor);
      context.log.info('hello');
    });
    await container.load([entry(made)]);
    expect(lines).to.deep.equal([{ level: 'info', message: 'hello', fields: { plugin: 'a' } }]);
    await container.close();
  });

  it('has a signal that is aborted, and taps that are gone, before anything else is undone', async () => {
    const { container, hooks } = kit();
    const seen: unknown[] = [];
    const made = plugin('a', ({ scope, signal, hooks: own }) => {
      own.ready.tap(() => {});
      scope.add('look', () => void seen.push(signal.aborted, hooks.used('ready')));
      seen.push(signal.aborted);
    });
    await container.load([entry(made)]);
    seen.push(hooks.used('ready'));
    await container.close();
    expect(seen).to.deep.equal([false, true, true, false]);
  });

  it('has timers that end with it, and whose failures are reported, not thrown', async () => {
    const { container, clock } = kit();
    const calls: string[] = [];
    const made = plugin('a', (context) => {
      context.clock.setTimeout(() => {
        throw new Error('thrown');
      }, 1);
      context.clock.setImmediate(async () => {
        throw new Error('rejected');
      });
      context.clock.setTimeout(() => calls.push('cancelled'), 2)[Symbol.dispose]();
      context.clock.setTimeout(() => calls.push('fired'), 3);
      context.clock.setTimeout(() => calls.push('too late'), 10);
    });
    await container.load([entry(made)]);
    await clock.advanceAsync(5);
    expect(calls).to.deep.equal(['fired']);
    expect(container.status()[0]?.owns.filter((name) => name.startsWith('timer'))).to.deep.equal(['timer of 10 ms']);
    expect(container.status()[0]?.errors).to.deep.equal(['plugin "a" failed in a timer: rejected', 'plugin "a" failed in a timer: thrown']);
    await container.close();
    expect(clock.pending).to.deep.equal([]);
  });

  describe('services', () => {
    const counter = { count: () => 1 };
    const provider = entry(plugin('provider', ({ provide }) => provide('counter', counter)));
    const asking = (requires: string[], ask: (value: object) => void = () => {}) =>
      entry(plugin('asker', ({ service }) => ask(service('counter')), { requires }));

    it('are found by those that require their provider', async () => {
      const { container } = kit();
      let found: object | undefined;
      await container.load([
        asking(['provider'], (value) => {
          found = value;
        }),
        provider,
      ]);
      expect(found).to.equal(counter);
      await container.close();
    });

    it('are refused to those that do not', async () => {
      const { container } = kit();
      const { cause } = await rejects(container.load([provider, asking([])]), 'RM_PLUGIN_FAILED');
      expect(cause).to.have.property('message').that.includes('plugin "provider" provides it and must be among requires');
      await container.close();
    });

    it('that nobody provides are an error', async () => {
      const { container } = kit();
      const { cause } = await rejects(container.load([asking([])]), 'RM_PLUGIN_FAILED');
      expect(cause).to.have.property('message').that.includes('service "counter": no plugin provides it');
      await container.close();
    });

    it('have one provider at a time', async () => {
      const { container } = kit();
      const second = entry(plugin('second', ({ provide }) => provide('counter', {})));
      const { cause } = await rejects(container.load([provider, second]), 'RM_PLUGIN_FAILED');
      expect(cause).to.have.property('message').that.includes('plugin "provider" provides it already');
      await container.load([second]);
      await container.close();
    });
  });
});
