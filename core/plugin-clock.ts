import type { Clock } from './clock.js';
import { isThenable } from './hook-result.js';
import type { Scope } from './scope.js';

/**
 * A clock whose timers end with `scope`.
 *
 * @param onError told of what a timer's function threw, or its promise was rejected with
 */
export function scopedClock(clock: Clock, scope: Scope, onError: (cause: unknown) => void): Clock {
  const owned = (name: string, fn: () => void, arm: (run: () => void) => Disposable): Disposable => {
    const timer = arm(() => {
      void entry[Symbol.asyncDispose]();
      guarded(fn, onError);
    });
    const entry = scope.add(name, () => timer[Symbol.dispose]());
    return { [Symbol.dispose]: () => void entry[Symbol.asyncDispose]() };
  };
  return {
    now: () => clock.now(),
    wall: () => clock.wall(),
    setTimeout: (fn, delay_ms) => owned(`timer of ${delay_ms} ms`, fn, (run) => clock.setTimeout(run, delay_ms)),
    setImmediate: (fn) => owned('immediate', fn, (run) => clock.setImmediate(run)),
  };
}

function guarded(fn: () => unknown, onError: (cause: unknown) => void): void {
  try {
    const returned = fn();
    if (isThenable(returned)) Promise.resolve(returned).then(undefined, onError);
  } catch (cause) {
    onError(cause);
  }
}
