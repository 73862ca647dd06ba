import { definePlugin, type StatsdClients, wireFilter } from '../../core/index.js';
import { counterOf } from './policy.js';
import { schema } from './schema.js';

export default definePlugin({
  name: 'statsd',
  summary: 'Counts events in statsd, as circus.APPLICATION.watcher.NAME.ACTION.',
  schema,
  hooks: ['event'],
  requires: ['statsd_client'],
  setup({ config, hooks, supervisor, scope, service }) {
    const statsd = service<StatsdClients>('statsd_client').open(config);
    scope.add('statsd', () => statsd.close());
    const counts = wireFilter((name) => supervisor.find(name));
    hooks.event.tap((event) => {
      if (counts(event)) statsd.increment(counterOf(event));
    });
  },
});
