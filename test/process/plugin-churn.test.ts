import { createSocket } from 'node:dgram';
import { readdirSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { expect } from 'chai';
import { definePlugin, HOOKS, type HookName, Supervisor } from '../../core/index.js';
import { packagedNames, resolvePlugin } from '../../core/plugin-resolve.js';
import { eventually } from '../../core/testing.js';

const ROUNDS = 1000;
const EACH = 50;
/** Not spawn_options: with that a change of a watcher's own options is one for new processes. */
const NAMES = (Object.keys(HOOKS) as HookName[]).filter((name) => name !== 'spawn_options');

/** Without these there would be nothing to do. */
const OPTIONS: Readonly<Record<string, object>> = {
  http_observer: { checks: { one: { url: 'http://127.0.0.1:9/' } } },
  tcp_observer: { checks: { one: { port: 9 } } },
};

setFlagsFromString('--expose-gc');
const collect: () => void = runInNewContext('gc');

/** What a plugin could leave behind in the daemon. */
function footprint(supervisor: Supervisor) {
  const resources: Record<string, number> = {};
  // Requests end by themselves, handles have to be closed.
  const handles = process.getActiveResourcesInfo().filter((type) => !/Req|ConnectWrap|SendWrap/.test(type));
  for (const type of handles.sort()) resources[type] = (resources[type] ?? 0) + 1;
  const { counts } = supervisor.inspect();
  return {
    fds: readdirSync('/proc/self/fd').length,
    resources,
    listeners: process.eventNames().map((name) => `${String(name)} ${process.listenerCount(name)}`),
    taps: counts.map(({ hook, plugin }) => `${hook} ${plugin}`),
    plugins: supervisor.plugins().map(({ name, owns }) => `${name} ${owns.length}`),
  };
}

describe('plugins that come and go in a running supervisor', function () {
  this.timeout(180_000);
  let directory: string;
  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'ringmaster-churn-'));
  });
  afterEach(() => rm(directory, { recursive: true, force: true }));

  const start = async (plugins: object, given: Parameters<typeof definePlugin>[0][] = []): Promise<Supervisor> => {
    const [endpoint, pubsub_endpoint] = [`ipc://${directory}/c.sock`, `ipc://${directory}/e.sock`];
    const watchers = { web: { cmd: 'sleep 3600', numprocesses: 3 } };
    const supervisor = new Supervisor({ endpoint, pubsub_endpoint, watchers, plugins }, { plugins: given });
    await supervisor.start();
    return supervisor;
  };

  it(`leave nothing of themselves after ${ROUNDS} rounds, and the processes as they were`, async () => {
    const contexts: WeakRef<object>[] = [];
    const busy = definePlugin({
      name: 'busy',
      summary: 'Makes one of everything.',
      schema: { type: 'object', additionalProperties: false, properties: { level: { type: 'integer', default: 0, description: 'Any.' } } },
      hooks: NAMES,
      per_watcher: true,
      setup(context) {
        const { hooks, clock, scope, signal, provide } = context;
        contexts.push(new WeakRef(context));
        for (const name of NAMES) hooks[name].tap((() => undefined) as never);
        clock.setTimeout(() => {}, 3_600_000);
        signal.addEventListener('abort', () => {});
        provide('busyness', {});
        const socket = createSocket('udp4').bind(0, '127.0.0.1').unref();
        scope.child('socket').add('socket', () => new Promise<void>((resolve) => void socket.close(resolve)));
      },
    });
    await using supervisor = await start({ busy: false }, [busy]);
    const pids = supervisor
      .find('web')
      ?.processes()
      .map(({ pid }) => pid);
    const round = async (): Promise<void> => {
      await supervisor.addPlugin('busy', { level: 1 });
      await supervisor.find('web')?.set({ 'busy.level': contexts.length });
      await supervisor.removePlugin('busy');
    };
    for (let count = 0; count < 20; count++) await round();
    await setImmediate();
    const before = footprint(supervisor);
    collect();
    const heap = process.memoryUsage().heapUsed;
    contexts.length = 0;
    for (let count = 0; count < ROUNDS; count++) await round();
    await eventually(() => expect(footprint(supervisor)).to.deep.equal(before), { what: 'the footprint of before' });
    await eventually(
      () => {
        collect();
        return contexts.filter((context) => context.deref() !== undefined).length <= 2;
      },
      { what: 'all contexts to be collected' },
    );
    expect(process.memoryUsage().heapUsed - heap).to.be.below(4_000_000);
    expect(
      supervisor
        .find('web')
        ?.processes()
        .map(({ pid }) => pid),
    ).to.deep.equal(pids);
    await supervisor.find('web')?.set({ plugins: {} });
    expect(supervisor.drift()).to.deep.equal([]);
  });

  it(`are each packaged one ${EACH} times, with the same result`, async () => {
    await using supervisor = await start({ control: {} });
    const all = await Promise.all((await packagedNames()).map((name) => resolvePlugin(name, '.')));
    const there = supervisor.plugins().map((plugin) => plugin.name);
    const names = all.filter(({ name, applies }) => !there.includes(name) && applies !== 'daemon').map(({ name }) => name);
    const pids = supervisor
      .find('web')
      ?.processes()
      .map(({ pid }) => pid);
    for (const name of names) {
      const round = async (): Promise<void> => {
        await supervisor.addPlugin(name, { ...OPTIONS[name] });
        await supervisor.reconfigurePlugin(name, { fault_budget: 5 });
        await supervisor.removePlugin(name);
      };
      await round();
      await setImmediate();
      const before = footprint(supervisor);
      for (let count = 0; count < EACH; count++) await round();
      // ZeroMQ closes its sockets on a thread of its own, so that some of before may have been on their way out.
      const after = (): ReturnType<typeof footprint> => {
        const now = footprint(supervisor);
        return { ...now, fds: Math.max(now.fds, before.fds) };
      };
      await eventually(() => expect(JSON.stringify({ name, ...after() })).to.equal(JSON.stringify({ name, ...before })), {
        what: `the footprint before ${name}`,
      });
    }
    expect(names).to.include.members(['flapping', 'backoff', 'cron', 'stats', 'statsd', 'watchdog']);
    expect(
      supervisor
        .find('web')
        ?.processes()
        .map(({ pid }) => pid),
    ).to.deep.equal(pids);
  });
});
