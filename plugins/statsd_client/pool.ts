import type { StatsdClient, StatsdPool, StatsdTarget } from '../../core/index.js';

/** One client for each target, opened when it is first asked for. */
export class Pool implements StatsdPool {
  readonly #open: (target: StatsdTarget) => StatsdClient;
  readonly #clients = new Map<string, StatsdClient>();

  constructor(open: (target: StatsdTarget) => StatsdClient) {
    this.#open = open;
  }

  to({ application_name, host, port, sample_rate, tags }: StatsdTarget): StatsdClient {
    const target: StatsdTarget = { application_name, host, port, sample_rate, tags };
    const key = JSON.stringify(target);
    const client = this.#clients.get(key) ?? this.#open(target);
    this.#clients.set(key, client);
    return client;
  }

  async close(): Promise<void> {
    await Promise.all([...this.#clients.values()].map((client) => client.close()));
  }
}
