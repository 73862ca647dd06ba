import { readFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { expect } from 'chai';
import { loadConfig } from '../../../core/index.js';
import { resolvePlugin } from '../../../core/plugin-resolve.js';
import { eventually } from '../../../core/testing.js';
import { Daemon, iniHead, type Place } from '../../fixtures/daemon.js';

/** Where a package stands in for circus. */
const PYTHONPATH = resolve('test/fixtures/circus-plugins');
const PYTHON = '/usr/bin/python3';

interface Line {
  readonly pid?: number;
  /** Seconds since the epoch. */
  readonly at?: number;
  readonly topic?: string;
  readonly pid_of?: number;
  readonly config?: Readonly<Record<string, string>>;
  readonly watchers?: readonly string[];
}

const journal = ({ directory }: Place): string => join(directory, 'journal');

function linesOf(place: Place): readonly Line[] {
  try {
    return readFileSync(journal(place), 'utf8')
      .split('\n')
      .filter((line) => line !== '')
      .map((line): Line => JSON.parse(line));
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return [];
    throw error;
  }
}

const pidsOf = (place: Place): readonly number[] => linesOf(place).flatMap(({ pid }) => (pid === undefined ? [] : [pid]));

const section = (place: Place, use = 'mine.Journal', more = ''): string =>
  `[plugin:mine]\nuse = ${use}\npython = ${PYTHON}\nfile = ${journal(place)}\n${more}`;

const web = ({ marker }: Place): string => `[watcher:web]\ncmd = sleep ${marker}\n`;

describe('circus_plugins', () => {
  let before: string | undefined;
  beforeEach(() => {
    before = process.env.PYTHONPATH;
    process.env.PYTHONPATH = PYTHONPATH;
  });
  afterEach(() => {
    if (before === undefined) delete process.env.PYTHONPATH;
    else process.env.PYTHONPATH = before;
  });

  const begin = (config: (place: Place) => string): Promise<Daemon> =>
    Daemon.start({ config: (place) => `${iniHead(place)}${web(place)}${config(place)}` });

  it('runs a class that an ini names as the watcher plugin:NAME, which asks the daemon and hears its events', async () => {
    await using daemon = await begin((place) => section(place, 'mine.Journal', 'loop_rate = 1\nstop_signal = INT\n'));
    await eventually(() => linesOf(daemon.place).length > 0);
    const [first] = linesOf(daemon.place);
    expect(first?.watchers).to.deep.equal(['plugin:mine', 'web']);
    expect(first?.config).to.deep.equal({
      name: 'plugin:mine',
      file: journal(daemon.place),
      loop_rate: '1',
      stop_signal: 'INT',
    });
    const client = daemon.client();
    expect(await client.call('numwatchers')).to.include({ numwatchers: 2 });
    expect(await client.call('get', { name: 'plugin:mine', keys: ['stop_signal', 'singleton', 'priority'] })).to.deep.include({
      options: { stop_signal: 2, singleton: true, priority: 1 },
    });
    await eventually(async () => {
      await client.call('restart', { name: 'web', waiting: true });
      return linesOf(daemon.place).some(({ topic }) => topic === 'watcher.web.spawn');
    });
    await daemon.printed('"watcher":"plugin:mine","msg":"it runs"');
  });

  it('stops and starts it by its name, and replaces it when it dies', async () => {
    await using daemon = await begin((place) => section(place));
    await eventually(() => pidsOf(daemon.place).length === 1);
    process.kill(pidsOf(daemon.place)[0] ?? 0, 'SIGKILL');
    await eventually(() => pidsOf(daemon.place).length === 2);
    const client = daemon.client();
    await client.call('stop', { name: 'plugin:mine', waiting: true });
    expect(await client.call('status', { name: 'plugin:mine' })).to.include({ status: 'stopped' });
    await client.call('start', { name: 'plugin:mine', waiting: true });
    await eventually(() => pidsOf(daemon.place).length === 3);
  });

  it('restarts by reloadconfig the one whose options were changed, and nothing else; brings a new one, and ends one that is gone', async () => {
    await using daemon = await begin((place) => section(place));
    const { place } = daemon;
    const client = daemon.client();
    const reload = async (text: string): Promise<void> => {
      await writeFile(join(place.directory, 'circus.ini'), `${iniHead(place)}${web(place)}${text}`);
      await client.call('reloadconfig', { waiting: true });
    };
    await eventually(() => pidsOf(place).length === 1);
    const workers = daemon.workers;
    const second = section(place).replace('plugin:mine', 'plugin:second');

    await reload(`${section(place)}${second}`);
    await eventually(() => pidsOf(place).length === 2);
    await reload(`${section(place, 'mine.Journal', 'port = 1\n')}${second}`);
    await eventually(() => pidsOf(place).length === 3);
    expect(linesOf(place).findLast(({ pid }) => pid !== undefined)?.config).to.include({ port: '1' });
    const [, pid] = pidsOf(place);
    expect(await client.call('list', { name: 'plugin:second' })).to.deep.include({ pids: [pid] });
    await reload('');
    expect(await client.call('list')).to.deep.include({ watchers: ['web'] });
    expect(daemon.workers).to.deep.equal(workers);
    await reload(section(place));
    await eventually(() => pidsOf(place).length === 4);
  });

  const hopeless: [what: string, section: (place: Place) => string, message: string][] = [
    ['there is no such class', (place) => section(place, 'mine.Nobody'), `${PYTHON} can't import mine.Nobody`],
    ['there is no such module', (place) => section(place, 'nobody.Mine'), `${PYTHON} can't import nobody.Mine`],
    ['it is no class', (place) => section(place, 'mine.nothing'), `${PYTHON} can't import mine.nothing`],
    ['there is no such interpreter', (place) => section(place).replace(PYTHON, '/no/python'), 'there is no /no/python: install Python'],
  ];
  for (const [what, text, message] of hopeless) {
    it(`gives up at once, and says what to do, where ${what}`, async () => {
      await using daemon = await begin(text);
      await daemon.printed('"msg":"plugin:mine stopped"');
      expect(daemon.stdout).to.include(`plugin:mine stops: ${message}`);
      expect(daemon.stdout.match(/"msg":"plugin:mine stops/g)).to.have.length(1);
      expect(await daemon.client().call('status')).to.deep.include({ statuses: { 'plugin:mine': 'stopped', web: 'active' } });
    });
  }

  it('gives up at once where circus is not installed', async () => {
    process.env.PYTHONPATH = '/no/such/directory';
    await using daemon = await begin((place) => section(place));
    await daemon.printed('"msg":"plugin:mine stopped"');
    expect(daemon.stdout).to.include(`plugin:mine stops: ${PYTHON} can't import circus: run \`${PYTHON} -m pip install circus\``);
  });

  it('waits longer and longer where a class fails when it is made', async () => {
    await using daemon = await begin((place) => section(place, 'mine.Broken'));
    await eventually(() => linesOf(daemon.place).length >= 8);
    const times = linesOf(daemon.place).map(({ at = 0 }) => at);
    // Three at once, then after 100, 200, 400 and 800 ms, besides what Python takes.
    expect((times[7] ?? 0) - (times[0] ?? 0)).to.be.above(1.5);
    await eventually(async () => (await daemon.client().call('status', { name: 'plugin:mine' })).status === 'active');
  });

  it('looks for check whether each class can be imported', async () => {
    const file = join(PYTHONPATH, 'check.yaml');
    const { problems } = await loadConfig(file, { resolvePlugin: (name) => resolvePlugin(name, '.'), examine: true });
    expect(problems.map(({ path, message }) => `${path} ${message}`)).to.deep.equal([
      `plugins.circus_plugins.plugins.bad.use will not run: ${PYTHON} can't import mine.Nobody`,
      `plugins.circus_plugins.plugins.none.use will not run: ${PYTHON} can't import mine.nothing`,
    ]);
  });
});
