import { declaredTypes } from '../declared-types.js';
import { RingmasterError } from '../errors.js';
import type { JsonSchema } from '../json-schema.js';
import { checkWatcherOutputs } from '../output-options.js';
import { checkSchema } from './ajv-problems.js';
import { checkOwnOptions, type Plugins } from './check-plugins.js';
import { convertValue } from './convert.js';
import { crossCheckWatcher } from './cross-checks.js';
import { meantOption } from './did-you-mean.js';
import { changedOptions, needsRestart, valueChanges } from './diff.js';
import { findInWatcher } from './find-unsupported.js';
import { cloneJson, isObject, type JsonObject, own } from './json-value.js';
import { Findings, type Problem } from './problem.js';
import { CONFIG_HOOKS, type WatcherOptions, watcherSchema } from './schema/watcher.js';

/** A watcher's options, checked. */
export interface WatcherCheck {
  readonly spec: WatcherOptions;
  /** What in them is allowed but has no effect, or not the one that is meant. */
  readonly warnings: readonly string[];
}

/** What `set` comes to; its warnings are those about what was set, or that came of it. */
export interface WatcherChangeCheck extends WatcherCheck {
  /** Whether something differs that needs new processes. */
  readonly restart: boolean;
  /** Options that differ and take effect at once. */
  readonly live: string[];
}

const NESTED = ['hooks', 'stdout_stream', 'stderr_stream'];

/**
 * The options of a watcher that is added at run time, with defaults filled in. `hooks.NAME` and `stdout_stream.NAME` may stand for the
 * objects, and a hook may be `[name, ignore_failure]`. Environments are taken as they are, without replacing `$NAME`.
 *
 * @param plugins those that are there; where none are given, options for plugins are taken as they are
 * @throws RM_OPTION_INVALID, one line with all problems, in Circus's words where Circus has them
 */
export function checkWatcher(name: string, options: Readonly<Record<string, unknown>>, plugins?: Plugins): WatcherCheck {
  const complaints: string[] = [];
  if (name.trim() === '' || /\p{Cc}/u.test(name)) complaints.push(`${repr(name)} can't be the name of a watcher`);
  const spec: JsonObject = {};
  for (const [key, value] of Object.entries(options)) applyOption(spec, key, value, complaints, plugins);
  const { after, warnings } = finish(spec, complaints, plugins);
  return { spec: after, warnings: warnings.map(warningText) };
}

/**
 * A watcher's options after a `set`. Keys are options, `hooks.NAME`, `stdout_stream.NAME`, freeform options that are there already,
 * `PLUGIN.OPTION`, or `PLUGIN` with true or false.
 *
 * @param plugins as for `checkWatcher`
 * @throws RM_OPTION_INVALID, in Circus's words where Circus has them
 */
export function checkWatcherChange(
  spec: WatcherOptions,
  changes: Readonly<Record<string, unknown>>,
  plugins?: Plugins,
): WatcherChangeCheck {
  const complaints: string[] = [];
  const changed: JsonObject = structuredClone({ ...spec });
  for (const [key, value] of Object.entries(changes)) {
    if (applyPluginOption(changed, key, value, plugins)) continue;
    if (Object.hasOwn(spec.options, key) && !Object.hasOwn(watcherSchema.properties, key)) {
      changed.options = { ...(own(changed, 'options') as JsonObject), [key]: String(value) };
    } else if (key === 'hooks' && isObject(value)) {
      for (const [hook, callable] of Object.entries(value)) applyOption(changed, `hooks.${hook}`, callable, complaints);
    } else if (key === 'numprocesses' && typeof value === 'number') {
      if (changed.singleton === true && value > 1) complaints.push('Singleton watcher has a single process');
      else applyOption(changed, key, Math.max(0, value), complaints, plugins);
    } else applyOption(changed, key, value, complaints, plugins);
  }
  const { after, warnings: found } = finish(changed, complaints, plugins, spec.plugins);
  const known = new Set(finish(structuredClone({ ...spec }), [], plugins, spec.plugins).warnings.map(warningText));
  const asked = new Set(Object.keys(changes).map(firstKey));
  const warnings = found.filter((problem) => asked.has(firstKey(problem.path)) || !known.has(warningText(problem))).map(warningText);
  const keys = changedOptions(spec, after);
  const isForNew = (key: string): boolean =>
    key === 'plugins' && plugins !== undefined ? shapesSpawns(spec, after, plugins) : needsRestart(key);
  return { spec: after, warnings, restart: keys.some(isForNew), live: keys.filter((key) => !isForNew(key)) };
}

/** Puts one option into `spec`, or says what is wrong with it. */
function applyOption(spec: JsonObject, key: string, value: unknown, complaints: string[], plugins?: Plugins): void {
  const [, prefix = '', rest = ''] = /^([^.]+)\.(.+)$/.exec(key) ?? [];
  if (NESTED.includes(prefix)) {
    if (prefix === 'hooks' && !isHook(rest)) complaints.push(`Unknown hook ${repr(rest)}`);
    else spec[prefix] = { ...(own(spec, prefix) as JsonObject | undefined), [rest]: prefix === 'hooks' ? hookText(value) : value };
    return;
  }
  if (applyPluginOption(spec, key, value, plugins)) return;
  const properties: Readonly<Record<string, JsonSchema>> = watcherSchema.properties;
  const schema = Object.hasOwn(properties, key) ? properties[key] : undefined;
  if (schema === undefined) {
    complaints.push(key.startsWith('rlimit_') ? `${repr(key)} isn't a valid rlimit setting` : `unknown key ${repr(key)}`);
    return;
  }
  const given = key === 'hooks' && isObject(value) ? mapValues(value, hookText) : value;
  const complaint = circusComplaint(key, given, schema);
  if (complaint !== null) {
    complaints.push(complaint);
    return;
  }
  const findings = new Findings(null);
  const converted = convertValue(cloneJson(given, [key], findings), schema, [key], { findings, isText: () => false });
  // The schema of one option is checked as that of an object with this option alone.
  if (findings.problems.length === 0) checkSchema({ [key]: converted }, single(key, schema), [], findings);
  if (findings.problems.length > 0) complaints.push(...findings.problems.map((problem) => optionComplaint(key, given, schema, problem)));
  else spec[key] = converted;
}

/** Puts `PLUGIN.OPTION`, or `PLUGIN` with true or false, where a config has it. Returns whether the key is one of these. */
function applyPluginOption(spec: JsonObject, key: string, value: unknown, plugins: Plugins = new Map()): boolean {
  if (Object.hasOwn(watcherSchema.properties, key)) return false;
  // What a plugin is called may have a dot itself.
  const source = [...plugins.keys()].find((name) => key === name || key.startsWith(`${name}.`));
  const plugin = plugins.get(source ?? '');
  if (source === undefined || plugin === undefined) return false;
  const own = spec.plugins as JsonObject | undefined;
  const before = own?.[plugin.name] ?? own?.[source];
  const given = key === source ? switchOf(value) : { ...(isObject(before) ? before : {}), [key.slice(source.length + 1)]: value };
  const { [source]: _, ...others } = own ?? {};
  spec.plugins = { ...others, [plugin.name]: given };
  return true;
}

/** Whether a plugin whose options differ changes what is executed, so that it counts for new processes only. */
function shapesSpawns(before: WatcherOptions, after: WatcherOptions, plugins: Plugins): boolean {
  const names = valueChanges(before.plugins, after.plugins).map(({ option }) => option);
  return names.some((name) => plugins.get(name)?.hooks?.includes('spawn_options') === true);
}

function switchOf(value: unknown): unknown {
  return value === 'true' || value === 'false' ? value === 'true' : value;
}

const singles = new Map<string, JsonSchema>();

function single(key: string, schema: JsonSchema): JsonSchema {
  const known = singles.get(key) ?? { type: 'object', properties: { [key]: schema } };
  singles.set(key, known);
  return known;
}

/** What Circus says against a value whose shape the schema can't tell by itself. */
function circusComplaint(key: string, value: unknown, schema: JsonSchema): string | null {
  if (key === 'hooks') {
    if (!isObject(value)) return `${repr(value)} isn't a valid hook dict`;
    const unknown = Object.keys(value).find((hook) => !isHook(hook));
    return unknown === undefined ? null : `Unknown hook ${repr(unknown)}`;
  }
  if (schema.type === 'object' && !isObject(value)) return `${repr(key)} isn't a valid object`;
  if (key === 'env') {
    const [name] = Object.entries(value as JsonObject).find(([, text]) => typeof text !== 'string') ?? [];
    return name === undefined ? null : `${repr(name)} isn't a string`;
  }
  if (key.endsWith('_stream') && Object.keys(value as JsonObject).length > 0 && own(value, 'class') === undefined) {
    return `${repr(key)} must have a 'class' key`;
  }
  return null;
}

/** @source Circus's validate_option */
function optionComplaint(key: string, value: unknown, schema: JsonSchema, problem: Problem): string {
  const option = repr(key);
  if (key.startsWith('rlimit_')) return `${repr(value)} rlimit value isn't a valid int`;
  if (schema.type === 'boolean') return `${option} isn't a valid boolean`;
  if (key === 'uid' || key === 'gid') return `${option} isn't an integer or string`;
  // A number outside of its range is told with the range.
  if (typeof value !== 'number') {
    if (schema.type === 'integer' || schema.quantity === 'signal' || key.startsWith('max_age')) return `${option} isn't an integer`;
    if (schema.quantity === 'duration') return `${option} isn't a number`;
  }
  return `${option} ${problem.message}`;
}

/** The option that a key path leads into. */
function firstKey(path: string): string {
  return /^[^.[]*/.exec(path)?.[0] ?? path;
}

function warningText({ path, message, did_you_mean, fix }: Problem): string {
  const hint = did_you_mean === undefined ? '' : `; did you mean ${did_you_mean}?`;
  return `${path} ${message}${hint}${fix === undefined ? '' : `; ${fix}`}`;
}

/** Fills in defaults. @throws RM_OPTION_INVALID with all problems */
function finish(
  spec: JsonObject,
  complaints: string[],
  plugins?: Plugins,
  before?: JsonObject,
): { readonly after: WatcherOptions; readonly warnings: readonly Problem[] } {
  const findings = new Findings(null);
  if (complaints.length === 0) {
    checkSchema(spec, watcherSchema, [], findings);
    crossCheckWatcher(spec, [], findings);
    checkWatcherOutputs(spec, { path: [], findings, streams: declaredTypes(new Set(plugins?.values()), 'streams') });
    findInWatcher(spec, [], findings);
    if (plugins !== undefined) checkOwnOptions(spec, plugins, findings, before);
  }
  const errors = findings.problems.filter((problem) => problem.severity === 'error');
  const all = [
    ...complaints,
    ...errors.map((problem) => `${repr(problem.path)} ${problem.message}${problem.fix === undefined ? '' : `; ${problem.fix}`}`),
  ];
  const after = spec as unknown as WatcherOptions;
  if (all.length === 0) return { after, warnings: findings.problems.filter((problem) => problem.severity === 'warning') };
  throw new RingmasterError('RM_OPTION_INVALID', [all.join('; ')], { context: meant(complaints) });
}

/** The option that an unknown key was probably meant to be, for whoever shows the error. */
function meant(complaints: readonly string[]): { did_you_mean?: string } {
  const [, unknown] = /^unknown key '(.*)'$/.exec(complaints[0] ?? '') ?? [];
  const best = unknown === undefined ? undefined : meantOption(unknown, Object.keys(watcherSchema.properties));
  return best === undefined ? {} : { did_you_mean: best };
}

function hookText(value: unknown): unknown {
  if (!Array.isArray(value)) return value;
  const [callable, ignore]: unknown[] = value;
  return ignore === true ? `${String(callable)},true` : callable;
}

function isHook(name: string): boolean {
  const hooks: readonly string[] = CONFIG_HOOKS;
  return hooks.includes(name);
}

function mapValues(value: JsonObject, change: (member: unknown) => unknown): JsonObject {
  return Object.fromEntries(Object.entries(value).map(([key, member]) => [key, change(member)]));
}

/** A value the way that Circus shows it: text in single quotes. */
function repr(value: unknown): string {
  if (typeof value === 'string') return `'${value}'`;
  if (typeof value === 'boolean') return value ? 'True' : 'False';
  return value === null ? 'None' : (JSON.stringify(value) ?? String(value));
}
