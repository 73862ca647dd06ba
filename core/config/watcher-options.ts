import { RingmasterError } from '../errors.js';
import type { JsonSchema } from '../json-schema.js';
import { checkWatcherOutputs } from '../output-options.js';
import type { StreamTypes } from '../stream-types.js';
import { checkSchema } from './ajv-problems.js';
import { convertValue } from './convert.js';
import { crossCheckWatcher } from './cross-checks.js';
import { closest } from './did-you-mean.js';
import { changedOptions, needsRestart } from './diff.js';
import { findInWatcher } from './find-unsupported.js';
import { cloneJson, isObject, type JsonObject, own } from './json-value.js';
import { Findings, type Problem } from './problem.js';
import { CONFIG_HOOKS, type WatcherOptions, watcherSchema } from './schema/watcher.js';

/** What `set` comes to. */
export interface WatcherChangeCheck {
  readonly spec: WatcherOptions;
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
 * @throws RM_OPTION_INVALID, one line with all problems, in Circus's words where Circus has them
 */
export function checkWatcher(name: string, options: Readonly<Record<string, unknown>>, streams: StreamTypes = new Map()): WatcherOptions {
  const complaints: string[] = [];
  if (name.trim() === '' || /\p{Cc}/u.test(name)) complaints.push(`${repr(name)} can't be the name of a watcher`);
  const spec: JsonObject = {};
  for (const [key, value] of Object.entries(options)) applyOption(spec, key, value, complaints);
  return finish(spec, complaints, streams);
}

/**
 * A watcher's options after a `set`. Keys are options, `hooks.NAME`, `stdout_stream.NAME`, or freeform options that are there already.
 *
 * @throws RM_OPTION_INVALID, in Circus's words where Circus has them
 */
export function checkWatcherChange(
  spec: WatcherOptions,
  changes: Readonly<Record<string, unknown>>,
  streams: StreamTypes = new Map(),
): WatcherChangeCheck {
  const complaints: string[] = [];
  const changed: JsonObject = structuredClone({ ...spec });
  for (const [key, value] of Object.entries(changes)) {
    if (Object.hasOwn(spec.options, key) && !Object.hasOwn(watcherSchema.properties, key)) {
      changed.options = { ...(own(changed, 'options') as JsonObject), [key]: String(value) };
    } else if (key === 'hooks' && isObject(value)) {
      for (const [hook, callable] of Object.entries(value)) applyOption(changed, `hooks.${hook}`, callable, complaints);
    } else if (key === 'numprocesses' && typeof value === 'number') {
      if (changed.singleton === true && value > 1) complaints.push('Singleton watcher has a single process');
      else applyOption(changed, key, Math.max(0, value), complaints);
    } else applyOption(changed, key, value, complaints);
  }
  const after = finish(changed, complaints, streams);
  const keys = changedOptions(spec, after);
  return { spec: after, restart: keys.some(needsRestart), live: keys.filter((key) => !needsRestart(key)) };
}

/** Puts one option into `spec`, or says what is wrong with it. */
function applyOption(spec: JsonObject, key: string, value: unknown, complaints: string[]): void {
  const [, prefix = '', rest = ''] = /^([^.]+)\.(.+)$/.exec(key) ?? [];
  if (NESTED.includes(prefix)) {
    if (prefix === 'hooks' && !isHook(rest)) complaints.push(`Unknown hook ${repr(rest)}`);
    else spec[prefix] = { ...(own(spec, prefix) as JsonObject | undefined), [rest]: prefix === 'hooks' ? hookText(value) : value };
    return;
  }
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

function finish(spec: JsonObject, complaints: string[], streams: StreamTypes): WatcherOptions {
  const findings = new Findings(null);
  if (complaints.length === 0) {
    checkSchema(spec, watcherSchema, [], findings);
    crossCheckWatcher(spec, [], findings);
    checkWatcherOutputs(spec, { path: [], findings, streams });
    findInWatcher(spec, [], findings);
  }
  const errors = findings.problems.filter((problem) => problem.severity === 'error');
  const all = [
    ...complaints,
    ...errors.map((problem) => `${repr(problem.path)} ${problem.message}${problem.fix === undefined ? '' : `; ${problem.fix}`}`),
  ];
  if (all.length === 0) return spec as unknown as WatcherOptions;
  throw new RingmasterError('RM_OPTION_INVALID', [all.join('; ')], { context: meant(complaints) });
}

/** The option that an unknown key was probably meant to be, for whoever shows the error. */
function meant(complaints: readonly string[]): { did_you_mean?: string } {
  const [, unknown] = /^unknown key '(.*)'$/.exec(complaints[0] ?? '') ?? [];
  const best = unknown === undefined ? undefined : closest(unknown, Object.keys(watcherSchema.properties));
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
