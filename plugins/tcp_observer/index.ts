import { type CheckFigures, type Checks, definePlugin, type StatsdClients } from '../../core/index.js';
import { checksOf } from './policy.js';
import { schema } from './schema.js';

export default definePlugin({
  name: 'tcp_observer',
  summary: 'Connects to TCP ports, sends the times to statsd, and restarts or stops a watcher, or tells an event, when that fails.',
  schema,
  per_watcher: true,
  requires: ['statsd_client', 'checks'],
  setup({ config, configFor, scope, service }) {
    const statsd = service<StatsdClients>('statsd_client').pool();
    scope.add('statsd', () => statsd.close());
    const observing = service<Checks>('checks').observe({
      ...{ type: 'tcp', figures: 'tcp_stats', config, configFor, statsd, checks: checksOf },
      passed: (figures: CheckFigures, _nothing: unknown, took_ms: number) => figures.timing('connect_time', Math.floor(took_ms)),
    });
    scope.add('checks', () => observing[Symbol.asyncDispose]());
  },
});
