import { readFile, rm, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { type OutputChunk, rolldown } from 'rolldown';
import { BY_RUN_TIME_PATH, SCRIPTS } from './parts.js';

// Scripts, of which V8 can keep what it has compiled, as it can't of modules in all versions of Node; and which Node runs without the loader
// of modules, half of which it would have to compile at each start.

export const MAP_COMMENT = /\n\/\/# sourceMappingURL=.*\s*$/;

/** Modules of Node's that have been loaded when the first script runs, or cost nothing; others wait until something of them is used. */
const AT_ONCE = new Set(['events', 'fs', 'path', 'url', 'util']);

/** What a script is made of. */
type Source = Pick<OutputChunk, 'code'> & { readonly map: { toString(): string } | string | null };
interface Script {
  readonly code: string;
  readonly map: string;
}

/** Of modules that have been made: everything that they import stays outside. */
class ScriptMaker {
  readonly #dist: string;
  /** Those that have no module of their own and only hand on a part of another file, as code. */
  readonly #parts = new Map<string, string>();

  constructor(dist: string) {
    this.#dist = dist;
  }

  async addPart(made: OutputChunk): Promise<void> {
    const { code } = await this.#convert(join(this.#dist, made.fileName), made);
    this.#parts.set(basename(made.fileName), code.replaceAll(/^/gm, '\t'));
  }

  /** A merged file asks for another without a detour by way of a module; what is a module is imported by a module. */
  async make(path: string, source: Source): Promise<Script> {
    const { code, map } = await this.#convert(path, source);
    const script = code
      .replaceAll(/\bimport\("\.\/([\w-]+\.merged\.js)"\)/g, (_, file: string) => {
        const part = this.#parts.get(file);
        const exports = part === undefined ? `require("./${file}")` : `{\n\tconst exports = {};\n${part}\n\treturn exports;\n}`;
        return `Promise.resolve().then(() => ${exports})`;
      })
      .replaceAll('import("./kept-code.js")', 'Promise.resolve().then(() => require("./kept-code.cjs"))');
    for (const [, file = ''] of script.matchAll(/\brequire\("\.\/([\w-]+\.merged\.js)"\)/g)) {
      if (this.#parts.has(file)) throw new Error(`${path} asks for ${file}, which is no script`);
    }
    return { code: asAscii(withLateBuiltins(script)), map };
  }

  async #convert(path: string, { code: source, map: sourceMap }: Source): Promise<Script> {
    const known = {
      name: 'known',
      load: (id: string) =>
        id === path ? { code: source.replace(MAP_COMMENT, '\n'), ...(sourceMap && { map: sourceMap.toString() }) } : null,
    };
    const external = (id: string): boolean => id !== path;
    await using bundle = await rolldown({ input: path, platform: 'node', treeshake: false, external, plugins: [known] });
    const { output } = await bundle.generate({ format: 'cjs', exports: 'named', sourcemap: true });
    return { code: output[0].code.replace(MAP_COMMENT, '\n'), map: String(output[0].map) };
  }
}

/** Text of one byte for each character need not be decoded, and takes half of the memory. */
function asAscii(code: string): string {
  return code.replaceAll(/[^\0-\x7f]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`);
}

/** Has modules of Node's loaded when something of them is used. */
function withLateBuiltins(code: string): string {
  let late = code;
  for (const [line, name = '', id = ''] of code.matchAll(/^let (\w+) = require\("node:([\w/]+)"\);$/gm)) {
    const uses = [...code.matchAll(new RegExp(`\\b${name}\\b(?!\\.)`, 'g'))].length;
    if (AT_ONCE.has(id) || uses > 1) continue;
    late = late
      .replaceAll(new RegExp(`\\bnew ${name}\\.`, 'g'), `new (${name}()).`)
      .replaceAll(new RegExp(`\\b${name}\\.`, 'g'), `${name}().`)
      .replace(line, () => `let ${name}$loaded, ${name} = () => ${name}$loaded ??= require("node:${id}");`);
  }
  return late;
}

/**
 * Makes scripts of merged files and of programs. In the place of each merged file there is a module that hands on what the script exports.
 *
 * @param bin the programs that are run, from the root of the package
 */
export async function makeScripts(dist: string, made: readonly OutputChunk[]): Promise<void> {
  const maker = new ScriptMaker(dist);
  const merged = made.filter(({ fileName }) => fileName.endsWith('.merged.js'));
  for (const part of merged.filter(({ moduleIds }) => moduleIds.length === 0)) await maker.addPart(part);
  for (const one of merged.filter(({ moduleIds }) => moduleIds.length > 0)) {
    const path = join(dist, one.fileName);
    const name = basename(one.fileName, '.merged.js');
    const { code, map } = await maker.make(path, one);
    const body = code.replaceAll(/\bimport\(/g, 'importHere(');
    await writeScript(
      path.replace(/js$/, 'cjs'),
      `(function (exports, require, __filename, __dirname, importHere) { 'use strict'; ${body}\n})`,
      map,
    );
    await rm(`${path}.map`, { force: true });
    const all = one.exports.map((exported, at) => [exported, `e${at}`] as const);
    const taken = all.map(([exported, as]) => `${exported}: ${as}`).join(', ');
    const handed = all.map(([exported, as]) => `${as} as ${exported}`).join(', ');
    await writeFile(path, `import { merged } from './kept-code.js';\nconst { ${taken} } = merged('${name}');\nexport { ${handed} };\n`);
  }
  await makeKeptCode(maker, join(dist, 'core/kept-code.js'));
  for (const one of made.filter(({ fileName }) => SCRIPTS.includes(fileName.replace(/\.js$/, '')))) {
    const path = join(dist, one.fileName);
    const { code, map } = await maker.make(path, one);
    const body = code.replaceAll(/\brequire\("\.\/([\w-]+)\.merged\.js"\)/g, 'merged("$1")');
    const cjs = path.replace(/js$/, 'cjs');
    await writeScript(cjs, `#!/usr/bin/env node\n'use strict';\nconst { merged } = require("./kept-code.cjs");\n${body}`, map);
    await writeFile(path, `import './${basename(cjs)}';\n`);
    await rm(`${path}.map`, { force: true });
  }
  await writeFile(join(dist, 'core/merged-doors.json'), JSON.stringify(doorsOf(made)));
}

async function writeScript(path: string, code: string, map: string): Promise<void> {
  await writeFile(path, `${code}\n//# sourceMappingURL=${basename(path)}.map\n`);
  await writeFile(`${path}.map`, map);
}

/** What loads scripts is one itself, and the module that the compiler has made hands it on. */
async function makeKeptCode(maker: ScriptMaker, path: string): Promise<void> {
  const [source, sourceMap] = await Promise.all([readFile(path, 'utf8'), readFile(`${path}.map`, 'utf8')]);
  const { code, map } = await maker.make(path, { code: source, map: sourceMap });
  const own = code.replace(/^const plainRequire = .*$/m, 'const plainRequire = require;');
  if (own === code) throw new Error(`${path} has no require of its own any more`);
  await writeScript(path.replace(/js$/, 'cjs'), `'use strict';\n${own}`, map);
  const names = [...code.matchAll(/^exports\.(\w+) = \1;$/gm)].map(([, name]) => name).join(', ');
  const lines = ["import { createRequire } from 'node:module';", `const { ${names} } = createRequire(import.meta.url)('./kept-code.cjs');`];
  await writeFile(path, `${lines.join('\n')}\nexport { ${names} };\n`);
}

type Doors = Record<string, { readonly file: string; readonly exports: Readonly<Record<string, string>> }>;

/** Modules that are imported by a path that is made at run time and hand on what one merged file exports. */
function doorsOf(made: readonly OutputChunk[]): Doors {
  const doors: Doors = {};
  for (const { fileName, code } of made.filter(({ fileName }) => BY_RUN_TIME_PATH.includes(fileName.replace(/\.js$/, '')))) {
    const [handed, ...more] = code.matchAll(/^export \{ (.*) \} from ".*?([\w-]+)\.merged\.js";$/gm);
    const [, names = '', file = ''] = handed ?? [];
    if (file === '' || more.length > 0) throw new Error(`${fileName} does not hand on what one merged file exports: ${code}`);
    const exports = names.split(', ').map((name) => name.split(' as '));
    doors[fileName] = { file, exports: Object.fromEntries(exports.map(([own = '', as = own]) => [as, own])) };
  }
  return doors;
}
