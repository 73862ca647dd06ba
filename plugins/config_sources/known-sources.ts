import type { ConfigPart, Extension, SupervisorApi } from '../../core/index.js';
import type { Source } from './merge.js';

type Added = Extension<'config_source'>;

/**
 * The sources, and what each gave last: where a plugin was detached because it keeps failing, that goes on to count, for nothing that runs
 * is to end for it.
 */
export class KnownSources {
  readonly #supervisor: Pick<SupervisorApi, 'plugins'>;
  readonly #listed: () => readonly Added[];
  readonly #last = new Map<string, { readonly plugin: string; readonly part: ConfigPart }>();

  constructor(supervisor: Pick<SupervisorApi, 'plugins'>, listed: () => readonly Added[]) {
    this.#supervisor = supervisor;
    this.#listed = listed;
  }

  /** Those of these plugins. */
  of(plugins: readonly string[]): readonly Source[] {
    const listed = this.#listed();
    const there = listed.map((source): Source => ({ ...source, value: { read: () => this.#read(source) } }));
    const gone = [...this.#last].filter(([key, { plugin }]) => this.#isDetached(plugin) && !listed.some((source) => source.key === key));
    const kept = gone.map(([key, { plugin, part }]): Source => ({ plugin, key, value: { read: () => part } }));
    return [...there, ...kept].filter(({ plugin }) => plugins.includes(plugin));
  }

  async #read({ plugin, key, value }: Added): Promise<ConfigPart> {
    const part = await value.read();
    this.#last.set(key, { plugin, part });
    return part;
  }

  #isDetached(name: string): boolean {
    return this.#supervisor.plugins().some((plugin) => plugin.name === name && plugin.detached !== null);
  }
}
