import { readdir, readFile, stat } from 'node:fs/promises';
import { basename, dirname, extname, join } from 'node:path';
import { closest } from './config/did-you-mean.js';
import { messageOf, RingmasterError } from './errors.js';

/**
 * Refuses a file of a plugin that Node would not import, and says what to do instead.
 *
 * @param name what the config calls it
 * @param file where that leads to
 * @throws RM_PLUGIN_UNKNOWN
 */
export async function mustBeImportable(name: string, file: string): Promise<void> {
  const why = await whyNot(file);
  if (why !== null) throw new RingmasterError('RM_PLUGIN_UNKNOWN', [name, `${file}: ${why}`]);
}

/** Why the import of a file failed; of a package that it wants and that is not there also what to do about it. */
export function whyNotImported(file: string, thrown: unknown): string {
  const wanted = /^Cannot find package '([^']+)'/.exec(messageOf(thrown))?.[1];
  return wanted === undefined ? messageOf(thrown) : `it needs the package ${wanted}: npm install ${wanted}, in ${dirname(file)}`;
}

async function whyNot(file: string): Promise<string | null> {
  const kind = await kindOf(file);
  if (kind === 'none') return `there is no such file${await whatInstead(file)}`;
  if (kind === 'directory') return 'it is a directory without package.json and index.js';
  if (kind === 'file' && /^\.[mc]?ts$/.test(extname(file)) && !Reflect.get(process.features, 'typescript')) {
    const build = await buildFor(dirname(file));
    const remedy = build === null ? 'compile it, or use Node 22.18 or later' : `${build}, and name the JavaScript that it makes`;
    return `Node ${process.versions.node} does not load TypeScript; ${remedy}`;
  }
  return null;
}

/** A file that has almost that name; where there is not even its directory, the way to build it. */
async function whatInstead(file: string): Promise<string> {
  const directory = dirname(file);
  if ((await kindOf(directory)) === 'directory') {
    const meant = closest(basename(file), await readdir(directory));
    return meant === undefined ? '' : `, did you mean ${join(directory, meant)}?`;
  }
  const build = await buildFor(directory);
  return build === null ? '' : `; ${build}`;
}

/** How the package around a directory is built, in words; null where it is not. */
async function buildFor(directory: string): Promise<string | null> {
  const manifest = join(directory, 'package.json');
  if ((await kindOf(manifest)) === 'file') return buildIn(directory, scriptsOf(await readFile(manifest, 'utf8')));
  const above = dirname(directory);
  return above === directory ? null : buildFor(above);
}

/** How a package with these scripts is built, in words; null where it is not. */
export function buildIn(directory: string, scripts: unknown): string | null {
  const builds = typeof scripts === 'object' && scripts !== null && 'build' in scripts;
  return builds ? `build it: npm run build, in ${directory}` : null;
}

function scriptsOf(manifest: string): unknown {
  try {
    return JSON.parse(manifest).scripts;
  } catch {
    // Whoever is wrong here, it is not the plugin's file.
    return null;
  }
}

async function kindOf(path: string): Promise<'file' | 'directory' | 'none' | 'unknown'> {
  try {
    return (await stat(path)).isDirectory() ? 'directory' : 'file';
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : undefined;
    return code === 'ENOENT' || code === 'ENOTDIR' ? 'none' : 'unknown';
  }
}
