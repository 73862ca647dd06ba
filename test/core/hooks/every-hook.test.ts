import { expect } from 'chai';
import { isRingmasterError } from '../../../core/errors.js';
import { HOOKS, type HookName } from '../../../core/hooks.js';
import { Scope } from '../../../core/scope.js';
import { decidedValue, type Kit, kit, web } from './kit.js';

const NAMES = Object.keys(HOOKS) as HookName[];
const DEEDS = ['throws', 'rejects', 'hangs', 'returns rubbish', 'is removed half-way', 'loses its plugin half-way'] as const;
type Deed = (typeof DEEDS)[number];

/** What the call comes to, and the failure that the owner of the tap is told. */
interface Expected {
  readonly outcome: 'passes' | 'refuses' | 'fails';
  readonly code: 'RM_PLUGIN_FAILED' | 'RM_HOOK_TIMEOUT' | 'RM_HOOK_RESULT' | null;
}

/** The one policy for each kind of hook, by what a tap does. */
function expected(hook: HookName, deed: Deed): Expected {
  const { kind, sync } = HOOKS[hook];
  const code = codeOf(kind, sync, deed);
  if (code === null) return { outcome: 'passes', code };
  return { outcome: kind === 'gate' ? 'refuses' : kind === 'shape' ? 'fails' : 'passes', code };
}

function codeOf(kind: (typeof HOOKS)[HookName]['kind'], sync: boolean, deed: Deed): Expected['code'] {
  // What has to answer at once and answers with a promise has answered wrong; a watch has nothing to answer.
  const isPromiseWrong = sync && kind !== 'watch';
  switch (deed) {
    case 'throws':
      return 'RM_PLUGIN_FAILED';
    case 'rejects':
      return isPromiseWrong ? 'RM_HOOK_RESULT' : 'RM_PLUGIN_FAILED';
    case 'hangs':
      return isPromiseWrong ? 'RM_HOOK_RESULT' : sync ? null : 'RM_HOOK_TIMEOUT';
    case 'returns rubbish':
      return kind === 'step' || kind === 'watch' ? null : 'RM_HOOK_RESULT';
    case 'is removed half-way':
    case 'loses its plugin half-way':
      return isPromiseWrong ? 'RM_HOOK_RESULT' : null;
  }
}

const process = { pid: 1000, wid: 1, started: 0, age: 0, generation: 0, stopping: false };
const VALUES: Readonly<Partial<Record<HookName, object>>> = {
  respawn: { action: 'respawn', delay_ms: 0, reason: 'first' },
  config: { watchers: {}, sockets: {}, plugins: {}, env: {} },
  spawn_options: { argv: ['a'], file: 'a', env: {}, cwd: '/' },
  stats: { pid: 1000 },
};

/** Calls any hook; what it comes to where nobody says anything is its value, null or nothing. */
function call({ hooks }: Kit, hook: HookName): unknown {
  const args = { watcher: web, wid: 1, pid: 1000, signum: 15, process, exit: { exit_code: 1, signal: null } } as never;
  const value = VALUES[hook] as never;
  switch (HOOKS[hook].kind) {
    case 'gate':
      return hook === 'before_signal' ? hooks.gateSync(hook, args) : hooks.gate(hook as 'before_start', args);
    case 'decide':
      return decidedValue(hooks.decide(hook as 'respawn', value, args));
    case 'shape':
      return hooks.shape(hook as 'stats', value, args);
    case 'step':
      return hooks.step(hook as 'boot', args);
    case 'watch':
      return hooks.watch(hook as 'ready', args);
  }
}

describe('a tap of every hook', () => {
  for (const hook of NAMES) {
    for (const deed of DEEDS) {
      const { outcome, code } = expected(hook, deed);
      it(`${hook} ${outcome} where one ${deed}`, async () => {
        const made = kit();
        const scope = new Scope('bad');
        const told: (string | null)[] = [];
        const handles = made.hooks.handles('bad', [hook], scope, (_, failure) => void told.push(failure?.code ?? null));
        const gone = deed === 'is removed half-way' || deed === 'loses its plugin half-way';
        const tap = handles[hook].tap((() => {
          if (deed === 'throws') throw new Error('boom');
          if (deed === 'rejects') return Promise.reject(new Error('boom'));
          return deed === 'hangs' || gone ? new Promise(() => {}) : 42;
        }) as never);
        const after: string[] = [];
        made.plugin('good')[hook].tap((() => void after.push('good')) as never);
        const answer = Promise.resolve(call(made, hook)).then(
          (value) => (value !== null && typeof value === 'object' && 'veto' in value ? 'refuses' : 'passes'),
          (error: unknown) => (isRingmasterError(error, 'RM_PLUGIN_FAILED') ? 'fails' : String(error)),
        );
        if (deed === 'is removed half-way') tap[Symbol.dispose]();
        if (deed === 'loses its plugin half-way') await scope.dispose();
        await made.clock.advanceAsync(5000);
        expect(await answer).to.equal(outcome);
        expect(after).to.deep.equal(outcome === 'passes' ? ['good'] : []);
        expect(told.filter((one) => one !== null)).to.deep.equal(code === null ? [] : [code]);
        expect([made.clock.pending, made.hooks.waitingFor()]).to.deep.equal([[], []]);
        await scope.dispose();
        await call(made, hook);
        expect(made.hooks.counts().filter(({ plugin }) => plugin === 'bad')).to.deep.equal([]);
      });
    }
  }

  it('fails a synchronous one that keeps everybody waiting past its deadline', () => {
    const made = kit();
    made.plugin('slow').ready.tap(() => void made.clock.advance(11), { deadline_ms: 10 });
    made.plugin('quick').ready.tap(() => void made.clock.advance(9), { deadline_ms: 10 });
    made.hooks.watch('ready', {});
    expect(made.failures.map(({ plugin, error }) => [plugin, error.code])).to.deep.equal([['slow', 'RM_HOOK_TIMEOUT']]);
  });
});

describe('calls of taps that are kept', () => {
  it('tell when, for whom, how long and with what verdict', async () => {
    const made = kit();
    const { clock, hooks } = made;
    const at = clock.wall() / 1000;
    made.plugin('a').before_start.tap(() => ({ veto: 'not now' }));
    made.plugin('b').respawn.tap((decision) => ({ ...decision, reason: 'later' }));
    made.plugin('c').respawn.tap((decision) => decision);
    made.plugin('d').before_stop.tap(() => new Promise<void>((resolve) => void clock.setTimeout(resolve, 25)));
    made.plugin('e').ready.tap(() => {
      throw new Error('boom');
    });
    await hooks.gate('before_start', { watcher: web });
    hooks.decide('respawn', VALUES.respawn as never, { watcher: web, wid: 1, exit: null, errno: null, uptime_ms: 0, failures: 1 });
    const stopped = hooks.step('before_stop', { watcher: web });
    await clock.advanceAsync(25);
    await stopped;
    hooks.watch('ready', {});
    const brief = hooks
      .inspect()
      .calls.map(({ plugin, hook, watcher, verdict, detail, time_ms }) => [plugin, hook, watcher, verdict, detail, time_ms]);
    expect(brief).to.deep.equal([
      ['a', 'before_start', 'web', 'refused', 'not now', 0],
      ['b', 'respawn', 'web', 'changed', 'later', 0],
      ['c', 'respawn', 'web', 'ok', null, 0],
      ['d', 'before_stop', 'web', 'ok', null, 25],
      ['e', 'ready', null, 'failed', 'plugin "e" failed in hook ready: boom', 0],
    ]);
    expect(hooks.inspect().calls[0]?.at).to.equal(at);
  });

  it('are the last 32 of each plugin and hook, oldest first', () => {
    const made = kit();
    made.plugin('a').ready.tap(() => {});
    made.plugin('b').ready.tap(() => {});
    for (let count = 0; count < 40; count++) {
      made.clock.advance(1000);
      made.hooks.watch('ready', {});
    }
    const { calls } = made.hooks.inspect();
    expect(calls).to.have.length(64);
    expect((calls.at(-1)?.at ?? 0) - (calls[0]?.at ?? 0)).to.equal(31);
  });

  it('go with the plugin', async () => {
    const made = kit();
    const scope = new Scope('a');
    made.hooks.handles('a', ['ready'], scope).ready.tap(() => {});
    made.hooks.watch('ready', {});
    await scope.dispose();
    expect(made.hooks.inspect()).to.deep.equal({ counts: [], calls: [], waiting: [] });
  });
});
