import { envVariables, mentionsVariables, replaceEnvNames, replaceVariables, type Variables } from '../variables.js';
import { isObject, type JsonObject, own } from './json-value.js';
import { formatPath, type Path } from './problem.js';

type Env = Readonly<Record<string, string | undefined>>;

export interface ExpandOptions {
  readonly daemonEnv: Env;
  /** Whether `$(env.NAME)` is understood besides `$(circus.env.NAME)`. */
  readonly short: boolean;
  /** Key paths of environments in which `$NAME` has been replaced before. */
  readonly done: ReadonlySet<string>;
}

/**
 * Replaces `$(circus.env.NAME)` in every text of a config and `$NAME` in environments; what is known only at a spawn stays.
 *
 * NAME is looked up in the watcher's `env`, then in the config's, then in the daemon's environment. Changes `config`.
 *
 * @returns key paths of the texts that came out different
 * @source Circus's get_config; parse_env_dict for `$NAME`
 */
export function expandConfig(config: JsonObject, options: ExpandOptions): ReadonlySet<string> {
  const changed = new Set<string>();
  const global = own(config, 'env');
  expandEnv(global, ['env'], envVariables(options.daemonEnv), options);
  const values = envVariables(options.daemonEnv, texts(global));

  for (const [key, value] of Object.entries(config)) {
    if (key === 'env') continue;
    if (key !== 'watchers' || !isObject(value)) {
      config[key] = expandTexts(value, [key], values, options, changed);
      continue;
    }
    for (const [name, watcher] of Object.entries(value)) {
      if (isObject(watcher)) expandWatcher(watcher, [key, name], values, options, changed);
    }
  }
  return changed;
}

function expandWatcher(watcher: JsonObject, path: Path, outer: Variables, options: ExpandOptions, changed: Set<string>): void {
  const env = own(watcher, 'env');
  expandEnv(env, [...path, 'env'], outer, options);
  const mine = isObject(env) ? envVariables(texts(env)) : null;
  const values: Variables = mine === null ? outer : { get: (name) => mine.get(name) ?? outer.get(name) };
  for (const [key, value] of Object.entries(watcher)) {
    if (key !== 'env') watcher[key] = expandTexts(value, [...path, key], values, options, changed);
  }
}

function expandEnv(env: unknown, path: Path, values: Variables, options: ExpandOptions): void {
  if (!isObject(env) || (options.done.size > 0 && options.done.has(formatPath(path)))) return;
  for (const [name, value] of Object.entries(env)) {
    if (typeof value === 'string') env[name] = replaceEnvNames(replaceVariables(value, values, options.short), options.daemonEnv).trim();
  }
}

function expandTexts(value: unknown, path: Path, values: Variables, options: ExpandOptions, changed: Set<string>): unknown {
  if (typeof value === 'string') {
    if (!mentionsVariables(value)) return value;
    const text = replaceVariables(value, values, options.short);
    if (text !== value) changed.add(formatPath(path));
    return text;
  }
  if (Array.isArray(value)) return value.map((item, at) => expandTexts(item, [...path, at], values, options, changed));
  if (isObject(value)) {
    for (const [key, member] of Object.entries(value)) value[key] = expandTexts(member, [...path, key], values, options, changed);
  }
  return value;
}

function texts(env: unknown): Record<string, string> {
  if (!isObject(env)) return {};
  return Object.fromEntries(Object.entries(env).filter((entry): entry is [string, string] => typeof entry[1] === 'string'));
}
