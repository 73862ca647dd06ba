import { checkSchema } from './config/ajv-problems.js';
import { convertValue } from './config/convert.js';
import { suggestion } from './config/did-you-mean.js';
import { isObject, type JsonObject, own } from './config/json-value.js';
import { Findings, type Path, shortJson } from './config/problem.js';
import type { WatcherOptions } from './config/schema/watcher.js';
import { PYTHON_STREAM } from './config/unsupported.js';
import { customSchema, OUTPUT_TYPES, type OutputOptions, type OutputType } from './output-schema.js';

export type OutputName = 'stdout' | 'stderr';
export const OUTPUT_NAMES: readonly OutputName[] = ['stdout', 'stderr'];

const TYPES = Object.keys(OUTPUT_TYPES) as OutputType[];
const CLASSES = TYPES.flatMap((type) => OUTPUT_TYPES[type].class ?? []);

/**
 * Where an output of a watcher goes, by its checked options; null where nothing is asked for.
 *
 * @param spec options of a watcher, as they are after checking
 */
export function outputOptions(spec: Readonly<WatcherOptions>, name: OutputName): OutputOptions | null {
  return readOutput(spec, name, [], new Findings(null));
}

/** Checks what the watchers of a config ask for their outputs. */
export function checkOutputs(config: JsonObject, findings: Findings): void {
  const watchers = own(config, 'watchers');
  for (const [name, watcher] of Object.entries(isObject(watchers) ? watchers : {})) {
    if (isObject(watcher)) checkWatcherOutputs(watcher, ['watchers', name], findings);
  }
}

/** The same for one watcher. */
export function checkWatcherOutputs(watcher: JsonObject, path: Path, findings: Findings): void {
  const [stdout, stderr] = OUTPUT_NAMES.map((name) => readOutput(watcher, name, path, findings));
  if (stdout?.type === 'same' && stderr?.type === 'same') {
    const message = 'names stdout, which names stderr: one of the two must say where they go';
    findings.error([...path, 'stderr'], { message, allowed: 'a path or an object with `type` for one of them' });
  }
}

function readOutput(watcher: object, name: OutputName, path: Path, findings: Findings): OutputOptions | null {
  const options: Readonly<Record<string, unknown>> = { ...watcher };
  const [own, stream] = [options[name] ?? null, options[`${name}_stream`]];
  const asksStream = isObject(stream) && Object.keys(stream).length > 0;
  if (asksStream && own !== null) {
    findings.error([...path, name], { message: `can't be there together with ${name}_stream`, fix: 'remove one of the two' });
  }
  if (own !== null) return readForm(own, name, [...path, name], findings);
  return asksStream ? readStream(stream, [...path, `${name}_stream`], findings) : null;
}

function readForm(value: unknown, name: OutputName, path: Path, findings: Findings): OutputOptions | null {
  if (isObject(value)) return readObject(value, path, findings);
  // What is neither is told by the schema of the watcher.
  if (typeof value !== 'string') return null;
  if (value === (name === 'stdout' ? 'stderr' : 'stdout')) return { type: 'same' };
  if (/[/.]/.test(value) && !value.includes('#')) return readObject({ type: 'file', filename: value }, path, findings);
  return readObject({ type: value }, path, findings);
}

function readObject({ type, ...options }: JsonObject, path: Path, findings: Findings): OutputOptions | null {
  if (type === undefined || type === null) {
    if (type === null) return { type: 'null' };
    const allowed = `one of ${TYPES.join(', ')}, or ./mine.mjs#Sink`;
    findings.error([...path, 'type'], { message: `is missing; it must be ${allowed}`, allowed });
    return null;
  }
  const known = TYPES.find((one) => one === type);
  if (known !== undefined) return readType(known, options, path, findings);
  if (typeof type === 'string' && isModule(type)) return readCustom(type, options, path, findings);
  const found = shortJson(type);
  const allowed = `one of ${TYPES.join(', ')}, or ./mine.mjs#Sink`;
  findings.error([...path, 'type'], { message: `must be ${allowed}, got ${found}`, found, allowed, ...suggestion(String(type), TYPES) });
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

/** The options with defaults, from a copy: what a person wrote is shown back as it was. Texts are taken as in an ini, which `set` needs too. */
function checked(
  given: JsonObject,
  schema: (typeof OUTPUT_TYPES)[OutputType]['schema'] | typeof customSchema,
  path: Path,
  findings: Findings,
) {
  const before = findings.problems.length;
  const converted = convertValue({ ...given }, schema, path, { findings, isText: () => true });
  return checkSchema(converted, schema, path, findings) && findings.problems.length === before ? (converted as JsonObject) : null;
}

/** Whether a destination is named by a file or package, with an export after a #. */
function isModule(name: string): boolean {
  return name.includes('#') || /^(?:\.{0,2}\/|file:)/.test(name);
}
