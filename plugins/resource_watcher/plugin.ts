import { type AnyPlugin, type Clock, definePlugin, type StatsdClients } from '../../core/index.js';
import { schema } from './schema.js';
import type { UsageSource } from './usage.js';
import { ResourceWatch } from './watch.js';

/** The plugin, with its figures from wherever they come. */
export function resourceWatcher(openUsage: (clock: Clock) => UsageSource): AnyPlugin {
  return definePlugin({
    name: 'resource_watcher',
    summary: 'Restarts a watcher, or deals with single processes, that use more than they may.',
    schema,
    per_watcher: true,
    requires: ['statsd_client'],
    hooks: ['boot', 'watcher_added', 'config_applied', 'event'],
    setup(context) {
      const { config, hooks, clock, supervisor, scope, log, service } = context;
      const usage = openUsage(clock);
      scope.add('process figures', () => usage.close());
      const watch = new ResourceWatch(context, usage, service<StatsdClients>('statsd_client'));
      scope.add('statsd', () => watch.close());

      let timer: Disposable | undefined;
      const look = (): void => {
        timer?.[Symbol.dispose]();
        if (supervisor.state === 'stopping') return;
        const next_ms = watch.run();
        if (next_ms !== null) timer = clock.setTimeout(look, Math.max(0, next_ms - clock.now()));
      };
      const begin = (): void => {
        const only = config.watcher ?? config.service;
        if (only !== null && supervisor.find(only) === undefined) log.warn('there is no such watcher to look after', { watcher: only });
        look();
      };
      if (config.service !== null) log.warn('the option service is deprecated', { fix: 'call it watcher' });
      hooks.boot.tap(begin);
      hooks.config_applied.tap(begin);
      hooks.watcher_added.tap(look);
      hooks.event.tap(({ name }) => name === 'updated' && look());
    },
  });
}
