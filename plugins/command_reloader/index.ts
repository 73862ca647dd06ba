import { definePlugin, type WatcherApi } from '../../core/index.js';
import { Guard } from './guard.js';
import { schema } from './schema.js';

export default definePlugin({
  name: 'command_reloader',
  summary: 'Restarts or reloads a watcher when the file of its command changes, or others that it names.',
  schema,
  per_watcher: true,
  hooks: ['boot', 'watcher_added', 'watcher_removed', 'config_applied', 'event'],
  setup({ configFor, hooks, supervisor, clock, log, scope, directory }) {
    const guards = new Map<WatcherApi, Guard>();
    /** Has a guard for each watcher, with the options that it has now. */
    const arrange = (): void => {
      const watchers = new Set(supervisor.watchers());
      for (const [watcher, guard] of guards) {
        if (watchers.has(watcher) && guard.isFor(configFor(watcher))) continue;
        guard[Symbol.dispose]();
        guards.delete(watcher);
      }
      for (const watcher of watchers) {
        const options = configFor(watcher);
        if (options !== null && !guards.has(watcher)) guards.set(watcher, new Guard({ watcher, options, clock, log, directory }));
      }
    };
    scope.add('watched files', () => {
      for (const guard of guards.values()) guard[Symbol.dispose]();
    });
    hooks.boot.tap(arrange);
    hooks.watcher_added.tap(arrange);
    hooks.watcher_removed.tap(arrange);
    hooks.config_applied.tap(arrange);
    hooks.event.tap(({ name }) => name === 'updated' && arrange());
  },
});
