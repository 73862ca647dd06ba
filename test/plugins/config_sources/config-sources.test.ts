import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { type AnyPlugin, type ConfigPart, type ConfigPartSource, definePlugin, type ExtensionTypes } from '../../../core/index.js';
import { createHarness, type Harness, noLeaks, rejects } from '../../../core/testing.js';
import configSources from '../../../plugins/config_sources/index.js';

/** A source whose part can be exchanged. */
class Source implements ConfigPartSource {
  readonly summary = 'A catalogue.';
  readonly name: string;
  part: unknown;
  watched = 0;
  changed = (): void => {};

  constructor(name: string, part: unknown) {
    this.name = name;
    this.part = part;
  }

  read(): ConfigPart {
    if (this.part instanceof Error) throw this.part;
    return this.part as ConfigPart;
  }

  watch(changed: () => void): Disposable {
    this.watched++;
    this.changed = changed;
    return { [Symbol.dispose]: () => void this.watched-- };
  }
}

const plugin = (name: string, source: ConfigPartSource): AnyPlugin =>
  definePlugin({
    name,
    summary: 'Has a source.',
    schema: { type: 'object', properties: {} },
    requires: ['config_sources'],
    setup: ({ extend }) => void extend('config_source', source),
  });

const watchers = (...names: readonly string[]) => ({ watchers: Object.fromEntries(names.map((name) => [name, { cmd: 'run' }])) });
const harness = (config: object, ...sources: readonly Source[]): Harness =>
  createHarness({ config: { ...config }, plugins: [configSources, asks, ...sources.map((source) => plugin(`of_${source.name}`, source))] });
const names = ({ supervisor }: Harness): readonly string[] =>
  supervisor
    .watchers()
    .map(({ name }) => name)
    .sort();
const planOf = async ({ supervisor }: Harness, config: object) => supervisor.plan(await supervisor.readConfig({ config }));
/** What `config_sources` tells, by name. */
const told = async ({ supervisor }: Harness): Promise<readonly string[]> => {
  const reply: object = (await asking.command?.run({} as never, { supervisor } as never)) ?? {};
  return 'watchers' in reply ? Object.keys(reply.watchers as object) : [];
};
const asking: { command?: ExtensionTypes['command'] | undefined } = {};
const asks = definePlugin({
  name: 'asks',
  summary: 'Knows the command of config_sources.',
  schema: { type: 'object', properties: {} },
  requires: ['config_sources'],
  setup({ extensions }) {
    asking.command = extensions('command').find('config_sources')?.value;
  },
});
const errors = ({ lines }: Harness): readonly string[] => lines.filter(({ level }) => level === 'error').map(({ message }) => message);

describe('config sources', () => {
  noLeaks();

  it('have their watchers started with those of the config, under its environment and their own', async () => {
    const source = new Source('consul', { ...watchers('api'), env: { B: '2' } });
    await using made = harness({ ...watchers('web'), env: { A: '1', B: '1' } }, source);
    await made.start();
    expect(names(made)).to.deep.equal(['api', 'web']);
    expect(made.supervisor.find('api')?.spec.env).to.include({ A: '1', B: '2' });
    expect(made.supervisor.find('web')?.spec.env).to.include({ B: '1' });
    expect(made.supervisor.drift()).to.deep.equal([]);
  });

  it('are taken over again when they change, and only what has changed is touched', async () => {
    const source = new Source('consul', watchers('api', 'old'));
    await using made = harness(watchers('web'), source);
    await made.start();
    const pids = (name: string) =>
      made.supervisor
        .find(name)
        ?.processes()
        .map(({ pid }) => pid);
    const before = pids('api');
    source.part = watchers('api', 'new');
    source.changed();
    source.changed();
    await made.clock.advanceAsync(5000);
    expect(names(made)).to.deep.equal(['api', 'new', 'web']);
    expect(pids('api')).to.deep.equal(before);
    expect(errors(made)).to.deep.equal([]);
  });

  const WRONG: readonly (readonly [string, unknown, string])[] = [
    ['has a watcher of the config', watchers('WEB'), 'watchers.WEB is of source consul of plugin "of_consul", and of the config too'],
    [
      'has a watcher of another source',
      watchers('api'),
      'watchers.api is of source consul of plugin "of_consul", and of source etcd of plugin "of_etcd" too',
    ],
    [
      'has a wrong option',
      { watchers: { x: { cmd: 'run', numproceses: 2 } } },
      'source consul of plugin "of_consul": error: watchers.x.numproceses is not a known key',
    ],
    ['gives what it may not', { plugins: {} }, 'source consul of plugin "of_consul" gave plugins, allowed are watchers, sockets and env'],
    ['gives nothing', undefined, 'source consul of plugin "of_consul" gave undefined, allowed is {watchers, sockets, env}'],
    ['throws', new Error('no answer'), 'no answer'],
  ];
  for (const [title, part, message] of WRONG) {
    it(`that ${title} leaves everything as it was, and says so`, async () => {
      const source = new Source('consul', {});
      await using made = harness(watchers('web'), new Source('etcd', watchers('api')), source);
      await made.start();
      source.part = part;
      source.changed();
      await made.clock.advanceAsync(5000);
      expect(names(made)).to.deep.equal(['api', 'web']);
      expect(errors(made).join()).to.include('everything runs as before').and.include(message);
    });
  }

  it('are compared by a plan, which says whose each watcher is, and changes nothing', async () => {
    const source = new Source('consul', watchers('api', 'old'));
    await using made = harness(watchers('web'), source);
    await made.start();
    source.part = { watchers: { api: { cmd: 'run', numprocesses: 2 }, new: { cmd: 'run' } } };
    const { steps } = await made.until(planOf(made, watchers('web')));
    expect(steps.map((step) => ('watcher' in step ? `${step.do} ${step.watcher} of ${step.brought_by}` : step.do))).to.deep.equal([
      'remove old of of_consul',
      'scale api of of_consul',
      'add new of of_consul',
    ]);
    expect(await told(made)).to.deep.equal(['api', 'old']);
    source.changed();
    await made.clock.advanceAsync(5000);
    expect(await told(made)).to.deep.equal(['api', 'new']);
    await made.until(made.supervisor.find('api')?.incr() ?? Promise.reject(new Error('no api')));
    expect(made.supervisor.drift()).to.deep.include({
      watcher: 'api',
      change: 'changed',
      changes: [{ option: 'numprocesses', from: 2, to: 3 }],
    });
  });

  it('of a plugin that the config asks for no more go in the same steps', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'sources-'));
    const file = join(folder, 'catalogue.mjs');
    const setup =
      "setup: ({ extend }) => void extend('config_source', { name: 'it', summary: 'It.', read: () => ({ watchers: { api: { cmd: 'run' } } }) })";
    const rest = "name: 'catalogue', summary: 'C.', requires: ['config_sources'], schema: { type: 'object', properties: {} }";
    await writeFile(file, `export default { ${rest}, ${setup} };`);
    await using made = createHarness({ config: { ...watchers('web'), plugins: { [file]: {} } }, plugins: [configSources] });
    await made.start();
    expect(names(made)).to.deep.equal(['api', 'web']);
    const applied = async () => made.supervisor.apply(await made.supervisor.readConfig({ config: watchers('web') }));
    const { steps } = await made.until(applied());
    expect(steps.map((step) => step.do)).to.deep.equal(['remove', 'plugin_unload']);
    // The source that went has the config taken over again.
    for (let round = 0; round < 20; round++) expect((await made.until(applied())).steps).to.deep.equal([]);
    expect(names(made)).to.deep.equal(['web']);
    await rm(folder, { recursive: true });
  });

  it('of a plugin that was detached stay as they were given last, until it is removed', async () => {
    const source = new Source('consul', watchers('api'));
    let giveUp = (): void => {};
    const failing = definePlugin({
      name: 'failing',
      summary: 'Has a source, and gives up.',
      schema: { type: 'object', properties: {} },
      requires: ['config_sources'],
      setup({ extend, detach }) {
        extend('config_source', source);
        giveUp = () => detach('nobody answers');
      },
    });
    await using made = createHarness({ config: watchers('web'), plugins: [configSources, failing] });
    await made.start();
    giveUp();
    await made.clock.advanceAsync(5000);
    expect(names(made)).to.deep.equal(['api', 'web']);
    expect(made.supervisor.plugins().find(({ name }) => name === 'failing')?.state).to.equal('detached');
    source.part = watchers('api', 'more');
    await made.until(made.supervisor.reconfigurePlugin('failing', {}));
    await made.clock.advanceAsync(5000);
    expect(names(made)).to.deep.equal(['api', 'more', 'web']);
    await made.until(made.supervisor.removePlugin('failing'));
    await made.clock.advanceAsync(5000);
    expect(names(made)).to.deep.equal(['web']);
  });

  it('fail the start where they are wrong then', async () => {
    const made = harness({}, new Source('consul', { watchers: { x: {} } }));
    const error = await rejects(made.start(), 'RM_PLUGIN_FAILED');
    expect(String(error.cause ?? error)).to.include('source consul of plugin "of_consul"');
  });

  it('are forgotten with their plugin, and no longer listened to', async () => {
    const source = new Source('consul', watchers('api'));
    await using made = harness({ ...watchers('web'), plugins: { of_consul: {} } }, source);
    await made.start();
    expect(source.watched).to.equal(1);
    await made.stop();
    expect(source.watched).to.equal(0);
    source.changed();
    expect(errors(made)).to.deep.equal([]);
  });
});
