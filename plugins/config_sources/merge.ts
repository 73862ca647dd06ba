import {
  type Config,
  type ConfigPart,
  type ConfigPartSource,
  checkConfig,
  type Extension,
  formatProblem,
  RingmasterError,
} from '../../core/index.js';

/** Which source each watcher and socket came from, by name. */
export interface Origins {
  readonly watchers: Readonly<Record<string, string>>;
  readonly sockets: Readonly<Record<string, string>>;
}

/** A source, whether it is there or only known by what it gave last. */
export type Source = Pick<Extension<'config_source'>, 'plugin' | 'key'> & { readonly value: Pick<ConfigPartSource, 'read'> };

/** A config with the parts of all sources in it, and what came from where. */
export interface Merged {
  readonly config: Config;
  readonly origins: Origins;
}

/**
 * Puts the parts of sources into a config, in the order of the sources.
 *
 * @throws RM_CONFIG_INVALID that names the source whose part is wrong, or both who have something of one name
 */
export async function merge(base: Config, sources: readonly Source[]): Promise<Merged> {
  const config = { ...base, watchers: { ...base.watchers }, sockets: { ...base.sockets } };
  const origins = { watchers: {} as Record<string, string>, sockets: {} as Record<string, string> };
  const parts = await Promise.all(sources.map(async (source) => ({ source, part: await checkedPart(source, base) })));
  for (const { source, part } of parts) {
    for (const kind of ['watchers', 'sockets'] as const) {
      for (const [name, options] of Object.entries(part[kind])) {
        const there = Object.keys(config[kind]).find((other) => other.toLowerCase() === name.toLowerCase());
        if (there !== undefined) {
          const owner = origins[kind][there];
          throw invalid(`${kind}.${name} is of ${titleOf(source)}, and ${owner === undefined ? 'of the config' : `of ${owner}`} too`);
        }
        Object.assign(config[kind], { [name]: kind === 'watchers' ? marked(options, source.plugin) : options });
        origins[kind][name] = titleOf(source);
      }
    }
  }
  return { config, origins };
}

/** The watcher with a word of who brings it. */
function marked(options: object, plugin: string): object {
  const given = 'plugins' in options && typeof options.plugins === 'object' ? options.plugins : {};
  return { ...options, plugins: { [plugin]: true, ...given } };
}

/** What a source is called in messages. */
function titleOf({ plugin, key }: Source): string {
  return `source ${key} of plugin "${plugin}"`;
}

async function checkedPart(source: Source, { env }: Config): Promise<Pick<Config, 'watchers' | 'sockets'>> {
  const part: unknown = await source.value.read();
  if (typeof part !== 'object' || part === null)
    throw invalid(`${titleOf(source)} gave ${String(part)}, allowed is {watchers, sockets, env}`);
  const { watchers = {}, sockets = {}, env: own = {}, ...rest }: ConfigPart = part;
  const [unknown] = Object.keys(rest);
  if (unknown !== undefined) throw invalid(`${titleOf(source)} gave ${unknown}, allowed are watchers, sockets and env`);
  const { config, problems } = await checkConfig({ watchers, sockets, env: { ...env, ...own } });
  if (config !== null) return config;
  const errors = problems.filter(({ severity }) => severity === 'error').map(formatProblem);
  throw invalid(`${titleOf(source)}: ${errors.join('; ')}`);
}

function invalid(why: string): RingmasterError {
  return new RingmasterError('RM_CONFIG_INVALID', [why]);
}
