import type { Clock } from './clock.js';
import { isThenable } from './hook-result.js';
import type { Scope } from './scope.js';

/** Told how each call of a timer's function has ended, when its promise is settled where it returns one. */
export interface TimerListener {
  succeeded(): void;
  failed(cause: unknown): void;
}

/** A clock whose timers end with `scope`. */
export function scopedClock(clock: Clock, scope: Scope, told: TimerListener): Clock {
  const owned = (name: string, fn: () => void, arm: (run: () => void) => Disposable): Disposable => {
    const timer = arm(() => {
      void entry[Symbol.asyncDispose]();
      guarded(fn, told);
    });
    const entry = scope.add(name, () => timer[Symbol.dispose]());
    return { [Symbol.dispose]: () => void entry[Symbol.asyncDispose]() };
  };
  return {
    now: () => clock.now(),
    wall: () => clock.wall(),
    uptime: () => clock.uptime?.() ?? clock.now(),
    setTimeout: (fn, delay_ms) => owned(`timer of ${delay_ms} ms`, fn, (run) => clock.setTimeout(run, delay_ms)),
    setImmediate: (fn) => owned('immediate', fn, (run) => clock.setImmediate(run)),
  };
}

function guarded(fn: () => unknown, told: TimerListener): void {
  const failed = (cause: unknown): void => told.failed(cause);
  try {
    const returned = fn();
    if (isThenable(returned)) Promise.resolve(returned).then(() => told.succeeded(), failed);
    else told.succeeded();
  } catch (cause) {
    failed(cause);
  }
}
