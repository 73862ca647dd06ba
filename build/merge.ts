import { readFile, rm } from 'node:fs/promises';
import { dirname, join, relative, resolve, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type InputOptions, type Plugin, rolldown } from 'rolldown';

// Merges the modules that a start needs into a few files of dist; see "What ships" in docs/architecture.md.

const DIST = fileURLToPath(new URL('../', import.meta.url));

/** What is needed in one situation: these modules, and all that they import. */
const PARTS = {
  cli: ['core/cli/bin', 'core/cli/program', 'core/cli/circusd-program'],
  client: ['plugins/control/cli/index', 'plugins/logs/cli/index', 'plugins/discovery/cli/index'],
  library: ['core/index'],
  daemon: [
    'core/cli/daemon',
    'core/os/posix/native',
    'core/os/self-test',
    'plugins/control/index',
    'plugins/logs/index',
    'plugins/backoff/index',
  ],
  discovery: ['plugins/discovery/index'],
} as const satisfies Readonly<Record<string, readonly string[]>>;
type Part = keyof typeof PARTS;
type File = Part | 'shared' | 'control' | 'commander' | 'yaml';

/** Packages that are merged as well, and where they go. */
const PACKAGES: Readonly<Record<string, File>> = { commander: 'commander', pino: 'daemon', tapable: 'library', yaml: 'yaml' };

/** Modules that only hand on what others export: who asks them for one thing needs not all of it. */
const DOORS = ['core/index', 'core/config/index'];

/** What is run, and runs at once: never part of a file that others import. */
const PROGRAMS = ['core/main', 'core/circusd', 'core/circusctl', 'core/circus-top'];

/** The file that a module goes to. What a module imports goes to the same file or to one further up, so files import no circle. */
function fileFor(parts: ReadonlySet<Part>): File {
  const wide = (['cli', 'client', 'library'] as const).filter((part) => parts.has(part));
  if (wide.length > 1 || (parts.has('client') && parts.has('discovery'))) return 'shared';
  if (parts.has('cli')) return 'cli';
  if (parts.has('client')) return parts.has('daemon') ? 'control' : 'client';
  if (parts.has('library')) return 'library';
  return parts.has('daemon') ? 'daemon' : 'discovery';
}

const pathOf = (name: string): string => join(DIST, `${name}.js`);
const nameOf = (path: string): string => relative(DIST, path).split(sep).join('/').replace(/\.js$/, '');
const isOwn = (path: string): boolean => path.startsWith(DIST) && !path.includes('node_modules');

/** Yaml has modules of its own kind for browsers, which need no wrapping; for Node it has CommonJS alone. */
const YAML = fileURLToPath(new URL('../browser/index.js', import.meta.resolve('yaml')));

/**
 * Modules of dist, with the maps that the compiler made for them.
 *
 * @param merged names of those that go to a file, also where they are imported on demand; others are found at run time
 */
function fromDist(merged: ReadonlySet<string>): Plugin {
  return {
    name: 'dist',
    resolveId(id, importer, { kind }) {
      if (id === 'yaml') return YAML;
      if (importer === undefined || !isOwn(importer)) return null;
      if (!id.startsWith('.')) return id in PACKAGES ? null : { id, external: true };
      const path = resolve(dirname(importer), id);
      return { id: path, external: kind === 'dynamic-import' && !merged.has(nameOf(path)) ? 'relative' : false };
    },
    async load(id) {
      if (!isOwn(id)) return null;
      const [code, map] = await Promise.all([readFile(id, 'utf8'), readFile(`${id}.map`, 'utf8')]);
      return { code: code.replace(/\n\/\/# sourceMappingURL=.*\s*$/, '\n'), map };
    },
  };
}

const OPTIONS: InputOptions = {
  platform: 'node',
  treeshake: { moduleSideEffects: (id) => !isOwn(id) },
  preserveEntrySignatures: 'allow-extension',
  checks: { ineffectiveDynamicImport: false },
};

/** What modules of dist import, by their path. */
type Graph = Map<string, readonly string[]>;

/** Paths of the modules of which something is left when nothing but these ones is asked for; what they all import is noted in `graph`. */
async function needsOf(input: readonly string[], graph: Graph): Promise<readonly string[]> {
  const noted: Plugin = { name: 'graph', moduleParsed: ({ id, importedIds }) => void graph.set(id, importedIds) };
  await using bundle = await rolldown({ ...OPTIONS, input: [...input], plugins: [fromDist(new Set()), noted] });
  const { output } = await bundle.generate({ format: 'esm' });
  return output.flatMap((made) => (made.type === 'chunk' ? Object.keys(made.modules) : []));
}

/** Where every module that is merged goes, by its path. */
async function planFiles(graph: Graph): Promise<ReadonlyMap<string, File>> {
  const parts = new Map<string, Set<Part>>();
  for (const part of Object.keys(PARTS) as Part[]) {
    for (const path of await needsOf(PARTS[part].map(pathOf), graph)) {
      if (isOwn(path) && !DOORS.includes(nameOf(path))) parts.set(path, (parts.get(path) ?? new Set()).add(part));
    }
  }
  spread(parts, graph);
  const files = new Map([...parts].map(([path, needed]) => [path, fileFor(needed)]));
  for (const [name, file] of Object.entries(PACKAGES)) for (const path of await needsOf([name], new Map())) files.set(path, file);
  return files;
}

/** What a module imports is needed where it is itself, even by those who use nothing of it but what does without. */
function spread(parts: ReadonlyMap<string, Set<Part>>, graph: Graph): void {
  const left = [...parts.keys()];
  for (let path = left.pop(); path !== undefined; path = left.pop()) {
    const needed = parts.get(path) ?? [];
    for (const imported of graph.get(path) ?? []) {
      const before = parts.get(imported);
      if (before === undefined || [...needed].every((part) => before.has(part))) continue;
      for (const part of needed) before.add(part);
      left.push(imported);
    }
  }
}

const graph: Graph = new Map();
const files = await planFiles(graph);
const names = new Set([...graph.keys()].filter(isOwn).map(nameOf));
for (const program of PROGRAMS) names.add(program);
await using bundle = await rolldown({
  ...OPTIONS,
  input: Object.fromEntries([...names].map((name) => [name, pathOf(name)])),
  plugins: [fromDist(names)],
});
const { output } = await bundle.write({
  dir: DIST,
  format: 'esm',
  entryFileNames: '[name].js',
  // In core, so that what a module of core finds beside it is in the same place for all.
  chunkFileNames: 'core/[name].merged.js',
  sourcemap: true,
  codeSplitting: {
    includeDependenciesRecursively: false,
    groups: [{ debugName: 'files', name: (id) => files.get(id) ?? (isOwn(id) ? null : 'shared') }],
  },
});
// The compiler makes all modules again when it runs next, and nobody imports the merged files then.
await rm(join(DIST, '.tsbuildinfo'), { force: true });
for (const made of output) if (made.type === 'chunk' && made.fileName.includes('.merged.')) console.log(made.fileName, made.code.length, Object.keys(made.modules).length, made.imports.join(' '));
