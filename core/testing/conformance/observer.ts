import type { Clock } from '../../clock.js';
import { isThenable } from '../../hook-result.js';
import { HOOKS } from '../../hooks.js';
import type { AnyPlugin, PluginContext } from '../../plugin.js';

/** Where a plugin is called: `setup`, `hook NAME` or `a timer`. */
export type Site = string;

/** Told of what a plugin does. */
export interface Observer {
  /** A call has returned; `result` may be a promise. `blocked_ms` is real time. */
  called(site: Site, blocked_ms: number, result: unknown): void;
  /** It asked its context for this part. */
  touched(part: string): void;
  /** It asked for a hook that it has not declared. */
  undeclared(hook: string): void;
}

type Call = (...args: readonly unknown[]) => unknown;

/** The same plugin, with every call of it observed. */
export function observed(plugin: AnyPlugin, observer: Observer): AnyPlugin {
  const setup = (context: PluginContext): unknown =>
    watched('setup', (given) => plugin.setup(given as never), observer)(observedContext(plugin, context, observer));
  return Object.create(plugin, { setup: { value: setup } });
}

function watched(site: Site, call: Call, observer: Observer): Call {
  return (...args) => {
    const began_ms = performance.now();
    let result: unknown;
    try {
      result = call(...args);
    } finally {
      observer.called(site, performance.now() - began_ms, isThenable(result) ? result : undefined);
    }
    return result;
  };
}

function observedContext({ hooks: declared = [] }: AnyPlugin, context: PluginContext, observer: Observer): PluginContext {
  const handles: Readonly<Record<string, { tap(fn: unknown, options?: unknown): Disposable }>> = context.hooks;
  const taps = declared.map((name) => {
    const tap = (fn: Call, options?: unknown): Disposable => handles[name]?.tap(watched(`hook ${name}`, fn, observer), options) ?? nothing;
    return [name, { tap }] as const;
  });
  const hooks = new Proxy(Object.fromEntries(taps), {
    get(target, name) {
      if (typeof name === 'string' && !Object.hasOwn(target, name) && Object.hasOwn(HOOKS, name)) observer.undeclared(name);
      return Reflect.get(target, name);
    },
  });
  const { clock } = context;
  const timers: Clock = {
    now: () => clock.now(),
    wall: () => clock.wall(),
    setTimeout: (fn, delay_ms) => clock.setTimeout(watched('a timer', fn, observer), delay_ms),
    setImmediate: (fn) => clock.setImmediate(watched('a timer', fn, observer)),
  };
  return new Proxy({ ...context, hooks, clock: timers } as unknown as PluginContext, {
    get(target, part) {
      observer.touched(String(part));
      return Reflect.get(target, part);
    },
  });
}
const nothing: Disposable = { [Symbol.dispose]: () => undefined };
