import { type Checks, definePlugin, RingmasterError, type StatsdClients } from '../../core/index.js';
import { ask } from './http.js';
import { type Answer, checksOf, wrongWith } from './policy.js';
import { schema } from './schema.js';

/** What Circus counts where there was no answer at all. */
const NO_STATUS = 599;

/** An answer that is not the expected one. */
class WrongAnswer extends Error {
  readonly status: number;
  constructor(why: string, { status }: Answer) {
    super(why);
    this.status = status;
  }
}

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
      const loop = checks.start<Answer>({
        ...check,
        async probe(signal) {
          const answer = await ask(check, signal);
          const wrong = wrongWith(answer, check);
          if (wrong !== null) throw new WrongAnswer(wrong, answer);
          return answer;
        },
        passed: (_answer, took_ms) => statsd.timing(`${prefix}.request_time`, Math.floor(took_ms)),
        failed(error) {
          statsd.increment(`${prefix}.error`);
          statsd.increment(`${prefix}.error.${error instanceof WrongAnswer ? error.status : NO_STATUS}`);
        },
        acts: () => statsd.increment(`${prefix}.${check.action}_on_error`),
      });
      scope.add(check.name, () => loop[Symbol.asyncDispose]());
    }
  },
});
