import { expect } from 'chai';
import { type AnyPlugin, checkConfig, definePlugin, HOOKS, type HookName } from '../../core/index.js';
import { createHarness, type Harness, rejects } from '../../core/testing.js';
import { ARGS, NOT_CALLED } from './reference/hooks.js';

const NAMES = Object.keys(HOOKS) as HookName[];

interface Calls {
  readonly plugin: AnyPlugin;
  /** Names of the hooks called, in order, without `event` and `state_changed`. */
  readonly order: string[];
  /** The keys of the last argument, by hook. */
  readonly keys: Map<string, readonly string[]>;
}

/** A plugin that taps every hook and says nothing. */
function everyHook(): Calls {
  const order: string[] = [];
  const keys = new Map<string, readonly string[]>();
  const plugin = definePlugin({
    name: 'every_hook',
    summary: 'Keeps what every hook is called with.',
    schema: { type: 'object', properties: {} },
    hooks: NAMES,
    setup({ hooks }) {
      for (const name of NAMES) {
        hooks[name].tap((...given: readonly unknown[]): undefined => {
          if (name !== 'event' && name !== 'state_changed') order.push(name);
          const args = given.at(-1);
          keys.set(name, typeof args === 'object' && args !== null ? Object.keys(args) : []);
        });
      }
    },
  });
  return { plugin, order, keys };
}

const canFail = definePlugin({
  name: 'can_fail',
  summary: 'Fails in its setup where it is told to.',
  schema: { type: 'object', properties: { fail: { type: 'boolean', default: false } } },
  setup({ config }) {
    if (config.fail) throw new Error('as it was told to');
  },
});

const CONFIG = { watchers: { web: { cmd: 'server', stdout: { type: 'memory' } } }, plugins: { logs: {} } };

const DURABLE = { state_dir: '/state', durable: true, watchers: { web: { cmd: 'server' } } };

/** A life in which everything happens once. */
async function live({ supervisor, os, until, start, stop, clock }: Harness): Promise<void> {
  await start();
  const stdout = os.of('spawn')[0]?.request.fds.get(1);
  if (stdout?.kind === 'pipe') void stdout.sink.write(Buffer.from('hello\n'));
  os.exit(os.alive[0] ?? 0);
  await clock.advanceAsync(1000);
  supervisor.find('web')?.signal(1);
  supervisor.add('mailer', { cmd: 'mailer' });
  await until(supervisor.remove('mailer'));
  await clock.advanceAsync(1000);
  const { config } = await checkConfig({ ...CONFIG, check_delay: 1 });
  if (config === null) throw new Error('the config has errors');
  await until(supervisor.apply(config));
  await rejects(until(supervisor.apply({ ...config, plugins: { ...config.plugins, can_fail: { fail: true } } })), 'RM_CONFIG_APPLY');
  await stop();
}

/** One that another version follows. */
async function upgraded({ supervisor, until, start, stop }: Harness): Promise<void> {
  await start();
  await until(supervisor.leave({ token: 't', from: '1.0.0', begun_ms: 0 }));
  await start();
  await stop();
}

describe('the hooks', () => {
  it('are called in this order', async () => {
    const { plugin, order } = everyHook();
    await using harness = createHarness({ config: CONFIG, plugins: [plugin, canFail] });
    await live(harness);
    const spawned = ['before_spawn', 'spawn_options', 'after_spawn'];
    const ended = ['before_reap', 'after_reap'];
    expect(order).to.deep.equal([
      ...['config', 'boot', 'before_start', ...spawned, 'after_start', 'ready', 'output'],
      ...[...ended, 'respawn', ...spawned],
      ...['before_signal', 'after_signal', 'watcher_added', 'watcher_removed', ...ended, 'respawn', ...spawned],
      ...['config', 'config_applying', 'config_applied', 'config', 'config_applying', 'config_refused'],
      ...['before_shutdown', 'before_stop', 'before_signal', 'after_signal', ...ended, 'after_stop', 'shutdown'],
    ]);
  });

  it('are called in this order where another version takes over', async () => {
    const { plugin, order } = everyHook();
    await using harness = createHarness({ config: DURABLE, plugins: [plugin] });
    await upgraded(harness);
    const about = ['boot', 'ready', 'leaving', 'taken_over', 'before_shutdown', 'shutdown'];
    expect(order.filter((name) => about.includes(name))).to.deep.equal([
      ...['boot', 'ready', 'leaving'],
      ...['taken_over', 'boot', 'ready', 'before_shutdown', 'shutdown'],
    ]);
  });

  it('find no journal in shutdown any more, nor any process', async () => {
    const found: unknown[] = [];
    const looker = definePlugin({
      name: 'looker',
      summary: 'Looks what is left.',
      schema: { type: 'object', properties: {} },
      hooks: ['before_shutdown', 'shutdown'],
      setup({ hooks }) {
        const look = (): unknown => found.push([harness.os.state.journals.get('/state')?.bytes != null, harness.os.alive.length]);
        hooks.before_shutdown.tap(look);
        hooks.shutdown.tap(look);
      },
    });
    const sockets = { web: { port: 8080 } };
    await using harness = createHarness({ config: { ...DURABLE, sockets }, plugins: [looker] });
    await harness.start();
    await harness.stop();
    expect(found).to.deep.equal([
      [true, 2],
      [false, 0],
    ]);
  });

  it('are called with the arguments that the reference tells', async () => {
    const { plugin, keys } = everyHook();
    await using harness = createHarness({ config: CONFIG, plugins: [plugin, canFail] });
    await live(harness);
    await using durable = createHarness({ config: DURABLE, plugins: [plugin] });
    await upgraded(durable);
    const told = NAMES.filter((name) => keys.has(name)).map((name) => [name, Object.keys(ARGS[name]).sort()]);
    const found = told.map(([name]) => [name, [...(keys.get(String(name)) ?? [])].sort()]);
    expect(found).to.deep.equal(told);
    expect(NAMES.filter((name) => !keys.has(name) && !NOT_CALLED.includes(name))).to.deep.equal([]);
    expect(NOT_CALLED.filter((name) => keys.has(name))).to.deep.equal([]);
  });
});
