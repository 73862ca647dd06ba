import { AsyncSeriesBailHook, AsyncSeriesHook, AsyncSeriesWaterfallHook, SyncBailHook, SyncHook, SyncWaterfallHook } from 'tapable';
import { isSame } from './config/diff.js';
import { explain, RingmasterError } from './errors.js';
import type { SupervisorEvent } from './events.js';
import { freezeData } from './freeze.js';
import type { Answer, HookRunner } from './hook-runner.js';
import type { HookTap } from './hook-tap.js';
import { HOOKS, type HookName, type Veto } from './hooks.js';

/** A veto, and who gave it. */
export interface Refusal extends Veto {
  readonly plugin: string;
  readonly hook: HookName;
}

/** A decision, and the plugin whose it is; null: nobody has changed it. */
export interface Decided<T> {
  readonly value: T;
  readonly by: string | null;
}

/** Runs the taps it was made of. What comes back is a promise unless the hook is synchronous. */
export type CompiledHook = (value: unknown, args: object) => unknown;

/** Makes one tapable hook, of the class that the hook's kind asks for, of taps in the order in which they run. */
export function compileHook(hook: HookName, taps: readonly HookTap[], runner: HookRunner): CompiledHook {
  const { kind, sync } = HOOKS[hook];
  switch (kind) {
    case 'gate':
      return sync ? syncGate(hook, taps, runner) : gate(hook, taps, runner);
    case 'decide':
      return taps.some(({ awaited }) => awaited) ? awaitedDecide(hook, taps, runner) : decide(hook, taps, runner);
    case 'shape':
      return shape(hook, taps, runner);
    case 'step':
      return step(hook, taps, runner);
    case 'watch':
      return hook === 'event' ? events(taps, runner) : watch(hook, taps, runner);
  }
}

function gate(name: HookName, taps: readonly HookTap[], runner: HookRunner): CompiledHook {
  const hook = new AsyncSeriesBailHook<[object], Refusal | undefined>(['args'], name);
  for (const tap of taps) hook.tapPromise(tap.plugin, async (args) => refusal(tap, await runner.call(tap, args)));
  return (_value, args) => hook.promise(args);
}

function syncGate(name: HookName, taps: readonly HookTap[], runner: HookRunner): CompiledHook {
  const hook = new SyncBailHook<[object], Refusal | undefined>(['args'], name);
  for (const tap of taps) hook.tap(tap.plugin, (args) => refusal(tap, runner.callSync(tap, args)));
  return (_value, args) => hook.call(args);
}

function decide(name: HookName, taps: readonly HookTap[], runner: HookRunner): CompiledHook {
  const hook = new SyncWaterfallHook<[Decided<unknown>, object], Decided<unknown>>(['decided', 'args'], name);
  for (const tap of taps) {
    hook.tap(tap.plugin, (decided, args) => next(tap, decided, runner.callSync(tap, args, freezeData(decided.value))));
  }
  return (value, args) => hook.call({ value, by: null }, args);
}

/** For taps of which some may answer later: each decides on what those before it came to. Never rejects. */
function awaitedDecide(name: HookName, taps: readonly HookTap[], runner: HookRunner): CompiledHook {
  const hook = new AsyncSeriesWaterfallHook<[Decided<unknown>, object], Decided<unknown>>(['decided', 'args'], name);
  for (const tap of taps) {
    hook.tapPromise(tap.plugin, async (decided, args) => {
      const input = freezeData(decided.value);
      return next(tap, decided, tap.awaited ? await runner.call(tap, args, input) : runner.callSync(tap, args, input));
    });
  }
  return (value, args) => hook.promise({ value, by: null }, args);
}

function next(tap: HookTap, before: Decided<unknown>, answer: Answer): Decided<unknown> {
  if (answer.error || answer.value === undefined || isSame(answer.value, before.value)) return before;
  return { value: answer.value, by: tap.plugin };
}

/** Rejects with the failure of a tap. The value is that of the tap before, or a promise of it; most answer at once. */
function shape(name: HookName, taps: readonly HookTap[], runner: HookRunner): CompiledHook {
  const hook = new SyncWaterfallHook<[unknown, object], unknown>(['value', 'args'], name);
  for (const tap of taps) {
    const next = (value: unknown, args: object): unknown => {
      const answer = runner.ask(tap, args, freezeData(value));
      return answer instanceof Promise ? answer.then((later) => shaped(tap, value, later)) : shaped(tap, value, answer);
    };
    hook.tap(tap.plugin, (value, args) => (value instanceof Promise ? value.then((made) => next(made, args)) : next(value, args)));
  }
  return (value, args) => hook.call(value, args);
}

function shaped(tap: HookTap, before: unknown, answer: Answer): unknown {
  if (!answer.error) return answer.value ?? before;
  return tap.ignore_failure ? before : Promise.reject(blame(tap, answer.error));
}

function step(name: HookName, taps: readonly HookTap[], runner: HookRunner): CompiledHook {
  const hook = new AsyncSeriesHook<[object]>(['args'], name);
  for (const tap of taps) {
    hook.tapPromise(tap.plugin, async (args) => {
      await runner.call(tap, args);
    });
  }
  return (_value, args) => hook.promise(args);
}

function watch(name: HookName, taps: readonly HookTap[], runner: HookRunner): CompiledHook {
  const hook = new SyncHook<[object]>(['args'], name);
  for (const tap of taps) {
    hook.tap(tap.plugin, (args) => {
      runner.callSync(tap, args);
    });
  }
  return (_value, args) => hook.call(args);
}

/** Each tap is told of what it wants. */
function events(taps: readonly HookTap[], runner: HookRunner): CompiledHook {
  const hook = new SyncHook<[SupervisorEvent]>(['args'], 'event');
  for (const tap of taps) {
    hook.tap(tap.plugin, (args) => {
      if (runner.wants(tap, args.name)) runner.callSync(tap, args);
    });
  }
  return (_value, args) => hook.call(args as SupervisorEvent);
}

function refusal(tap: HookTap, answer: Answer): Refusal | undefined {
  const { plugin, hook } = tap;
  if (answer.error) return tap.ignore_failure ? undefined : { veto: explain(answer.error), plugin, hook };
  const { value } = answer;
  if (value === undefined || value === true) return undefined;
  const given = typeof value === 'object' && value !== null && 'veto' in value ? String(value.veto) : '';
  return { veto: given === '' ? `plugin "${plugin}" refused in hook ${hook}` : given, plugin, hook };
}

function blame(tap: HookTap, error: RingmasterError): RingmasterError {
  if (error.code === 'RM_PLUGIN_FAILED') return error;
  const { plugin, hook } = tap;
  return new RingmasterError('RM_PLUGIN_FAILED', [plugin, `hook ${hook}`], { cause: error, context: { plugin, hook } });
}
