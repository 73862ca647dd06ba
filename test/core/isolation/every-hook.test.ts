import { resolve } from 'node:path';
import { expect } from 'chai';
import { Deferred } from '../../../core/deferred.js';
import { definePlugin, explain, HOOKS, type HookName, Supervisor } from '../../../core/index.js';
import { eventually, type LogLine, recordingLogger } from '../../../core/testing.js';
import { isAlive } from '../../fixtures/real.js';

const EVERY_HOOK = resolve('test/fixtures/plugins/isolation/every-hook.js');
const DEADLINE_MS = 200;
const DEEDS = ['spins', 'leaks'] as const;
type Deed = (typeof DEEDS)[number];
/** Not called in the life of one supervisor. */
const OF_UPGRADES: ReadonlySet<HookName> = new Set(['leaving', 'taken_over']);
const AT_ONCE = 4;
const isolation = { tier: 'worker', memory_limit: '32M', patience: 10 };

/** What a life comes to: whoever fails where a value is wanted, or leave, has not given it. */
function outcomeOf(hook: HookName): 'goes on' | 'does not start it' | 'does not spawn it' | 'refuses the config' | 'is refused itself' {
  if (hook === 'before_signal') return 'is refused itself';
  if (hook === 'config') return 'refuses the config';
  if (hook === 'spawn_options') return 'does not spawn it';
  return HOOKS[hook].kind === 'gate' ? 'does not start it' : 'goes on';
}

/** Where an answer is wanted for a watcher, that of others must not be wanted of the same thread. */
const answers = (hook: HookName): boolean => hook === 'spawn_options' || HOOKS[hook].kind === 'gate';

const sleeper = { cmd: 'sh', args: ['-c', 'echo begins; exec sleep 86400'], graceful_timeout: 5, stdout: { type: 'memory' } };

/** Counts how often a hook is called, before others are. */
function counting(hook: HookName, called: () => unknown) {
  return definePlugin({
    name: 'counting',
    summary: 'Counts.',
    schema: { type: 'object', additionalProperties: false, properties: {} },
    hooks: Object.keys(HOOKS) as HookName[],
    setup: ({ hooks }) => void hooks[hook].tap((() => void called()) as never, { stage: -1 }),
  });
}

/** Everything that there is a hook for, once: of `good`, which is left alone, and of `bad`. */
async function live(supervisor: Supervisor, config: object): Promise<void> {
  const find = (name: string) => supervisor.find(name) ?? expect.fail(`no ${name}`);
  const processes = (name: string): readonly number[] =>
    find(name)
      .processes()
      .map(({ pid }) => pid);
  for (const name of ['good', 'bad']) {
    const [victim] = processes(name);
    if (victim === undefined) continue;
    process.kill(victim, 'SIGKILL');
    await eventually(() => processes(name).length === 1 && processes(name)[0] !== victim, {
      what: `another in the place of ${victim} of ${name}`,
    });
  }
  for (const watcher of supervisor.watchers()) {
    for (const one of watcher.processes())
      expect(await supervisor.extendStats(watcher, one, { pid: one.pid })).to.include({ pid: one.pid });
  }
  supervisor.add('added', sleeper);
  await supervisor.remove('added');
  await supervisor.apply(supervisor.readConfig({ config: { check_delay: 4, ...config } }));
  const impossible = { sockets: { nowhere: { path: '/no/such/directory/socket' } }, ...config };
  const refused = await supervisor.apply(supervisor.readConfig({ config: impossible })).catch((error: unknown) => error);
  expect(explain(refused)).to.include('nowhere');
  await find('good').restart();
}

/** @throws AssertionError */
async function endure(hook: HookName, deed: Deed): Promise<void> {
  const outcome = outcomeOf(hook);
  let calls = 0;
  const lines: LogLine[] = [];
  const own = { hook, deed, deadline_ms: DEADLINE_MS, isolation, ...(answers(hook) && { watcher: 'bad' }) };
  const config = {
    watchers: { good: { ...sleeper, priority: 1 }, bad: { ...sleeper, max_retry: 1 } },
    plugins: { logs: {}, [EVERY_HOOK]: own },
  };
  await using supervisor = new Supervisor(config, { plugins: [counting(hook, () => calls++)], log: recordingLogger(lines) });
  const told = (): string => lines.map(({ message }) => message).join('\n');
  if (outcome === 'is refused itself' || outcome === 'refuses the config') {
    const error = await supervisor.start().catch((reason: unknown) => reason);
    expect(explain(error), told()).to.include('every_hook');
    expect(supervisor.state).to.equal('stopped');
    return;
  }
  await supervisor.start();
  const statuses = (): object => Object.fromEntries(supervisor.watchers().map(({ name, status }) => [name, status]));
  const bad = outcome === 'goes on' ? 'active' : 'stopped';
  await eventually(() => expect(statuses(), told()).to.deep.equal({ good: 'active', bad }));
  await live(supervisor, config);
  const pids = supervisor.watchers().flatMap((watcher) => watcher.processes().map(({ pid }) => pid));
  await supervisor.stop();
  expect(calls, told()).to.be.above(0);
  expect(supervisor.state, told()).to.equal('stopped');
  expect(pids.filter(isAlive), told()).to.deep.equal([]);
}

describe('a plugin in a thread that spins or takes memory without end', function () {
  this.timeout(180_000);
  const ends = new Map<string, Deferred<unknown>>();
  let handles: number;

  const names = (Object.keys(HOOKS) as HookName[]).filter((hook) => !OF_UPGRADES.has(hook));
  const cases = names.flatMap((hook) => DEEDS.map((deed) => ({ hook, deed, key: `${hook} ${deed}` })));
  for (const { key } of cases) ends.set(key, new Deferred());
  // One that spins is given two seconds at its close, so several live at a time.
  before(() => {
    handles = threads();
    const waiting = [...cases];
    const next = async (): Promise<void> => {
      for (let one = waiting.shift(); one !== undefined; one = waiting.shift()) {
        const { hook, deed, key } = one;
        ends.get(key)?.resolve(
          await endure(hook, deed).then(
            () => null,
            (error: unknown) => error,
          ),
        );
      }
    };
    for (let at_once = 0; at_once < AT_ONCE; at_once++) void next();
  });
  after(() => eventually(() => threads() <= handles, { what: 'the end of all threads' }));

  for (const { hook, deed, key } of cases) {
    it(`in ${hook}: ${deed}, and the supervisor ${outcomeOf(hook)}`, async () => {
      const error = await ends.get(key)?.promise;
      if (error !== null) throw error;
    });
  }
});

/** Of this process. */
const threads = (): number => process.getActiveResourcesInfo().filter((kind) => kind === 'MessagePort' || kind === 'Worker').length;
