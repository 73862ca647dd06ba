import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { expect } from 'chai';
import { checkPlugin, packagedNames, resolvePlugin } from '../../../core/plugin-resolve.js';
import { rejects } from '../../../core/testing.js';

const FIXTURES = resolve('test/fixtures/plugins');
const PACKAGED = join(FIXTURES, 'packaged');
const body = (name: string): string => `{ name: '${name}', summary: 'S.', schema: { type: 'object', properties: {} }, setup() {} };`;

/** Packages in node_modules of the config's directory: package.json and one file each. */
const PACKAGES = [
  [
    'esm-only',
    { type: 'module', exports: { '.': { types: './lib.d.ts', import: './lib.js' } } },
    'lib.js',
    `export default ${body('esm')}`,
  ],
  ['@me/scoped', { type: 'module', exports: './lib.js' }, 'lib.js', `export default ${body('scoped')}`],
  ['both', { exports: { require: './no.cjs', import: { node: './lib.mjs' } } }, 'lib.mjs', `export default ${body('both')}`],
  ['by-main', { main: './lib.cjs' }, 'lib.cjs', `module.exports = ${body('by_main')}`],
  ['by-short-main', { main: 'lib' }, 'lib/index.js', `module.exports = ${body('by_short_main')}`],
  ['closed', { exports: {} }, 'lib.js', ''],
  ['unbuilt', { exports: './dist/index.js', scripts: { build: 'tsc' } }, 'index.ts', ''],
  ['unbuilt-main', { main: 'dist/index.js', scripts: { build: 'tsc' } }, 'index.ts', ''],
  ['torn', { exports: { '.': { default: './gone.js' } } }, 'lib.js', ''],
] as const;

describe('resolution of plugins', () => {
  let directory = '';
  before(async () => {
    directory = await mkdtemp(join(tmpdir(), 'ringmaster-'));
    for (const [name, manifest, file, text] of PACKAGES) {
      const root = join(directory, 'node_modules', name);
      await mkdir(dirname(join(root, file)), { recursive: true });
      await writeFile(join(root, 'package.json'), JSON.stringify({ name, ...manifest }));
      await writeFile(join(root, file), text);
    }
  });
  after(() => rm(directory, { recursive: true }));

  const FOUND: readonly (readonly [title: string, name: string, plugin: string])[] = [
    ['a plugin that comes along by its name', 'alpha', 'alpha'],
    ['one whose directory is written with a dash', 'two_words', 'two_words'],
    ['a path relative to the config', './mine.js', 'mine'],
    ['a path that goes up', '../plugins/mine.js', 'mine'],
    ['an absolute path', join(FIXTURES, 'mine.js'), 'mine'],
  ];
  for (const [title, name, plugin] of FOUND) {
    it(`finds ${title}`, async () => expect((await resolvePlugin(name, FIXTURES, { packaged: PACKAGED })).name).to.equal(plugin));
  }

  const PACKAGED_BY_NPM: readonly (readonly [name: string, plugin: string])[] = [
    ['esm-only', 'esm'],
    ['@me/scoped', 'scoped'],
    ['both', 'both'],
    ['by-main', 'by_main'],
    ['by-short-main', 'by_short_main'],
  ];
  for (const [name, plugin] of PACKAGED_BY_NPM) {
    it(`finds the npm package ${name} from the directory of the config`, async () => {
      expect((await resolvePlugin(name, directory, { packaged: PACKAGED })).name).to.equal(plugin);
    });
  }

  it('finds the package in the directory of the config itself, and in the one above', async () => {
    const root = join(directory, 'node_modules', 'esm-only');
    expect((await resolvePlugin('.', root, { packaged: PACKAGED })).name).to.equal('esm');
    expect((await resolvePlugin('..', join(root, 'config'), { packaged: PACKAGED })).name).to.equal('esm');
  });

  const REFUSED: readonly (readonly [title: string, name: string, message: RegExp])[] = [
    ['a slip of the fingers with what was meant', 'alhpa', /no plugin or npm package of that name, did you mean "alpha"\?$/],
    ['an unknown name with those that there are', 'zzz', /no plugin or npm package of that name; there are alpha, two_words$/],
    ['a name that is no package either', '@nobody/nothing', /no plugin or npm package of that name/],
    ['a file that is not there', './nothing.js', /nothing\.js: there is no such file$/],
    ['a file whose name is misspelt', './borken.js', /borken\.js: there is no such file, did you mean .*\/broken\.js\?$/],
    ['a directory that is no package', './packaged', /packaged: it is a directory without package\.json and index\.js$/],
    ['a file that throws', './broken.js', /broken\.js: no such luck$/],
    ['a file without a default export', './no-default.js', /cannot load plugin "\.\/no-default\.js": no default export/],
    [
      'a plugin with flaws, naming each',
      './flawed.js',
      /name must be .*, summary must be .*, schema must be .*, setup must be .*, requires must be .*"before_strat", did you mean "before_start"\?/,
    ],
  ];
  for (const [title, name, message] of REFUSED) {
    it(`refuses ${title}`, async () => {
      expect((await rejects(resolvePlugin(name, FIXTURES, { packaged: PACKAGED }), 'RM_PLUGIN_UNKNOWN')).message).to.match(message);
    });
  }

  for (const name of ['unbuilt', 'unbuilt-main', './node_modules/unbuilt']) {
    it(`refuses ${name}, which is to be built first, and says so`, async () => {
      const { message } = await rejects(resolvePlugin(name, directory, { packaged: PACKAGED }), 'RM_PLUGIN_UNKNOWN');
      expect(message).to.match(
        /package\.json names (\.\/)?dist\/index\.js, and there is no such file; build it: npm run build, in .*unbuilt/,
      );
    });
  }

  it('refuses a file that is built of others and is not there yet, and says so', async () => {
    const { message } = await rejects(resolvePlugin('./node_modules/unbuilt/dist/index.js', directory), 'RM_PLUGIN_UNKNOWN');
    expect(message).to.match(/unbuilt\/dist\/index\.js: there is no such file; build it: npm run build, in .*unbuilt$/);
  });

  it('refuses a file that needs a package which is not there, with the way to have it', async () => {
    await writeFile(join(directory, 'needs.mjs'), "import 'no-such-package';");
    const { message } = await rejects(resolvePlugin('./needs.mjs', directory), 'RM_PLUGIN_UNKNOWN');
    expect(message).to.include(`needs.mjs: it needs the package no-such-package: npm install no-such-package, in ${directory}`);
  });

  it('refuses TypeScript where Node does not load it, with the way to build it', async () => {
    const loads = Boolean(Reflect.get(process.features, 'typescript'));
    const built = await rejects(resolvePlugin('./node_modules/unbuilt/index.ts', directory), 'RM_PLUGIN_UNKNOWN');
    const build = /index\.ts: Node \S+ does not load TypeScript; build it: npm run build, in .*unbuilt, and name the JavaScript/;
    expect(built.message).to.match(loads ? /index\.ts: / : build);
    await writeFile(join(directory, 'alone.ts'), 'export {};');
    const alone = await rejects(resolvePlugin('./alone.ts', directory), 'RM_PLUGIN_UNKNOWN');
    expect(alone.message).to.match(
      loads ? /no default export/ : /alone\.ts: Node \S+ does not load TypeScript; compile it, or use Node 22\.18/,
    );
  });

  it('refuses a package that names a file which is not there, and that nothing builds', async () => {
    const { message } = await rejects(resolvePlugin('torn', directory, { packaged: PACKAGED }), 'RM_PLUGIN_UNKNOWN');
    expect(message).to.include('names ./gone.js, and there is no such file; nothing there builds it');
  });

  it('refuses a package that lets nothing be imported', async () => {
    expect((await rejects(resolvePlugin('closed', directory, { packaged: PACKAGED }), 'RM_PLUGIN_UNKNOWN')).message).to.match(/exports/);
  });

  it('looks for the plugins that come along beside the core', async () => {
    expect(await packagedNames()).to.include('control');
  });

  it('takes what definePlugin returns', () => {
    const plugin = { name: 'a', summary: 'A.', schema: { type: 'object', properties: {} }, hooks: ['ready'], setup() {} };
    expect(checkPlugin('a', plugin)).to.equal(plugin);
  });
});
