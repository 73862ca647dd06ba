import { type DeclaredTypes, declaredTypes } from '../declared-types.js';
import type { Isolation } from '../isolation/options.js';
import { checkOutputs } from '../output-options.js';
import type { AnyPlugin } from '../plugin.js';
import { checkSchema } from './ajv-problems.js';
import { checkPlugins, type Plugins, spreadDotted } from './check-plugins.js';
import { putBack, spared } from './checked.js';
import { convertValue } from './convert.js';
import { crossCheck } from './cross-checks.js';
import { expandConfig } from './expand.js';
import { checkAddresses, checkExposure } from './exposure.js';
import { findUnsupported } from './find-unsupported.js';
import { cloneJson, isObject, type JsonObject, own } from './json-value.js';
import { addPluginWatchers } from './plugin-watchers.js';
import { Findings, formatPath, type Path, type Problem, shortJson } from './problem.js';
import { resolvePlugins } from './resolve-plugins.js';
import { type Config, configSchema } from './schema/daemon.js';
import { type Source, typedSource } from './source.js';

export type Env = Readonly<Record<string, string | undefined>>;

/** Loads a plugin; `isolation` where it is to run in a thread or process of its own. */
export type ResolvePlugin = (name: string, relativeTo: string, options?: { readonly isolation: Isolation }) => Promise<AnyPlugin>;

export interface CheckOptions {
  /** The daemon's environment, for variables; the process's own where none is given. */
  readonly env?: Env;
  /** Loads the plugins that the config names, so that their options are checked; without it they are taken as they are. */
  readonly resolvePlugin?: ResolvePlugin;
  /** Plugins that run without being named: a watcher may have options of its own for them. */
  readonly standing?: readonly string[];
}

export interface CheckedConfig {
  /** Null where there are errors. */
  readonly config: Config | null;
  readonly problems: readonly Problem[];
}

/** Environments that have been through a check, so that `$` in their values is not replaced a second time. */
const expanded = new WeakSet<object>();

/** Checks a value, with everything that a file is checked for; relative plugins are looked for from the current directory. */
export async function checkConfig(value: unknown, options: CheckOptions = {}): Promise<CheckedConfig> {
  const findings = new Findings(null);
  const plugins = await resolvePlugins(value, options.resolvePlugin, process.cwd(), findings);
  const config = checkSource(typedSource(value, ''), plugins, options.env ?? process.env, findings);
  return { config, problems: findings.problems };
}

/**
 * Checks a value whose plugins are loaded.
 *
 * @param plugins  by the name under which `value` asks for each
 */
export function checkConfigSync(value: unknown, plugins: ReadonlyMap<string, AnyPlugin>): CheckedConfig {
  const findings = new Findings(null);
  const config = checkSource(typedSource(value, ''), plugins, process.env, findings);
  return { config, problems: findings.problems };
}

/**
 * The one way from what was written to a checked config: copy, expand variables, convert texts and quantities, check.
 *
 * @param plugins  null: options of plugins are not checked
 * @returns null where `findings` has errors
 */
export function checkSource(source: Source, plugins: Plugins | null, env: Env, findings: Findings): Config | null {
  const { known, rest } = spared(source.value);
  const config = cloneJson(rest, [], findings);
  if (!isObject(config)) {
    if (config !== undefined) {
      const found = shortJson(config);
      findings.error([], { message: `must be an object with watchers, got ${found}`, found, allowed: 'an object with watchers' });
    }
    return null;
  }
  if (plugins !== null) {
    spreadDotted(config, source.dotted, plugins, (path, from) => {
      const origin = findings.origin(formatPath(from));
      if (origin !== null) findings.locate(path, origin);
    });
  }
  const changed = expandConfig(config, { daemonEnv: env, short: !source.textual, done: expandedPaths(rest) });
  const isText = (path: Path): boolean => source.textual || (changed.size > 0 && changed.has(formatPath(path)));
  const convert = { findings, isText };
  convertValue(config, configSchema, [], convert);
  findUnsupported(config, findings);
  checkSchema(config, configSchema, [], findings);
  if (plugins !== null) checkPlugins(config, plugins, convert);
  putBack(config, known, source.value);
  if (plugins !== null && !hasErrors(findings)) addPluginWatchers(config, plugins, convert);
  crossCheck(config, known, findings);
  checkAddresses(config, findings);
  checkExposure(config, source.textual, findings);
  checkOutputs(config, findings, plugins === null ? unknownStreams(config) : declaredTypes(plugins.values(), 'streams'));
  return hasErrors(findings) ? null : mergeEnv(config as unknown as Config, known);
}

function hasErrors({ problems }: Findings): boolean {
  return problems.some(({ severity }) => severity === 'error');
}

/** Without the plugins their types of destinations are not known; where there are no plugins there are none. */
function unknownStreams(config: JsonObject): DeclaredTypes | null {
  const asked = own(config, 'plugins');
  return isObject(asked) && Object.keys(asked).length > 0 ? null : new Map();
}

/** Gives each watcher the config's environment under its own. */
function mergeEnv(config: Config, known: ReadonlyMap<string, unknown>): Config {
  const common = Object.keys(config.env);
  for (const [name, watcher] of Object.entries(config.watchers)) {
    const has_it = common.length === 0 || (known.has(name) && common.every((variable) => Object.hasOwn(watcher.env, variable)));
    const merged = has_it ? watcher : { ...watcher, env: { ...config.env, ...watcher.env } };
    if (merged !== watcher) config.watchers[name] = merged;
    expanded.add(merged.env);
  }
  expanded.add(config.env);
  return config;
}

/** Key paths of environments that have been through a check. */
function expandedPaths(value: unknown): ReadonlySet<string> {
  const paths = new Set<string>();
  if (isExpanded(own(value, 'env'))) paths.add('env');
  const watchers = own(value, 'watchers');
  for (const [name, watcher] of Object.entries(isObject(watchers) ? watchers : {})) {
    if (isExpanded(own(watcher, 'env'))) paths.add(formatPath(['watchers', name, 'env']));
  }
  return paths;
}

function isExpanded(env: unknown): boolean {
  return typeof env === 'object' && env !== null && expanded.has(env as JsonObject);
}
