import { type CheckFigures, type Checks, definePlugin, type StatsdClients } from '../../core/index.js';
import { checksOf, checkUrl } from './checks.js';
import { gaugesOf } from './policy.js';
import { redisProbe } from './probe.js';
import { schema } from './schema.js';

export default definePlugin({
  name: 'redis_observer',
  summary:
    'Sends what a Redis server tells of itself to statsd, and restarts or stops a watcher, or tells an event, when it can not be reached.',
  schema,
  per_watcher: true,
  requires: ['statsd_client', 'checks'],
  probes: [redisProbe],
  check: checkUrl,
  setup({ config, configFor, scope, service, extend }) {
    extend('probe', redisProbe);
    const statsd = service<StatsdClients>('statsd_client').pool();
    scope.add('statsd', () => statsd.close());
    const observing = service<Checks>('checks').observe({
      ...{ type: 'redis', figures: 'redis_stats', config, configFor, statsd, checks: checksOf },
      passed(figures: CheckFigures, info: unknown) {
        for (const [name, value] of gaugesOf(String(info))) figures.gauge(name, value);
      },
    });
    scope.add('checks', () => observing[Symbol.asyncDispose]());
  },
});
