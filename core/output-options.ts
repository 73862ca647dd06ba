import { checkSchema } from './config/ajv-problems.js';
import { convertValue } from './config/convert.js';
import { suggestion } from './config/did-you-mean.js';
import { isObject, type JsonObject, own } from './config/json-value.js';
import { Findings, type Path, shortJson } from './config/problem.js';
import type { WatcherOptions } from './config/schema/watcher.js';
import { PYTHON_STREAM } from './config/unsupported.js';
import type { DeclaredTypes, TypeDeclaration } from './declared-types.js';
import type { JsonSchema } from './json-schema.js';
import { customSchema, OUTPUT_TYPES, type OutputOptions, type OutputType } from './output-schema.js';

export type OutputName = 'stdout' | 'stderr';
export const OUTPUT_NAMES: readonly OutputName[] = ['stdout', 'stderr'];

const TYPES = Object.keys(OUTPUT_TYPES) as OutputType[];
/** Of a type whose plugin is not known here. */
const ANY: JsonSchema = {};
const CLASSES = TYPES.flatMap((type) => OUTPUT_TYPES[type].class ?? []);

/**
 * Where an output of a watcher goes, by its checked options; null where nothing is asked for.
 *
 * @param spec options of a watcher, as they are after checking
 */
export function outputOptions(spec: Readonly<WatcherOptions>, name: OutputName): OutputOptions | null {
  return readOutput(spec, name, { path: [], findings: new Findings(null), streams: null });
}

/**
 * Checks what the watchers of a config ask for their outputs.
 *
 * @param streams types that plugins declare; null where they are not known: then any name may be one
 */
export function checkOutputs(config: JsonObject, findings: Findings, streams: DeclaredTypes | null): void {
  const watchers = own(config, 'watchers');
  for (const [name, watcher] of Object.entries(isObject(watchers) ? watchers : {})) {
    if (isObject(watcher)) checkWatcherOutputs(watcher, { path: ['watchers', name], findings, streams });
  }
}

/** The same for one watcher. */
export function checkWatcherOutputs(watcher: JsonObject, context: OutputCheck): void {
  const { path, findings } = context;
  const [stdout, stderr] = OUTPUT_NAMES.map((name) => readOutput(watcher, name, context));
  if (stdout?.type === 'same' && stderr?.type === 'same') {
    const message = 'names stdout, which names stderr: one of the two must say where they go';
    findings.error([...path, 'stderr'], { message, allowed: 'a path or an object with `type` for one of them' });
  }
}

/** Where options of a watcher are, and what they are checked with. */
interface OutputCheck {
  readonly path: Path;
  readonly findings: Findings;
  readonly streams: DeclaredTypes | null;
}

function readOutput(watcher: object, name: OutputName, { path, findings, streams }: OutputCheck): OutputOptions | null {
  // Not copied: it is looked at for each spawn.
  const options = watcher as Readonly<Record<string, unknown>>;
  const [own, stream] = [options[name] ?? null, options[`${name}_stream`]];
  const asksStream = isObject(stream) && Object.keys(stream).length > 0;
  if (asksStream && own !== null) {
    findings.error([...path, name], { message: `can't be there together with ${name}_stream`, fix: 'remove one of the two' });
  }
  if (own !== null) return readForm(own, name, { path: [...path, name], findings, streams });
  return asksStream ? readStream(stream, [...path, `${name}_stream`], findings) : null;
}

function readForm(value: unknown, name: OutputName, context: OutputCheck): OutputOptions | null {
  if (isObject(value)) return readObject(value, context);
  // What is neither is told by the schema of the watcher.
  if (typeof value !== 'string') return null;
  if (value === (name === 'stdout' ? 'stderr' : 'stdout')) return { type: 'same' };
  if (/[/.]/.test(value) && !value.includes('#')) return readObject({ type: 'file', filename: value }, context);
  return readObject({ type: value }, context);
}

function readObject({ type, ...options }: JsonObject, { path, findings, streams }: OutputCheck): OutputOptions | null {
  const types = [...TYPES, ...(streams?.keys() ?? [])];
  if (type === undefined || type === null) {
    if (type === null) return { type: 'null' };
    const allowed = `one of ${types.join(', ')}, or ./mine.mjs#Sink`;
    findings.error([...path, 'type'], { message: `is missing; it must be ${allowed}`, allowed });
    return null;
  }
  const known = TYPES.find((one) => one === type);
  if (known !== undefined) return readType(known, options, path, findings);
  if (typeof type === 'string' && isModule(type)) return readCustom(type, options, path, findings);
  const declared = streams === null && isStreamName(type) ? { name: type, schema: ANY } : streams?.get(String(type));
  if (declared !== undefined) return readExtension(declared, options, path, findings);
  const found = shortJson(type);
  const allowed = `one of ${types.join(', ')}, or ./mine.mjs#Sink`;
  findings.error([...path, 'type'], { message: `must be ${allowed}, got ${found}`, found, allowed, ...suggestion(String(type), types) });
  return null;
}

/** Circus ignores options that a class does not have, and takes a class without a name for FileStream. */
function readStream({ class: name, ...given }: JsonObject, path: Path, findings: Findings): OutputOptions | null {
  if (name === undefined && given.filename === undefined) {
    const allowed = `one of ${CLASSES.join(', ')}, or ./mine.mjs#Sink`;
    findings.error([...path, 'class'], { message: `is missing; it must be ${allowed}`, allowed });
    return null;
  }
  const named = String(name ?? 'FileStream');
  if (isModule(named)) return readCustom(named, given, path, findings);
  const bare = named.replace(/^circus\.stream\.(?:file_stream\.)?/, '');
  const type = TYPES.find((one) => OUTPUT_TYPES[one].class === bare);
  if (type === undefined) {
    reportClass(named, [...path, 'class'], findings);
    return null;
  }
  const properties = Object.keys(OUTPUT_TYPES[type].schema.properties);
  const unknown = Object.keys(given).filter((key) => !properties.includes(key));
  for (const key of unknown) {
    const allowed = `one of ${properties.join(', ')}`;
    const message = `has no effect with ${bare}; allowed is ${allowed}`;
    findings.warn([...path, key], { message, found: key, allowed, ...suggestion(key, properties), fix: 'remove it' });
  }
  return readType(type, Object.fromEntries(Object.entries(given).filter(([key]) => !unknown.includes(key))), path, findings);
}

function reportClass(name: string, path: Path, findings: Findings): void {
  const found = shortJson(name);
  if (name.includes('.')) {
    findings.error(path, { ...PYTHON_STREAM, found });
    return;
  }
  const allowed = `one of ${CLASSES.join(', ')}`;
  findings.error(path, { message: `must be ${allowed}, got ${found}`, found, allowed, ...suggestion(name, CLASSES) });
}

function readType(type: OutputType, given: JsonObject, path: Path, findings: Findings): OutputOptions | null {
  const options = checked(given, OUTPUT_TYPES[type].schema, path, findings);
  if (options === null) return null;
  const output = { ...options, type } as OutputOptions;
  const without = output.type === 'file' && output.direct ? asksReading(output) : [];
  if (without.length > 0) {
    const names = without.join(', ');
    const message = `can't be there together with ${names}: processes write to the file themselves`;
    findings.error([...path, 'direct'], { message, found: 'true', allowed: 'false', fix: `remove direct, or ${names}` });
  }
  return output;
}

/** Which options of a file only work where the daemon writes it. */
function asksReading(file: Extract<OutputOptions, { readonly type: 'file' }>): readonly string[] {
  const asked = {
    max_bytes: file.max_bytes > 0,
    backup_count: file.backup_count > 0,
    time_format: file.time_format !== null,
    when_slow: file.when_slow !== 'block',
  };
  return Object.entries(asked).flatMap(([name, is]) => (is ? [name] : []));
}

function readCustom(module: string, given: JsonObject, path: Path, findings: Findings): OutputOptions | null {
  const options = checked(given, customSchema, path, findings);
  if (options === null) return null;
  const { when_slow, ...rest } = options;
  return { type: 'custom', module, when_slow, options: rest } as OutputOptions;
}

/** A type that a plugin declares: its options are the plugin's, `when_slow` is that of all. */
function readExtension(
  { name, schema }: Pick<TypeDeclaration, 'name' | 'schema'>,
  { when_slow, ...options }: JsonObject,
  path: Path,
  findings: Findings,
): OutputOptions | null {
  const common = checked(when_slow === undefined ? {} : { when_slow }, customSchema, path, findings);
  if (common === null || checked(options, schema, path, findings) === null) return null;
  return { type: 'extension', name, when_slow: common.when_slow, options } as OutputOptions;
}

function isStreamName(type: unknown): type is string {
  return typeof type === 'string' && /^[a-z][a-z0-9_]*$/.test(type);
}

/** The options with defaults, from a copy: what a person wrote is shown back as it was. Texts are taken as in an ini, which `set` needs too. */
function checked(given: JsonObject, schema: JsonSchema, path: Path, findings: Findings) {
  const before = findings.problems.length;
  const converted = convertValue({ ...given }, schema, path, { findings, isText: () => true });
  return checkSchema(converted, schema, path, findings) && findings.problems.length === before ? (converted as JsonObject) : null;
}

/** Whether a destination is named by a file or package, with an export after a #. */
function isModule(name: string): boolean {
  return name.includes('#') || /^(?:\.{0,2}\/|file:)/.test(name);
}
