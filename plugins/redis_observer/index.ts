import { type Checks, definePlugin, RingmasterError, type StatsdClients } from '../../core/index.js';
import { gaugesOf, parseRedisUrl } from './policy.js';
import { askInfo } from './redis.js';
import { schema } from './schema.js';

export default definePlugin({
  name: 'redis_observer',
  summary:
    'Sends what a Redis server tells of itself to statsd, and restarts or stops a watcher, or tells an event, when it can not be reached.',
  schema,
  requires: ['statsd_client', 'checks'],
  setup({ config, scope, service }) {
    const target = parseRedisUrl(config.redis_url);
    if (target === null) {
      throw new RingmasterError('RM_PLUGIN_OPTION', [
        'redis_observer',
        'redis_url',
        JSON.stringify(config.redis_url.replace(/\/\/.*@/, '//…@')),
        'a URL of a Redis server',
      ]);
    }
    const statsd = service<StatsdClients>('statsd_client').open(config);
    scope.add('statsd', () => statsd.close());
    const loop = service<Checks>('checks').start<string>({
      name: 'redis check',
      loop_rate_ms: config.loop_rate * 1000,
      timeout_ms: config.timeout * 1000,
      failures: config.failures,
      action: config.action,
      watcher: config.restart_on_timeout,
      probe: (signal) => askInfo(target, signal),
      passed(info) {
        for (const [name, value] of gaugesOf(info)) statsd.gauge(`redis_stats.${name}`, value);
      },
      failed: () => statsd.increment('redis_stats.error'),
      acts: () => statsd.increment(`redis_stats.${config.action}_on_error`),
    });
    scope.add('redis check', () => loop[Symbol.asyncDispose]());
  },
});
