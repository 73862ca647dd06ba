import { chmod, readFile, rm, writeFile } from 'node:fs/promises';
import { dirname, join, relative, resolve, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type InputOptions, type Plugin, rolldown } from 'rolldown';
import { licensesOf } from './licenses.js';
import { DOORS, type File, fileFor, PACKAGES, PARTS, type Part, PROGRAMS } from './parts.js';
import { MAP_COMMENT, makeScripts } from './scripts.js';

// Merges the modules that a start needs into a few files; see "What ships" in docs/architecture.md. The directory that the compiler has
// written to is the argument (default: the one that this is in).

const DIST = resolve(process.argv[2] ?? fileURLToPath(new URL('../', import.meta.url)));
/** In core, so that what a module of core finds beside it is in the same place for all. */
const FILES = join(DIST, 'core');

const pathOf = (name: string): string => join(DIST, `${name}.js`);
const nameOf = (path: string): string => relative(DIST, path).split(sep).join('/').replace(/\.js$/, '');
const isOwn = (path: string): boolean => path.startsWith(DIST + sep);

/** Yaml has modules of its own kind for browsers, which need no wrapping; for Node it has CommonJS alone. */
const YAML = fileURLToPath(new URL('../browser/index.js', import.meta.resolve('yaml')));

/** Modules that are in no file themselves. */
const APART = new Set([...DOORS, ...PROGRAMS]);

/** What modules of dist export, by their path. */
type Exports = Map<string, readonly string[]>;

/**
 * Modules of dist, with the maps that the compiler made for them.
 *
 * @param merged those that go to a file though they are imported on demand; others are found at run time
 */
function fromDist(merged: ReadonlyMap<string, unknown>): Plugin {
  return {
    name: 'dist',
    resolveId(id, importer, { kind }) {
      if (id === 'yaml') return YAML;
      if (importer === undefined || !isOwn(importer)) return null;
      if (!id.startsWith('.')) return id in PACKAGES ? null : { id, external: true };
      const path = resolve(dirname(importer), id);
      if (kind !== 'dynamic-import' || merged.has(path)) return path;
      return { id: relative(FILES, path).replace(/^(?!\.)/, './'), external: true };
    },
    async load(id) {
      if (!isOwn(id)) return null;
      const [code, map] = await Promise.all([readFile(id, 'utf8'), readFile(`${id}.map`, 'utf8')]);
      return { code: code.replace(MAP_COMMENT, '\n'), map };
    },
  };
}

const ASSERT = '\0assert';

/** For packages that need nothing of it but the call: Node takes longer to load it than to load them. */
const smallAssert: Plugin = {
  name: 'small assert',
  resolveId: (id, importer) => (id === 'assert' && importer !== undefined && !isOwn(importer) ? ASSERT : null),
  load: (id) => (id === ASSERT ? "module.exports = (is, ...why) => { if (!is) require('node:assert')(is, ...why); };" : null),
};

const FACADE = '\0facade:';

/** What takes the place of a merged module, for whoever imports it by its path: it hands on what the module exports. */
function facades(exports: Exports): Plugin {
  return {
    name: 'facades',
    resolveId: (id) => (id.startsWith(FACADE) ? id : null),
    load(id) {
      if (!id.startsWith(FACADE)) return null;
      const path = id.slice(FACADE.length);
      const all = `export * from ${JSON.stringify(path)};`;
      return exports.get(path)?.includes('default') ? `${all}\nexport { default } from ${JSON.stringify(path)};` : all;
    },
  };
}

const OPTIONS: InputOptions = {
  platform: 'node',
  treeshake: { moduleSideEffects: (id) => !isOwn(id) },
  preserveEntrySignatures: 'allow-extension',
  checks: { ineffectiveDynamicImport: false },
};

/** Paths of the modules of which something is left when nothing but these ones is asked for. What is met is noted in `exports`. */
async function neededBy(input: readonly string[], exports: Exports): Promise<readonly string[]> {
  const noted: Plugin = { name: 'exports', moduleParsed: (module) => void exports.set(module.id, module.exports) };
  await using bundle = await rolldown({ ...OPTIONS, input: [...input], plugins: [fromDist(new Map()), noted] });
  const { output } = await bundle.generate({ format: 'esm' });
  return output.flatMap((made) => (made.type === 'chunk' ? Object.keys(made.modules) : []));
}

/** Paths of the modules that these ones need, and all that those need as a whole. */
async function closure(names: readonly string[], exports: Exports): Promise<ReadonlySet<string>> {
  let paths: ReadonlySet<string> = new Set(names.map(pathOf));
  for (;;) {
    const needed = (await neededBy([...paths], exports)).filter((path) => isOwn(path) && !APART.has(nameOf(path)));
    const grown = new Set([...paths, ...needed]);
    if (grown.size === paths.size) return new Set(needed);
    paths = grown;
  }
}

/** Where every module that is merged goes, by its path. */
async function planFiles(exports: Exports): Promise<ReadonlyMap<string, File>> {
  const parts = new Map<string, Set<Part>>();
  for (const part of Object.keys(PARTS) as Part[]) {
    for (const path of await closure(PARTS[part], exports)) parts.set(path, (parts.get(path) ?? new Set()).add(part));
  }
  const files = new Map([...parts].map(([path, needed]) => [path, fileFor(needed)]));
  for (const [name, file] of Object.entries(PACKAGES)) for (const path of await neededBy([name], new Map())) files.set(path, file);
  return files.set(ASSERT, 'daemon');
}

if ((await readFile(pathOf('core/index'), 'utf8')).includes('.merged.js'))
  throw new Error(`${DIST} is merged already; have the compiler make it anew`);
const exports: Exports = new Map();
const files = await planFiles(exports);
const paths = [...exports.keys()].filter((path) => isOwn(path) && !PROGRAMS.includes(nameOf(path)));
await using bundle = await rolldown({
  ...OPTIONS,
  input: {
    ...Object.fromEntries(paths.map((path) => [nameOf(path), `${FACADE}${path}`])),
    ...Object.fromEntries(PROGRAMS.map((name) => [name, pathOf(name)])),
  },
  plugins: [facades(exports), smallAssert, fromDist(exports)],
});
const { output } = await bundle.write({
  dir: DIST,
  format: 'esm',
  entryFileNames: '[name].js',
  chunkFileNames: `${nameOf(FILES)}/[name].merged.js`,
  sourcemap: true,
  codeSplitting: {
    includeDependenciesRecursively: false,
    groups: [{ debugName: 'files', name: (id) => files.get(id) ?? null }],
  },
});
const modules = output.flatMap((made) => (made.type === 'chunk' ? made.moduleIds : []));
await writeFile(join(FILES, 'merged-licenses.txt'), licensesOf(modules));
const { bin }: { readonly bin: Readonly<Record<string, string>> } = JSON.parse(await readFile(join(DIST, '../package.json'), 'utf8'));
for (const file of Object.values(bin)) await chmod(join(DIST, '..', file), 0o755);
await makeScripts(
  DIST,
  output.filter((made) => made.type === 'chunk'),
);
// The compiler makes all modules again when it runs next, and nothing imports the merged files then.
await rm(join(DIST, '.tsbuildinfo'), { force: true });
