import { statSync } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { closest } from './config/did-you-mean.js';
import { messageOf, RingmasterError } from './errors.js';
import { HOOKS } from './hooks.js';
import type { Isolation } from './isolation/options.js';
import { PACKAGED } from './places.js';
import type { AnyPlugin } from './plugin.js';
import { buildIn, mustBeImportable, whyNotImported } from './plugin-file.js';

const BARE_NAME = /^[a-z][a-z0-9_]*$/;

export interface ResolveOptions {
  readonly packaged?: string;
  readonly isolation?: Isolation;
}

/**
 * The plugin that a config names.
 *
 * @param name of a plugin that comes with ringmaster; a path that starts with `./`, `../` or `/`; or an npm package
 * @param relativeTo directory of the config, from which paths and packages are looked for
 * @param options `packaged`: directory of the plugins that come with ringmaster; `isolation`: where it is to run, the daemon itself
 *   where there is none
 * @throws RM_PLUGIN_UNKNOWN, RM_PLUGIN_ISOLATION that say what is wrong
 */
export async function resolvePlugin(
  name: string,
  relativeTo: string,
  { packaged = PACKAGED, isolation }: ResolveOptions = {},
): Promise<AnyPlugin> {
  if (isolation !== undefined && isolation.tier !== 'none') {
    const { isolatedPlugin } = await import('./isolation/plugin.js');
    const where = resolve(relativeTo);
    return checkPlugin(name, await isolatedPlugin(name, where, isolation, () => locate(name, where, packaged)));
  }
  const file = await locate(name, relativeTo, packaged);
  let module: Readonly<Record<string, unknown>>;
  try {
    module = await import(pathToFileURL(file).href);
  } catch (cause) {
    throw new RingmasterError('RM_PLUGIN_UNKNOWN', [name, `${file}: ${whyNotImported(file, cause)}`], { cause });
  }
  return checkPlugin(name, module.default);
}

/**
 * `found` if it is a plugin.
 *
 * @param name what the config calls it, for the message
 * @throws RM_PLUGIN_UNKNOWN that lists what is wrong with it
 */
export function checkPlugin(name: string, found: unknown): AnyPlugin {
  const wrong = typeof found === 'object' && found !== null ? flaws(found as Readonly<Record<string, unknown>>) : ['no default export'];
  if (wrong.length > 0) {
    throw new RingmasterError('RM_PLUGIN_UNKNOWN', [name, `${wrong.join(', ')}; its default export must be what definePlugin returns`]);
  }
  return found as AnyPlugin;
}

function flaws(plugin: Readonly<Record<string, unknown>>): string[] {
  const { name, summary, schema, setup, hooks = [], requires = [], streams = [], probes = [] } = plugin;
  const wrong: string[] = [];
  if (typeof name !== 'string' || name === '') wrong.push('name must be a text');
  if (typeof summary !== 'string') wrong.push('summary must be a text');
  if (!isRecord(schema) || !isRecord(schema.properties)) wrong.push('schema must be an object with properties');
  else if ('isolation' in schema.properties) wrong.push('its option isolation has a name that is reserved');
  if (typeof setup !== 'function') wrong.push('setup must be a function');
  if (!isTexts(requires)) wrong.push('requires must be a list of plugin names');
  for (const [key, types] of Object.entries({ streams, probes })) {
    const right = Array.isArray(types) && types.every((type) => isRecord(type) && isRecord(type.schema) && isTexts([type.name]));
    if (!right) wrong.push(`${key} must be a list of {name, summary, schema}`);
  }
  if (!isTexts(hooks)) wrong.push('hooks must be a list of hook names');
  else
    for (const hook of hooks)
      if (!Object.hasOwn(HOOKS, hook)) wrong.push(`there is no hook "${hook}"${didYouMean(hook, Object.keys(HOOKS))}`);
  return wrong;
}

async function locate(name: string, relativeTo: string, packaged: string): Promise<string> {
  if (/^(?:\.{0,2}\/|\.{1,2}$)/.test(name)) {
    const file = await entryOf(name, resolve(relativeTo, name));
    await mustBeImportable(name, file);
    return file;
  }
  if (BARE_NAME.test(name)) {
    for (const directory of new Set([name, name.replaceAll('_', '-')])) {
      const file = join(packaged, directory, 'index.js');
      if (isFile(file)) return file;
    }
  }
  const found = await locatePackage(name, relativeTo);
  if (found !== null) return found;
  const known = await packagedNames(packaged);
  const hint = didYouMean(name, known) || `; there are ${known.join(', ')}`;
  throw new RingmasterError('RM_PLUGIN_UNKNOWN', [name, `no plugin or npm package of that name${hint}`]);
}

/** As Node finds an imported package from that directory, which `import()` itself can only do from this file. */
async function locatePackage(name: string, relativeTo: string): Promise<string | null> {
  const require = createRequire(join(relativeTo, 'config'));
  try {
    for (const directory of require.resolve.paths(name) ?? []) {
      const root = join(directory, name);
      const manifest = join(root, 'package.json');
      if (!isFile(manifest)) continue;
      const entry = await entryIn(root, manifest, name);
      if (entry !== null) return entry;
    }
    return require.resolve(name);
  } catch (cause) {
    if (cause instanceof Error && 'code' in cause && cause.code === 'MODULE_NOT_FOUND') return null;
    if (cause instanceof RingmasterError) throw cause;
    throw new RingmasterError('RM_PLUGIN_UNKNOWN', [name, messageOf(cause)], { cause });
  }
}

/** The file itself; of a directory what its package.json names, else index.js. */
async function entryOf(name: string, path: string): Promise<string> {
  const manifest = join(path, 'package.json');
  if (!isFile(manifest)) return isFile(join(path, 'index.js')) ? join(path, 'index.js') : path;
  try {
    return (await entryIn(path, manifest, name)) ?? join(path, 'index.js');
  } catch (cause) {
    if (cause instanceof RingmasterError) throw cause;
    throw new RingmasterError('RM_PLUGIN_UNKNOWN', [name, `${manifest}: ${messageOf(cause)}`], { cause });
  }
}

/**
 * The file of `import 'package'`, where its package.json names one.
 *
 * @throws RM_PLUGIN_UNKNOWN where there is no such file, because it was not built, most likely
 */
async function entryIn(root: string, manifest: string, name: string): Promise<string | null> {
  const parsed: Manifest = JSON.parse(await readFile(manifest, 'utf8'));
  const exported = importEntry(parsed);
  const entry = exported ?? (typeof parsed.main === 'string' ? parsed.main : null);
  if (entry === null) return null;
  // Of `main` Node takes less than the whole name.
  for (const ending of exported === null ? ['', '.js', '/index.js'] : ['']) {
    const file = join(root, `${entry}${ending}`);
    if (isFile(file)) return file;
  }
  const remedy = buildIn(root, parsed.scripts) ?? 'nothing there builds it';
  throw new RingmasterError('RM_PLUGIN_UNKNOWN', [name, `${manifest} names ${entry}, and there is no such file; ${remedy}`]);
}

interface Manifest {
  readonly exports?: unknown;
  readonly main?: unknown;
  readonly scripts?: unknown;
}

/** The file of `import 'package'`, where `exports` names one. */
function importEntry(manifest: Manifest): string | null {
  let target = manifest.exports;
  if (isRecord(target) && '.' in target) target = target['.'];
  while (isRecord(target)) target = target.import ?? target['module-sync'] ?? target.node ?? target.default;
  return typeof target === 'string' ? target : null;
}

/** Names of the plugins that come with ringmaster, sorted. */
export async function packagedNames(packaged: string = PACKAGED): Promise<readonly string[]> {
  const entries = await readdir(packaged, { withFileTypes: true });
  return entries
    .filter((entry) => entry.isDirectory())
    .map((entry) => entry.name.replaceAll('-', '_'))
    .toSorted();
}

function isFile(path: string): boolean {
  try {
    return statSync(path, { throwIfNoEntry: false })?.isFile() === true;
  } catch {
    // What can't be reached is as good as not there.
    return false;
  }
}

function didYouMean(found: string, known: readonly string[]): string {
  const meant = closest(found, known);
  return meant === undefined ? '' : `, did you mean "${meant}"?`;
}

const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> => typeof value === 'object' && value !== null;
const isTexts = (value: unknown): value is readonly string[] => Array.isArray(value) && value.every((item) => typeof item === 'string');
