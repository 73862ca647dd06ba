import { expect } from 'chai';
import type { RespawnDecision, Stats } from '../../../core/hooks.js';
import { rejects } from '../../../core/testing.js';
import { decidedValue, type Kit, kit, web } from './kit.js';

/** What a misbehaving tap does. Those for hooks that may be awaited give a promise. */
type Deed = 'throws' | 'rejects' | 'hangs' | 'returns rubbish' | 'returns null' | 'vetoes' | 'says false' | 'is disposed half-way';

/** A hook under test: how it is tapped, called, and what the call comes to. */
interface Subject {
  tap(kit: Kit, plugin: string, fn: () => unknown, ignore_failure: boolean): Disposable;
  call(kit: Kit): unknown;
}

const process = { pid: 1000, wid: 1, started: 0, age: 0, generation: 0, stopping: false };
const exit = { exit_code: 1, signal: null };
const decision: RespawnDecision = { action: 'respawn', delay_ms: 0, reason: 'first' };
const stats: Stats = { pid: 1000 };
const options = (ignore_failure: boolean) => ({ ignore_failure });

const SUBJECTS = {
  gate: {
    tap: (kit, plugin, fn, ignore) => kit.plugin(plugin).before_start.tap(fn as () => undefined, options(ignore)),
    call: (kit) => kit.hooks.gate('before_start', { watcher: web }),
  },
  'synchronous gate': {
    tap: (kit, plugin, fn, ignore) => kit.plugin(plugin).before_signal.tap(fn as () => undefined, options(ignore)),
    call: (kit) => kit.hooks.gateSync('before_signal', { watcher: web, pid: 1000, signum: 15 }),
  },
  decide: {
    tap: (kit, plugin, fn, ignore) => kit.plugin(plugin).respawn.tap(fn as () => undefined, options(ignore)),
    call: (kit) =>
      decidedValue(kit.hooks.decide('respawn', decision, { watcher: web, wid: 1, exit, errno: null, uptime_ms: 5, failures: 1 })),
  },
  shape: {
    tap: (kit, plugin, fn, ignore) => kit.plugin(plugin).stats.tap(fn as () => undefined, options(ignore)),
    call: (kit) => kit.hooks.shape('stats', stats, { watcher: web, process }),
  },
  step: {
    tap: (kit, plugin, fn, ignore) => kit.plugin(plugin).before_stop.tap(fn, options(ignore)),
    call: (kit) => kit.hooks.step('before_stop', { watcher: web }),
  },
  watch: {
    tap: (kit, plugin, fn, ignore) => kit.plugin(plugin).after_reap.tap(fn, options(ignore)),
    call: (kit) => kit.hooks.watch('after_reap', { watcher: web, wid: 1, pid: 1000, exit }),
  },
} as const satisfies Record<string, Subject>;
type SubjectName = keyof typeof SUBJECTS;

/** What the call comes to. A failing gate vetoes with the error's text. */
type Expected = 'passes' | { readonly veto: string } | { readonly fails: string };
/** `reported`: the code of the one failure; `next`: whether the tap after it is called. */
interface Row {
  readonly subject: SubjectName;
  readonly deed: Deed;
  readonly ignored: boolean;
  readonly comes_to: Expected;
  readonly reported: 'RM_PLUGIN_FAILED' | 'RM_HOOK_TIMEOUT' | 'RM_HOOK_RESULT' | null;
  readonly next: boolean;
}

const VETO = { veto: 'not now' };
const REFUSED = { veto: 'plugin "bad" refused in hook HOOK' };
const BOOM = { veto: 'plugin "bad" failed in hook HOOK: boom' };
const LATE = { veto: 'hook HOOK of plugin "bad" gave no answer within 5000 ms' };
const RUBBISH = { veto: 'hook HOOK of plugin "bad" returned 42, allowed is false, {veto: reason} or nothing' };
const PROMISE = { veto: 'hook HOOK of plugin "bad" returned a promise, allowed is false, {veto: reason} or nothing' };
const FAILED = { fails: 'RM_PLUGIN_FAILED' };
const row = (subject: SubjectName, deed: Deed, comes_to: Expected, reported: Row['reported'], next = true, ignored = false): Row => ({
  subject,
  deed,
  ignored,
  comes_to,
  reported,
  next,
});

const ROWS: readonly Row[] = [
  row('gate', 'throws', BOOM, 'RM_PLUGIN_FAILED', false),
  row('gate', 'rejects', BOOM, 'RM_PLUGIN_FAILED', false),
  row('gate', 'hangs', LATE, 'RM_HOOK_TIMEOUT', false),
  row('gate', 'returns rubbish', RUBBISH, 'RM_HOOK_RESULT', false),
  row('gate', 'returns null', 'passes', null),
  row('gate', 'vetoes', VETO, null, false),
  row('gate', 'says false', REFUSED, null, false),
  row('gate', 'is disposed half-way', 'passes', null),
  row('gate', 'throws', 'passes', 'RM_PLUGIN_FAILED', true, true),
  row('gate', 'rejects', 'passes', 'RM_PLUGIN_FAILED', true, true),
  row('gate', 'hangs', 'passes', 'RM_HOOK_TIMEOUT', true, true),
  row('gate', 'returns rubbish', 'passes', 'RM_HOOK_RESULT', true, true),
  row('gate', 'returns null', 'passes', null, true, true),
  row('gate', 'vetoes', VETO, null, false, true),
  row('gate', 'says false', REFUSED, null, false, true),
  row('gate', 'is disposed half-way', 'passes', null, true, true),

  row('synchronous gate', 'throws', BOOM, 'RM_PLUGIN_FAILED', false),
  row('synchronous gate', 'rejects', PROMISE, 'RM_HOOK_RESULT', false),
  row('synchronous gate', 'hangs', PROMISE, 'RM_HOOK_RESULT', false),
  row('synchronous gate', 'returns rubbish', RUBBISH, 'RM_HOOK_RESULT', false),
  row('synchronous gate', 'returns null', 'passes', null),
  row('synchronous gate', 'vetoes', VETO, null, false),
  row('synchronous gate', 'says false', REFUSED, null, false),
  row('synchronous gate', 'throws', 'passes', 'RM_PLUGIN_FAILED', true, true),
  row('synchronous gate', 'rejects', 'passes', 'RM_HOOK_RESULT', true, true),
  row('synchronous gate', 'hangs', 'passes', 'RM_HOOK_RESULT', true, true),
  row('synchronous gate', 'returns rubbish', 'passes', 'RM_HOOK_RESULT', true, true),
  row('synchronous gate', 'vetoes', VETO, null, false, true),

  ...[false, true].flatMap((ignored) => [
    row('decide', 'throws', 'passes', 'RM_PLUGIN_FAILED', true, ignored),
    row('decide', 'rejects', 'passes', 'RM_HOOK_RESULT', true, ignored),
    row('decide', 'hangs', 'passes', 'RM_HOOK_RESULT', true, ignored),
    row('decide', 'returns rubbish', 'passes', 'RM_HOOK_RESULT', true, ignored),
    row('decide', 'returns null', 'passes', null, true, ignored),
    row('decide', 'vetoes', 'passes', 'RM_HOOK_RESULT', true, ignored),

    row('step', 'throws', 'passes', 'RM_PLUGIN_FAILED', true, ignored),
    row('step', 'rejects', 'passes', 'RM_PLUGIN_FAILED', true, ignored),
    row('step', 'hangs', 'passes', 'RM_HOOK_TIMEOUT', true, ignored),
    row('step', 'returns rubbish', 'passes', null, true, ignored),
    row('step', 'returns null', 'passes', null, true, ignored),
    row('step', 'vetoes', 'passes', null, true, ignored),
    row('step', 'is disposed half-way', 'passes', null, true, ignored),

    row('watch', 'throws', 'passes', 'RM_PLUGIN_FAILED', true, ignored),
    row('watch', 'rejects', 'passes', 'RM_PLUGIN_FAILED', true, ignored),
    row('watch', 'hangs', 'passes', null, true, ignored),
    row('watch', 'returns rubbish', 'passes', null, true, ignored),
    row('watch', 'returns null', 'passes', null, true, ignored),
    row('watch', 'vetoes', 'passes', null, true, ignored),
  ]),

  row('shape', 'throws', FAILED, 'RM_PLUGIN_FAILED', false),
  row('shape', 'rejects', FAILED, 'RM_PLUGIN_FAILED', false),
  row('shape', 'hangs', FAILED, 'RM_HOOK_TIMEOUT', false),
  row('shape', 'returns rubbish', FAILED, 'RM_HOOK_RESULT', false),
  row('shape', 'says false', FAILED, 'RM_HOOK_RESULT', false),
  row('shape', 'returns null', 'passes', null),
  row('shape', 'is disposed half-way', 'passes', null),
  row('shape', 'throws', 'passes', 'RM_PLUGIN_FAILED', true, true),
  row('shape', 'rejects', 'passes', 'RM_PLUGIN_FAILED', true, true),
  row('shape', 'hangs', 'passes', 'RM_HOOK_TIMEOUT', true, true),
  row('shape', 'returns rubbish', 'passes', 'RM_HOOK_RESULT', true, true),
];

const HOOK_OF: Readonly<Record<SubjectName, string>> = {
  gate: 'before_start',
  'synchronous gate': 'before_signal',
  decide: 'respawn',
  shape: 'stats',
  step: 'before_stop',
  watch: 'after_reap',
};
/** What a call comes to where every tap says nothing. */
const PASSED: Readonly<Record<SubjectName, unknown>> = {
  gate: null,
  'synchronous gate': null,
  decide: decision,
  shape: stats,
  step: undefined,
  watch: undefined,
};

function perform(deed: Deed): unknown {
  switch (deed) {
    case 'throws':
      throw new Error('boom');
    case 'rejects':
      return Promise.reject(new Error('boom'));
    case 'hangs':
    case 'is disposed half-way':
      return new Promise(() => {});
    case 'returns rubbish':
      return 42;
    case 'returns null':
      return null;
    case 'vetoes':
      return VETO;
    case 'says false':
      return false;
  }
}

async function run({ subject, deed, ignored }: Row) {
  const it = kit();
  const calls: string[] = [];
  const tapped = SUBJECTS[subject].tap(
    it,
    'bad',
    () => {
      calls.push('bad');
      return perform(deed);
    },
    ignored,
  );
  SUBJECTS[subject].tap(it, 'good', () => void calls.push('good'), false);
  const outcome = Promise.resolve(SUBJECTS[subject].call(it));
  outcome.catch(() => {});
  if (deed === 'is disposed half-way') tapped[Symbol.dispose]();
  await it.clock.advanceAsync(5000);
  return { it, calls, outcome };
}

describe('failure policy of hooks', () => {
  for (const expected of ROWS) {
    const { subject, deed, ignored, comes_to, reported, next } = expected;
    const result = comes_to === 'passes' ? 'passes' : 'veto' in comes_to ? 'refuses' : 'fails';
    it(`${subject} ${result} when a tap ${deed}${ignored ? ' and failures are ignored' : ''}`, async () => {
      const { it: made, calls, outcome } = await run(expected);
      if (comes_to === 'passes') expect(await outcome).to.deep.equal(PASSED[subject]);
      else if ('veto' in comes_to) expect(await outcome).to.have.property('veto', comes_to.veto.replace('HOOK', HOOK_OF[subject]));
      else
        expect((await rejects(outcome, 'RM_PLUGIN_FAILED')).message)
          .to.include('"bad"')
          .and.include(HOOK_OF[subject]);
      expect(calls).to.deep.equal(next ? ['bad', 'good'] : ['bad']);
      expect(made.failures.map(({ error, plugin, hook, watcher }) => [error.code, plugin, hook, watcher])).to.deep.equal(
        reported === null ? [] : [[reported, 'bad', HOOK_OF[subject], 'web']],
      );
      expect(made.failures.every((failure) => failure.ignored === ignored)).to.equal(true);
      expect(made.clock.pending).to.deep.equal([]);
      expect(made.hooks.waitingFor()).to.deep.equal([]);
    });
  }
});
