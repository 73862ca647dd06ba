import { type Checks, definePlugin, type StatsdClients } from '../../core/index.js';
import { checksOf } from './policy.js';
import { schema } from './schema.js';

export default definePlugin({
  name: 'tcp_observer',
  summary: 'Connects to TCP ports, sends the times to statsd, and restarts or stops a watcher, or tells an event, when that fails.',
  schema,
  requires: ['statsd_client', 'checks'],
  setup({ config, scope, service }) {
    const statsd = service<StatsdClients>('statsd_client').open(config);
    scope.add('statsd', () => statsd.close());
    const checks = service<Checks>('checks');
    for (const check of checksOf(config)) {
      const { prefix } = check;
      const loop = checks.start({
        ...check,
        probe: checks.probe('tcp', check),
        passed: (_nothing, took_ms) => statsd.timing(`${prefix}.connect_time`, Math.floor(took_ms)),
        failed: () => statsd.increment(`${prefix}.error`),
        acts: () => statsd.increment(`${prefix}.${check.action}_on_error`),
      });
      scope.add(check.name, () => loop[Symbol.asyncDispose]());
    }
  },
});
