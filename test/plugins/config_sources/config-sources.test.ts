import { expect } from 'chai';
import { type AnyPlugin, type ConfigPart, type ConfigPartSource, definePlugin } from '../../../core/index.js';
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
  createHarness({ config: { ...config }, plugins: [configSources, ...sources.map((source) => plugin(`of_${source.name}`, source))] });
const names = ({ supervisor }: Harness): readonly string[] =>
  supervisor
    .watchers()
    .map(({ name }) => name)
    .sort();
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
