import type { CheckFigures, Checks, Observer, ObserverOptions, SupervisorApi } from '../../core/index.js';
import { type Wanted, wantedChecks } from './observed.js';

export interface ObservingHost {
  readonly checks: Pick<Checks, 'start' | 'probe'>;
  readonly supervisor: Pick<SupervisorApi, 'watchers'>;
}

/** Runs what an observer wants: what is wanted as before goes on, whatever else has changed. */
export class Observing<O extends ObserverOptions> implements AsyncDisposable {
  readonly #observer: Observer<O>;
  readonly #host: ObservingHost;
  readonly #running = new Map<string, AsyncDisposable>();
  readonly #ending = new Set<Promise<void>>();

  constructor(observer: Observer<O>, host: ObservingHost) {
    this.#observer = observer;
    this.#host = host;
    this.refresh();
  }

  /** Watchers, or their options, may be others than before. */
  refresh(): void {
    const wanted = new Map(wantedChecks(this.#observer, this.#host.supervisor.watchers()).map((check) => [JSON.stringify(check), check]));
    for (const [key, loop] of this.#running) if (!wanted.has(key)) this.#end(key, loop);
    for (const [key, check] of wanted) if (!this.#running.has(key)) this.#running.set(key, this.#begin(check));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const [key, loop] of this.#running) this.#end(key, loop);
    await Promise.all(this.#ending);
  }

  #begin({ title, prefix, options, target, ...check }: Wanted): AsyncDisposable {
    const { type, statsd, passed, failed } = this.#observer;
    const client = statsd.to(target);
    const figures: CheckFigures = {
      increment: (name) => client.increment(`${prefix}.${name}`),
      gauge: (name, value) => client.gauge(`${prefix}.${name}`, value),
      timing: (name, value_ms) => client.timing(`${prefix}.${name}`, value_ms),
    };
    return this.#host.checks.start({
      ...check,
      name: title,
      probe: this.#host.checks.probe(type, options),
      passed: (value, took_ms) => passed(figures, value, took_ms),
      failed(error) {
        figures.increment('error');
        failed?.(figures, error);
      },
      acts: () => figures.increment(`${check.action}_on_error`),
    });
  }

  #end(key: string, loop: AsyncDisposable): void {
    this.#running.delete(key);
    const ending = Promise.resolve(loop[Symbol.asyncDispose]()).finally(() => this.#ending.delete(ending));
    this.#ending.add(ending);
  }
}
