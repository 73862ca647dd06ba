import { type Checks, definePlugin, RingmasterError, type StatsdClients } from '../../core/index.js';
import { checksOf } from './policy.js';
import { schema } from './schema.js';

/** What Circus counts where there was no answer at all. */
const NO_STATUS = 599;

export default definePlugin({
  name: 'http_observer',
  summary: 'Looks at URLs, sends the times to statsd, and restarts or stops a watcher, or tells an event, when they give errors.',
  schema,
  requires: ['statsd_client', 'checks'],
  setup({ config, scope, service }) {
    const statsd = service<StatsdClients>('statsd_client').open(config);
    scope.add('statsd', () => statsd.close());
    const checks = service<Checks>('checks');
    for (const check of checksOf(config)) {
      if (!URL.canParse(check.url)) throw new RingmasterError('RM_PLUGIN_OPTION', ['http_observer', 'url', check.url, 'a URL']);
      const { prefix } = check;
      const loop = checks.start({
        ...check,
        probe: checks.probe('http', check),
        passed: (_answer, took_ms) => statsd.timing(`${prefix}.request_time`, Math.floor(took_ms)),
        failed(error) {
          statsd.increment(`${prefix}.error`);
          statsd.increment(`${prefix}.error.${statusOf(error)}`);
        },
        acts: () => statsd.increment(`${prefix}.${check.action}_on_error`),
      });
      scope.add(check.name, () => loop[Symbol.asyncDispose]());
    }
  },
});

/** The status of an answer that was not the expected one. */
function statusOf(error: unknown): number {
  return error instanceof Error && 'status' in error && typeof error.status === 'number' ? error.status : NO_STATUS;
}
