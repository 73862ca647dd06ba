import type { ProcessView, SupervisorApi, WatcherApi } from '../api.js';
import type { Config } from '../config/schema/daemon.js';
import { RingmasterError } from '../errors.js';
import type { Stats } from '../hooks.js';

interface Request<T> {
  readonly args: string;
  run(target: T, args: readonly unknown[], find: (name: unknown) => WatcherApi): unknown;
}

const list = (given: unknown, find: (name: unknown) => WatcherApi): readonly WatcherApi[] | undefined =>
  Array.isArray(given) ? given.map(find) : undefined;
/** JSON has null where a call would leave an argument out. */
const given = <T>(value: unknown): T | undefined => (value ?? undefined) as T | undefined;

/** What a guest may ask of the supervisor, by method. */
export const SUPERVISOR_REQUESTS: Readonly<Record<string, Request<SupervisorApi>>> = {
  startWatchers: { args: '[names]', run: (target, [which], find) => target.startWatchers(list(which, find)) },
  stopWatchers: { args: '[names]', run: (target, [which], find) => target.stopWatchers(list(which, find)) },
  restartWatchers: { args: '[names]', run: (target, [which], find) => target.restartWatchers(list(which, find)) },
  reloadWatchers: { args: '[{graceful, sequential}]', run: (target, [options]) => target.reloadWatchers(given(options)) },
  add: { args: 'name, options', run: (target, [name, options]) => void target.add(String(name), given(options) ?? {}) },
  remove: { args: 'name, [{nostop}]', run: (target, [name, options]) => target.remove(String(name), given(options)) },
  readConfig: { args: '[{file or config}]', run: (target, [source]) => target.readConfig(given(source)) },
  reloadConfig: { args: '[{graceful}]', run: (target, [options]) => target.reloadConfig(given(options)) },
  plan: { args: 'config, [options]', run: (target, [config, options]) => target.plan(config as Config, given(options)) },
  apply: { args: 'config, [options]', run: (target, [config, options]) => target.apply(config as Config, given(options)) },
  drift: { args: '', run: (target) => target.drift() },
  addPlugin: { args: 'name, [options]', run: (target, [name, options]) => target.addPlugin(String(name), given(options)) },
  removePlugin: { args: 'name', run: (target, [name]) => target.removePlugin(String(name)) },
  reconfigurePlugin: { args: 'name, options', run: (target, [name, options]) => target.reconfigurePlugin(String(name), given(options)) },
  extendStats: {
    args: 'watcher, process, stats',
    run: (target, [watcher, process, stats], find) => target.extendStats(find(watcher), process as ProcessView, stats as Stats),
  },
  upgrade: { args: '[{token, package, restart_others}]', run: (target, [request]) => target.upgrade(given(request)) },
  stop: {
    args: '',
    // Its end would wait for this very guest.
    run: (target) => void target.stop(),
  },
};

/** What a guest may ask of one watcher, by method. */
export const WATCHER_REQUESTS: Readonly<Record<string, Request<WatcherApi>>> = {
  start: { args: '', run: (watcher) => watcher.start() },
  stop: { args: '', run: (watcher) => watcher.stop() },
  restart: { args: '', run: (watcher) => watcher.restart() },
  reload: { args: '[{graceful, sequential}]', run: (watcher, [options]) => watcher.reload(given(options)) },
  setNumprocesses: { args: 'count', run: (watcher, [count]) => watcher.setNumprocesses(Number(count)) },
  incr: { args: '[by]', run: (watcher, [by]) => watcher.incr(given(by)) },
  decr: { args: '[by]', run: (watcher, [by]) => watcher.decr(given(by)) },
  kill: { args: '[{pid, signum, graceful_timeout}]', run: (watcher, [options]) => watcher.kill(given(options)) },
  signal: {
    args: 'signum, [{pid, child_pid, children, recursive}]',
    run: (watcher, [signum, options]) => watcher.signal(Number(signum), given(options)),
  },
  set: { args: 'options', run: (watcher, [options]) => watcher.set(given(options) ?? {}) },
};

/**
 * Does what a guest asks for.
 *
 * @param watcher its name; undefined: the supervisor is asked
 * @throws RM_REQUEST_INVALID, RM_WATCHER_UNKNOWN, and whatever the request throws
 */
export async function carryOut(
  supervisor: SupervisorApi,
  watcher: string | undefined,
  method: string,
  args: readonly unknown[],
): Promise<unknown> {
  const find = (name: unknown): WatcherApi => {
    const found = supervisor.find(String(name));
    if (found === undefined) throw new RingmasterError('RM_WATCHER_UNKNOWN', [String(name)]);
    return found;
  };
  if (watcher === undefined) return own(SUPERVISOR_REQUESTS, method).run(supervisor, args, find);
  return own(WATCHER_REQUESTS, method).run(find(watcher), args, find);
}

function own<T>(requests: Readonly<Record<string, T>>, method: string): T {
  const request = Object.hasOwn(requests, method) ? requests[method] : undefined;
  if (request !== undefined) return request;
  throw new RingmasterError('RM_REQUEST_INVALID', [`there is no request ${method}, only ${Object.keys(requests).join(', ')}`]);
}
