import { messageOf, RingmasterError } from '../errors.js';
import type { Isolation } from '../isolation/options.js';
import type { JsonSchema } from '../json-schema.js';
import type { AnyPlugin } from '../plugin.js';
import { withReserved } from '../plugin-options.js';
import { checkSchema } from './ajv-problems.js';
import { type ConvertOptions, convertValue } from './convert.js';
import { suggestion } from './did-you-mean.js';
import { isSame } from './diff.js';
import { isolationOf } from './isolation.js';
import { cloneJson, isObject, type JsonObject, objectIn, own } from './json-value.js';
import { checkByPlugin } from './plugin-check.js';
import { Findings, type Path, sentenceOf } from './problem.js';
import type { DottedKey } from './source.js';

/** Plugins by the name under which the config asks for them. */
export type Plugins = ReadonlyMap<string, AnyPlugin>;

const relaxed = new WeakMap<JsonSchema, JsonSchema>();

/** Checks the options of plugins, and watchers' own options for them, against the plugins' schemas; fills in defaults. Changes `config`. */
export function checkPlugins(config: JsonObject, plugins: Plugins, options: ConvertOptions): void {
  const asked = own(config, 'plugins');
  if (isObject(asked)) {
    for (const [name, value] of Object.entries(asked)) {
      const plugin = plugins.get(name);
      if (plugin === undefined || value === false) continue;
      const given = value === true ? {} : value;
      if (!isObject(given)) continue;
      const path = ['plugins', name];
      const isolation = isolationOf(given, path, options.findings);
      const { isolation: _, ...others } = given;
      const checked = checkOptions(others, plugin, withReserved(plugin.schema), path, plugins, options);
      // Those that run in the daemon do not have it, whether it was written or not.
      asked[name] = isObject(checked) && isolation ? { ...checked, isolation } : checked;
    }
  }
  const watchers = own(config, 'watchers');
  for (const [name, watcher] of Object.entries(isObject(watchers) ? watchers : {})) {
    const given = own(watcher, 'plugins');
    if (isObject(given)) checkWatcherPlugins(given, ['watchers', name, 'plugins'], plugins, options);
  }
}

/**
 * The options of one plugin, given at run time: a text may stand for a number or true, as in an ini.
 *
 * @param plugins those that are there, for types that they declare; null where they are not known
 * @throws RM_PLUGIN_OPTIONS that names the plugin, each key, what was found and what is allowed
 */
export function checkPluginOptions(
  plugin: AnyPlugin,
  options: Readonly<Record<string, unknown>>,
  plugins: Plugins | null = null,
): JsonObject {
  const findings = new Findings(null);
  const given = cloneJson(options, ['plugins', plugin.name], findings);
  const { isolation: _, ...others } = isObject(given) ? given : {};
  const checked = checkOptions(others, plugin, withReserved(plugin.schema), ['plugins', plugin.name], plugins, asText(findings));
  refuseProblems(plugin.name, findings);
  const isolation = pluginIsolation(plugin.name, options);
  return { ...(isObject(checked) ? checked : {}), ...(isolation && { isolation: isolation as unknown as JsonObject }) };
}

/** Where the options of a plugin, given at run time, have it run; undefined: in the daemon. @throws RM_PLUGIN_OPTIONS */
export function pluginIsolation(name: string, options: Readonly<Record<string, unknown>>): Isolation | undefined {
  const findings = new Findings(null);
  const isolation = isolationOf(options, ['plugins', name], findings);
  refuseProblems(name, findings);
  return isolation ?? undefined;
}

/** @throws RM_PLUGIN_OPTIONS with all problems, where there are any */
function refuseProblems(plugin: string, { problems }: Findings): void {
  if (problems.length === 0) return;
  throw new RingmasterError('RM_PLUGIN_OPTIONS', [problems.map(sentenceOf).join('; ')], { context: { plugin, problems } });
}

/**
 * Checks a watcher's own options for plugins, given at run time. Changes `watcher`.
 *
 * @param before what it had: as long as that stays it is not asked whether there is such a plugin
 */
export function checkOwnOptions(watcher: JsonObject, plugins: Plugins, findings: Findings, before: JsonObject = {}): void {
  const given = own(watcher, 'plugins');
  if (!isObject(given)) return;
  const changed = Object.fromEntries(Object.entries(given).filter(([name, value]) => !isSame(before[name], value)));
  checkWatcherPlugins(changed, ['plugins'], plugins, asText(findings));
  watcher.plugins = { ...given, ...changed };
}

const asText = (findings: Findings): ConvertOptions => ({ findings, isText: () => true });

function checkWatcherPlugins(asked: JsonObject, path: Path, plugins: Plugins, options: ConvertOptions): void {
  for (const [name, value] of Object.entries(asked)) {
    const plugin = findPlugin(plugins, name);
    const at = [...path, name];
    if (plugin === undefined) {
      const known = [...new Set([...plugins.values()].map((each) => each.name))];
      const allowed = known.length === 0 ? 'a plugin that the config asks for, and there are none' : `one of ${known.join(', ')}`;
      const fix = `ask for it under plugins: ${name}`;
      options.findings.error(at, { message: 'names a plugin that is not loaded', found: name, allowed, ...suggestion(name, known), fix });
    } else if (plugin.per_watcher !== true && !(value === true && plugin.watchers !== undefined)) {
      options.findings.error(at, {
        message: `can’t be set for one watcher: plugin ${plugin.name} has no options of that kind`,
        found: name,
      });
    } else if (isObject(value)) {
      const schema = relaxed.get(plugin.schema) ?? relax(plugin.schema);
      relaxed.set(plugin.schema, schema);
      asked[name] = checkOptions(value, plugin, schema, at, plugins, options);
    }
  }
}

function checkOptions(
  value: JsonObject,
  plugin: AnyPlugin,
  schema: JsonSchema,
  path: Path,
  plugins: Plugins | null,
  options: ConvertOptions,
): unknown {
  const converted = convertValue(value, schema, path, options);
  let isRight = false;
  try {
    isRight = checkSchema(converted, schema, path, options.findings);
  } catch (thrown) {
    options.findings.error(path, { message: `can’t be checked: the schema of plugin ${plugin.name} is wrong: ${messageOf(thrown)}` });
  }
  // Defaults may be written as text with a unit too.
  const whole = convertValue(converted, schema, path, { ...options, isText: () => false });
  if (isRight && isObject(whole)) checkByPlugin(plugin, whole, path, plugins, options.findings);
  return whole;
}

/** Puts a watcher's `PLUGIN.OPTION` of an ini where other formats have it, if that plugin is there. */
export function spreadDotted(
  config: JsonObject,
  dotted: readonly DottedKey[],
  plugins: Plugins,
  locate: (path: Path, from: Path) => void,
): void {
  for (const { watcher, plugin: name, option, text, path } of dotted) {
    const plugin = findPlugin(plugins, name);
    const options = own(own(config, 'watchers'), watcher);
    if (plugin === undefined || !isObject(options)) continue;
    objectIn(objectIn(options, 'plugins'), plugin.name)[option] = text;
    locate(['watchers', watcher, 'plugins', plugin.name, option], path);
  }
}

function findPlugin(plugins: Plugins, name: string): AnyPlugin | undefined {
  return plugins.get(name) ?? [...plugins.values()].find((plugin) => plugin.name === name);
}

/** The schema without what is only for the whole: defaults and required keys. */
function relax(schema: JsonSchema): JsonSchema {
  const { default: _, required: __, properties, ...rest } = schema;
  if (properties === undefined) return rest;
  return { ...rest, properties: Object.fromEntries(Object.entries(properties).map(([name, inner]) => [name, relax(inner)])) };
}
