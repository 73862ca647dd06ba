import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import { expect } from 'chai';
import { Client } from '../../plugins/control/client.js';
import { Daemon } from '../fixtures/daemon.js';
import { Shipped } from '../fixtures/shipped.js';

const run = promisify(execFile);

/** A plugin whose command fails with an error made of what `ringmaster` exports. */
const PLUGIN = `
import { defineCommand, definePlugin, RingmasterError } from 'ringmaster';

const fail = defineCommand({
  name: 'fail',
  summary: 'Fail.',
  request: { type: 'object', additionalProperties: false, properties: {} },
  reply: { type: 'object', properties: {} },
  run() {
    throw new RingmasterError('RM_WATCHER_UNKNOWN', ['web']);
  },
});

export default definePlugin({
  name: 'failing',
  summary: 'Has a command that fails.',
  schema: { type: 'object', additionalProperties: false, properties: {} },
  setup({ extend }) {
    extend('command', fail);
  },
});
`;

describe('what ships', () => {
  let shipped: Shipped;
  let directory: string;
  before(async () => {
    shipped = await Shipped.make();
  });
  after(() => shipped[Symbol.asyncDispose]());
  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'rm-ships-'));
  });
  afterEach(() => rm(directory, { recursive: true }));

  /** Names of the merged files. */
  const merged = async (): Promise<readonly string[]> =>
    (await readdir(shipped.file('core'))).filter((name) => name.endsWith('.merged.cjs'));

  /** Modules of dist that a program loads until it ends, by what V8 covers. */
  async function loaded(words: readonly string[]): Promise<readonly string[]> {
    const env = { ...process.env, NODE_V8_COVERAGE: directory, RINGMASTER_RUNTIME_DIR: directory };
    const ended = run(process.execPath, words, { env });
    ended.child.stdin?.end();
    await ended;
    const [report = ''] = (await readdir(directory)).filter((name) => name.startsWith('coverage-'));
    const { result }: { readonly result: readonly { readonly url: string }[] } = JSON.parse(
      await readFile(join(directory, report), 'utf8'),
    );
    const dist = `${pathToFileURL(shipped.file('')).href}/`;
    return result.flatMap(({ url }) => (url.startsWith(dist) ? [url.slice(dist.length)] : []));
  }

  /** A config of that name, with a plugin that ends the daemon as soon as it runs. */
  async function shortLived(): Promise<string> {
    const ending = `export default { name: 'ending', summary: 'Ends it.', schema: { type: 'object', properties: {} }, hooks: ['ready'],
      setup({ hooks, supervisor }) { hooks.ready.tap(() => void supervisor.stop()); } };`;
    await writeFile(join(directory, 'ending.mjs'), ending);
    const file = join(directory, 'ringmaster.yaml');
    await writeFile(file, `endpoint: ipc://${directory}/c.sock\npubsub_endpoint: ipc://${directory}/e.sock\nplugins: {./ending.mjs: {}}\n`);
    return file;
  }

  it('starts a daemon from few files', async () => {
    const files = await loaded([shipped.file('core/main.cjs'), 'run', await shortLived()]);
    expect(files).to.include.members(['core/main.cjs', 'core/daemon.merged.cjs', 'core/library.merged.cjs']);
    expect(files, files.join('\n')).to.have.lengthOf.below(25);
  });

  it('has Node start its loader of modules neither for a daemon nor for a client, unless it does for an empty script', async () => {
    const list = join(directory, 'list.cjs');
    await writeFile(
      list,
      `process.on('exit', () => require('node:fs').writeFileSync(process.env.MODULES, process.moduleLoadList.join('\\n')));`,
    );
    const inTurn = (name: string): string => join(directory, name);
    const main = ['--require', list, shipped.file('core/main.cjs')];
    const file = join(directory, 'ringmaster.json');
    const endpoint = `ipc://${directory}/control.sock`;
    await writeFile(file, JSON.stringify({ endpoint, pubsub_endpoint: `ipc://${directory}/events.sock` }));
    await using daemon = await Daemon.program([...main, 'run', file], { MODULES: inTurn('daemon') });
    await daemon.ready();
    await run(process.execPath, [...main, 'status', '--endpoint', endpoint], { env: { ...process.env, MODULES: inTurn('client') } });
    daemon.child.kill('SIGTERM');
    await daemon.ended;
    await run(process.execPath, ['--require', list, shipped.file('core/main.js'), '--version'], {
      env: { ...process.env, MODULES: inTurn('module') },
    });
    // From Node 24 on it is there from the start.
    await run(process.execPath, [list], { env: { ...process.env, MODULES: inTurn('empty') } });
    const has = async (name: string): Promise<boolean> =>
      (await readFile(inTurn(name), 'utf8')).includes('internal/modules/esm/translators');
    const always = await has('empty');
    expect(await Promise.all(['daemon', 'client', 'module'].map(has))).to.deep.equal([always, always, true]);
  });

  it('loads nothing of the daemon for a client', async () => {
    await using daemon = await Daemon.start({ config: ({ endpoint }) => `[circus]\nendpoint = ${endpoint}\n` });
    const files = await loaded([shipped.file('core/main.cjs'), 'status', '--endpoint', daemon.place.endpoint]);
    expect(files).to.include('core/client.merged.cjs');
    for (const name of ['daemon', 'library', 'commander']) expect(files).not.to.include(`core/${name}.merged.cjs`);
  });

  it('loads nothing of the library for an isolated plugin that does not import it', async () => {
    const plugin = resolve('test/fixtures/plugins/isolation/chaos.js');
    const files = await loaded([shipped.file('core/isolation/guest-entry.js'), plugin]);
    expect(files).to.include('core/guest.merged.cjs');
    expect(files).not.to.include('core/library.merged.cjs');
  });

  it('gives a plugin that imports ringmaster the same classes as the daemon has', async () => {
    await mkdir(join(directory, 'node_modules'));
    await symlink(shipped.directory, join(directory, 'node_modules/ringmaster'));
    await writeFile(join(directory, 'failing.mjs'), PLUGIN);
    const file = join(directory, 'ringmaster.json');
    const endpoint = `ipc://${directory}/control.sock`;
    await writeFile(
      file,
      JSON.stringify({ endpoint, pubsub_endpoint: `ipc://${directory}/events.sock`, plugins: { './failing.mjs': {} } }),
    );
    await using daemon = await Daemon.program([shipped.file('core/main.cjs'), 'run', file]);
    await daemon.ready();
    using client = new Client({ endpoint, timeout_ms: 20_000 });
    const error: unknown = await client.call('fail').catch((thrown: unknown) => thrown);
    // Only an error of the daemon's own class is answered with its fix.
    expect(error).to.have.nested.property('context.reply.code', 'RM_WATCHER_UNKNOWN');
  });

  it('hands on by the path of every merged module what the public face hands on', async () => {
    const import_ = (name: string): Promise<Readonly<Record<string, unknown>>> => import(pathToFileURL(shipped.file(name)).href);
    const [face, errors, supervisor] = await Promise.all(['core/index.js', 'core/errors.js', 'core/supervisor.js'].map(import_));
    expect(face?.RingmasterError).to.be.a('function').and.to.equal(errors?.RingmasterError);
    expect(face?.Supervisor).to.be.a('function').and.to.equal(supervisor?.Supervisor);
    expect((await import_('plugins/control/index.js')).default).to.include({ name: 'control' });
  });

  it('has no two files that import each other', async () => {
    const imports = new Map<string, readonly string[]>();
    for (const name of await merged()) {
      const text = await readFile(shipped.file(`core/${name}`), 'utf8');
      imports.set(
        name,
        [...text.matchAll(/^(?:let \w+ = )?require\("\.\/([^"]+\.merged)\.js"\);$/gm)].map(([, from = '']) => `${from}.cjs`),
      );
    }
    const below = (name: string, above: readonly string[]): void => {
      expect(above, 'files that import each other').not.to.include(name);
      for (const from of imports.get(name) ?? []) below(from, [...above, name]);
    };
    expect(imports.get('daemon.merged.cjs')).to.include('library.merged.cjs');
    for (const name of imports.keys()) below(name, []);
  });

  it('has the licence of each package that is merged', async () => {
    const texts = await Promise.all((await merged()).map((name) => readFile(shipped.file(`core/${name}.map`), 'utf8')));
    const packages = new Set(
      texts.flatMap((text) => [...text.matchAll(/node_modules\/((?:@[\w-]+\/)?[\w.-]+)\//g)].map(([, name]) => name)),
    );
    const licenses = await readFile(shipped.file('core/merged-licenses.txt'), 'utf8');
    expect([...packages]).to.include.members(['commander', 'pino', 'tapable', 'yaml']);
    for (const name of packages) expect(licenses).to.match(new RegExp(`^${name} \\d+\\.\\d+\\.\\d+`, 'm'));
  });

  it('tells of an error by the names of functions', async () => {
    const program = `import { Supervisor } from ${JSON.stringify(pathToFileURL(shipped.file('core/index.js')).href)};
      new Supervisor({}).options;`;
    const { stderr } = await run(process.execPath, ['--input-type=module', '-e', program]).catch((error: { stderr: string }) => error);
    expect(stderr).to.match(/at SupervisorLife\.fail \(.*library\.merged\.cjs:\d+:\d+\)/);
  });
});
