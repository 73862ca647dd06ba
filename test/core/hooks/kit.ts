import type { WatcherApi } from '../../../core/api.js';
import type { Decided } from '../../../core/hook-compile.js';
import { HookRegistry } from '../../../core/hook-registry.js';
import type { HookFailure } from '../../../core/hook-runner.js';
import type { RespawnDecision } from '../../../core/hooks.js';
import { HOOKS, type HookName } from '../../../core/hooks.js';
import { Scope } from '../../../core/scope.js';
import { type LogLine, recordingLogger, VirtualClock } from '../../../core/testing.js';

/** Enough of a watcher for hooks: its name. */
export function watcher(name: string): WatcherApi {
  return { name } as WatcherApi;
}

export interface Kit {
  readonly clock: VirtualClock;
  readonly hooks: HookRegistry;
  readonly scope: Scope;
  readonly failures: HookFailure[];
  readonly lines: LogLine[];
  /** Handles of all hooks for a plugin of that name. */
  plugin(name: string): ReturnType<typeof allHandles>;
}

function allHandles(hooks: HookRegistry, name: string, scope: Scope) {
  return hooks.handles(name, Object.keys(HOOKS) as HookName[], scope);
}

export function kit(): Kit {
  const clock = new VirtualClock();
  const failures: HookFailure[] = [];
  const lines: LogLine[] = [];
  const hooks = new HookRegistry({ clock, log: recordingLogger(lines), onFailure: (failure) => failures.push(failure) });
  const scope = new Scope('test');
  return { clock, hooks, scope, failures, lines, plugin: (name) => allHandles(hooks, name, scope) };
}

export const web = watcher('web');

/** What was decided, whether a tap was awaited for it or not. */
export function decidedValue(decided: Decided<RespawnDecision> | Promise<Decided<RespawnDecision>>): unknown {
  return decided instanceof Promise ? decided.then(({ value }) => value) : decided.value;
}
