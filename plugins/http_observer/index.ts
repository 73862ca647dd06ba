import { type CheckFigures, type Checks, definePlugin, type StatsdClients } from '../../core/index.js';
import { checksOf, checkUrls } from './policy.js';
import { schema } from './schema.js';

/** What Circus counts where there was no answer at all. */
const NO_STATUS = 599;

export default definePlugin({
  name: 'http_observer',
  summary: 'Looks at URLs, sends the times to statsd, and restarts or stops a watcher, or tells an event, when they give errors.',
  schema,
  per_watcher: true,
  requires: ['statsd_client', 'checks'],
  check: checkUrls,
  setup({ config, configFor, scope, service }) {
    const statsd = service<StatsdClients>('statsd_client').pool();
    scope.add('statsd', () => statsd.close());
    const observing = service<Checks>('checks').observe({
      ...{ type: 'http', figures: 'http_stats', config, configFor, statsd, checks: checksOf },
      passed: (figures: CheckFigures, _answer: unknown, took_ms: number) => figures.timing('request_time', Math.floor(took_ms)),
      failed: (figures: CheckFigures, error: unknown) => figures.increment(`error.${statusOf(error)}`),
    });
    scope.add('checks', () => observing[Symbol.asyncDispose]());
  },
});

/** The status of an answer that was not the expected one. */
function statusOf(error: unknown): number {
  return error instanceof Error && 'status' in error && typeof error.status === 'number' ? error.status : NO_STATUS;
}
