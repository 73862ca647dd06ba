import type { DaemonOptions } from '../../core/index.js';
import type { Options } from './schema.js';

/** Words that stand for what is put in their place when a process is spawned: a plan would be hard to read with the code in it. */
export const CODE = '$(circus.plugin_launcher)';
export const ENDPOINT = '$(circus.endpoint)';
export const PUBSUB_ENDPOINT = '$(circus.pubsub_endpoint)';

/** What Circus puts between two options of a plugin. */
const BETWEEN = ':::';

/**
 * The watcher of each plugin, `plugin:NAME`.
 *
 * @throws Error that names an option which can't be handed over
 * @source Circus's Arbiter.__init__ and get_plugin_cmd
 */
export function pluginWatchers(
  options: Options,
  daemon: Pick<DaemonOptions, 'debug' | 'loglevel'>,
): Record<string, Record<string, unknown>> {
  const level = daemon.debug ? 'DEBUG' : daemon.loglevel;
  return Object.fromEntries(
    Object.entries(options.plugins).map(([name, { use, python, config, watcher }]) => {
      const title = `plugin:${name}`;
      const args = [
        ...['-c', CODE, '--endpoint', ENDPOINT, '--pubsub', PUBSUB_ENDPOINT],
        ...['--config', configText(name, { name: title, ...config })],
        ...(level === null ? [] : ['--log-level', level]),
        use,
      ];
      const cmd = quoted(interpreter({ python }, options));
      return [title, { priority: 1, singleton: true, copy_env: true, close_child_stdout: true, ...watcher, cmd, args }];
    }),
  );
}

/** The interpreter of one plugin, as a shell would find it. */
export function interpreter({ python = null }: { readonly python?: string | null }, options: Pick<Options, 'python'>): string {
  return python ?? options.python ?? 'python3';
}

/** One word of a command line, whatever is in it. */
function quoted(word: string): string {
  return /^[\w@%+=:,./~-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`;
}

/** @source Circus's _cfg2str */
function configText(plugin: string, config: Readonly<Record<string, unknown>>): string {
  const entries = Object.entries(config).map(([key, value]) => {
    const refuse = (what: string): Error => new Error(`plugins.${plugin}.config.${key} must be ${what}, got ${JSON.stringify(value)}`);
    if (value === null || typeof value === 'object') throw refuse('text, a number, true or false');
    const text = `${key}:${asText(value)}`;
    if (key.includes(':')) throw refuse('named without a colon, as Circus hands it over');
    if (text.includes(BETWEEN)) throw refuse(`text without ${BETWEEN}, which Circus separates options by`);
    return text;
  });
  return entries.toSorted().join(BETWEEN);
}

/** Booleans as Python writes them. */
function asText(value: unknown): string {
  if (typeof value === 'boolean') return value ? 'True' : 'False';
  return String(value);
}
