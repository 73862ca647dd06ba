import { definePlugin, type StatsdClient, type StatsdClients, wireFilter } from '../../core/index.js';
import { counterOf } from './policy.js';
import { schema } from './schema.js';

export default definePlugin({
  name: 'statsd',
  summary: 'Counts events in statsd, as circus.APPLICATION.watcher.NAME.ACTION.',
  schema,
  per_watcher: true,
  hooks: ['event'],
  requires: ['statsd_client'],
  setup({ config, configFor, hooks, supervisor, scope, service }) {
    const pool = service<StatsdClients>('statsd_client').pool();
    scope.add('statsd', () => pool.close());
    /** By watcher, for what is told of one that is there no more; null where it is not counted. */
    const known = new Map<string, StatsdClient | null>();
    const clientOf = (name: string): StatsdClient | null => {
      const watcher = supervisor.find(name);
      if (watcher === undefined) return known.get(name) ?? (known.has(name) ? null : pool.to(config));
      const options = configFor(watcher);
      const client = options === null ? null : pool.to(options);
      known.set(name, client);
      return client;
    };
    const counts = wireFilter((name) => supervisor.find(name));
    hooks.event.tap((event) => {
      const client = clientOf(event.watcher);
      if (counts.passes(event)) client?.increment(counterOf(event));
      if (event.name === 'stop' && supervisor.find(event.watcher) === undefined) known.delete(event.watcher);
    });
  },
});
