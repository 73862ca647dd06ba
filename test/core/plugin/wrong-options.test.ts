import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { checkConfig, loadConfig, messageOf, Supervisor } from '../../../core/index.js';
import { resolvePlugin } from '../../../core/plugin-resolve.js';

const PLUGIN = `export default { name: 'mine', summary: 'Mine.', setup() {}, schema: { type: 'object', additionalProperties: false, properties: {
  times: { type: 'integer', minimum: 1, default: 1, description: 'How often.' },
  mode: { enum: ['fast', 'slow'], default: 'fast', description: 'How.' } } } };`;
/** The same three mistakes in each format, with the lines that they are on. */
const FILES = {
  'c.yaml': ['plugins:\n  ./mine.mjs:\n    tmes: 2\n    times: none\n    loud: 1\n', [3, 4, 5]],
  'c.json': ['{"plugins": {"./mine.mjs": {\n"tmes": 2,\n"times": "none",\n"loud": 1}}}', [2, 3, 4]],
  'c.toml': ['[plugins."./mine.mjs"]\ntmes = 2\ntimes = "none"\nloud = 1\n', [2, 3, 4]],
  'c.ini': ['[plugin:mine]\nuse = ./mine.mjs\ntmes = 2\ntimes = none\nloud = 1\n', [3, 4, 5]],
  'c.mjs': ["export default { plugins: { './mine.mjs': { tmes: 2, times: 'none', loud: 1 } } };", [null, null, null]],
} as const;
const SAYS = [
  '.tmes is not a known key; did you mean times?',
  '.times must be an integer, at least 1, got "none"',
  '.loud is not a known key',
];

describe('wrong options of a plugin', () => {
  let folder: string;
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'ringmaster-wrong-'));
    await writeFile(join(folder, 'mine.mjs'), PLUGIN);
  });
  after(() => rm(folder, { recursive: true }));

  /** Each mistake is named once, with the plugin, the key and what is allowed. */
  function expectAll(text: string): void {
    for (const part of SAYS) expect(text).to.include(part);
    expect(text).to.match(/mine(\.mjs"\])?\.loud is not a known key; known are .*times, mode/);
  }

  for (const [name, [text, lines]] of Object.entries(FILES)) {
    it(`in ${name} are named with plugin, key, line, what was found and what is allowed`, async () => {
      await writeFile(join(folder, name), text);
      const { config, problems } = await loadConfig(join(folder, name), { resolvePlugin });
      expect(config).to.equal(null);
      expectAll(
        problems
          .map(
            ({ path, message, did_you_mean, fix }) =>
              `${path} ${message}${did_you_mean ? `; did you mean ${did_you_mean}?` : ''}${fix ? `; ${fix}` : ''}`,
          )
          .join('\n'),
      );
      expect(problems.map(({ line }) => line).sort()).to.deep.equal([...lines]);
    });
  }

  it('in a value of whoever embeds it are named', async () => {
    const config = { plugins: { [join(folder, 'mine.mjs')]: { tmes: 2, times: 'none', loud: 1 } } };
    const failure = await new Supervisor(config).start().then(() => 'started', messageOf);
    expectAll(failure);
  });

  it('that are options of the daemon are told to stand at the top', async () => {
    const { problems } = await checkConfig({ plugins: { control: { endpoint: 'tcp://127.0.0.1:5555' } } }, { resolvePlugin });
    expect(problems.map(({ path, message, fix }) => [path, message, fix])).to.deep.equal([
      ['plugins.control.endpoint', 'is not a known key', 'it is an option of the daemon: put endpoint at the top of the config'],
    ]);
  });

  it('that say where it runs are named where they stand, with what was meant', async () => {
    const { problems } = await checkConfig({ plugins: { flapping: { isolation: 'wroker' } } }, { resolvePlugin });
    expect(problems.map(({ path, message, did_you_mean }) => [path, message, did_you_mean])).to.deep.equal([
      ['plugins.flapping.isolation', 'must be one of none, worker, process, or an object with `tier`, got "wroker"', 'worker'],
    ]);
  });

  it('of plugin add are named', async () => {
    await using supervisor = new Supervisor({});
    await supervisor.start();
    const failure = await supervisor
      .addPlugin(join(folder, 'mine.mjs'), { tmes: '2', times: 'none', loud: '1' })
      .then(() => 'added', messageOf);
    expect(failure).to.include('plugins.mine.');
    expectAll(failure);
  });
});
