import { definePlugin, messageOf, type Veto, type WatcherApi } from '../../core/index.js';
import { type HookFunction, loadFunction } from './load.js';
import { type HookReference, readReference } from './reference.js';
import { schema } from './schema.js';

/** Hooks whose functions are called with their own name and the hook's arguments; before_start is called by the plugin itself. */
const PLAIN = [
  'after_start',
  'before_spawn',
  'after_spawn',
  'before_stop',
  'after_stop',
  'before_signal',
  'after_signal',
  'before_reap',
  'after_reap',
] as const;

interface Loaded {
  readonly reference: HookReference;
  readonly fn: HookFunction;
  readonly tap: Disposable | null;
}

export default definePlugin({
  name: 'config_hooks',
  summary: 'Calls the functions of JavaScript modules that the hooks of a watcher name.',
  schema,
  // What fails here are functions of the user's, and a failing gate has to go on refusing.
  never_detached: true,
  hooks: ['before_start', ...PLAIN, 'stats', 'event', 'state_changed', 'watcher_removed', 'config_applied'],
  setup({ config, hooks, clock, emit, directory, log, supervisor }) {
    const loaded = new Map<string, Map<string, Loaded>>();
    const syncing = new Map<string, Promise<void>>();
    const deadline_ms = config.deadline * 1000;
    const time = (): number => clock.wall() / 1000;

    const call = (watcher: WatcherApi, hook: string, fn: HookFunction, args: object): unknown => {
      const done = (result: unknown): unknown => {
        emit(watcher.name, 'hook_success', { name: hook, time: time() });
        return result;
      };
      const result = fn({ hook_name: hook, ...args });
      return result instanceof Promise ? result.then(done) : done(result);
    };

    const tap = (watcher: WatcherApi, hook: string, fn: HookFunction, { ignore_failure }: HookReference): Disposable | null => {
      const options = { watcher: watcher.name, deadline_ms, ignore_failure };
      const name = PLAIN.find((one) => one === hook);
      if (name !== undefined) return hooks[name].tap((args: object) => call(watcher, hook, fn, args) as undefined, options);
      if (hook !== 'extended_stats') return null;
      return hooks.stats.tap(async (stats, args) => {
        // Written into, as in Circus, or returned. Nothing is told of it: it is asked for as often as anybody looks.
        const written = { ...stats };
        const more = await fn({ hook_name: hook, ...args, pid: args.process.pid, stats: written });
        return typeof more === 'object' && more !== null ? { ...written, ...more } : written;
      }, options);
    };

    const bring = async (watcher: WatcherApi): Promise<void> => {
      const mine = loaded.get(watcher.name) ?? new Map<string, Loaded>();
      loaded.set(watcher.name, mine);
      const wanted = new Map(Object.entries(watcher.spec.hooks).map(([hook, value]) => [hook, readReference(hook, value)]));
      for (const [hook, { reference, tap: old }] of mine) {
        const next = wanted.get(hook);
        if (next?.text === reference.text && next.ignore_failure === reference.ignore_failure) wanted.delete(hook);
        else {
          old?.[Symbol.dispose]();
          mine.delete(hook);
        }
      }
      for (const [hook, reference] of wanted) {
        const fn = await loadFunction(reference, directory);
        // It may be gone by now.
        if (loaded.get(watcher.name) === mine) mine.set(hook, { reference, fn, tap: tap(watcher, hook, fn, reference) });
      }
    };

    /**
     * Brings what is tapped for a watcher in line with its options, one change after the other: two at once would tap twice.
     *
     * @throws Error naming a function that can't be loaded
     */
    const sync = (watcher: WatcherApi): Promise<void> => {
      const done = Promise.allSettled([syncing.get(watcher.name)]).then(() => bring(watcher));
      syncing.set(watcher.name, done);
      return done;
    };

    hooks.before_start.tap(
      async ({ watcher }): Promise<Veto | undefined> => {
        if (Object.keys(watcher.spec.hooks).length === 0) return undefined;
        try {
          await sync(watcher);
        } catch (error) {
          return { veto: messageOf(error) };
        }
        const own = loaded.get(watcher.name)?.get('before_start');
        if (own === undefined) return undefined;
        try {
          return (await call(watcher, 'before_start', own.fn, { watcher })) === false
            ? { veto: `${own.reference.text} refused` }
            : undefined;
        } catch (error) {
          if (!own.reference.ignore_failure) throw error;
          emit(watcher.name, 'hook_failure', { name: 'before_start', time: time(), error: messageOf(error) });
          return undefined;
        }
      },
      { deadline_ms },
    );

    const resync = (watcher: WatcherApi): void => {
      sync(watcher).catch((error: unknown) => log.error(messageOf(error), { watcher: watcher.name }));
    };
    // `set` may name another function at run time, and so may a config, which may be the first that has this plugin run.
    hooks.event.tap(({ watcher: name, name: event }) => {
      const watcher = event === 'updated' && loaded.has(name) ? supervisor.find(name) : undefined;
      if (watcher) resync(watcher);
    });
    hooks.config_applied.tap(() => {
      for (const watcher of supervisor.watchers()) {
        if (watcher.status !== 'stopped' && (loaded.has(watcher.name) || Object.keys(watcher.spec.hooks).length > 0)) resync(watcher);
      }
    });
    const forget = (watcher: WatcherApi): void => {
      for (const one of loaded.get(watcher.name)?.values() ?? []) one.tap?.[Symbol.dispose]();
      loaded.delete(watcher.name);
      syncing.delete(watcher.name);
    };
    // One that was removed has still hooks to be called until it has stopped.
    hooks.watcher_removed.tap(({ watcher }) => {
      if (watcher.status === 'stopped') forget(watcher);
    });
    hooks.state_changed.tap(({ watcher, to }) => {
      if (to === 'stopped' && supervisor.find(watcher.name) !== watcher) forget(watcher);
    });
  },
});
