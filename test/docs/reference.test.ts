import { readdirSync, readFileSync } from 'node:fs';
import { cp, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Ajv } from 'ajv';
import { expect } from 'chai';
import { checkConfig } from '../../core/config/index.js';
import { ERRORS } from '../../core/errors.js';
import { HOOKS } from '../../core/hooks.js';
import { definePlugin } from '../../core/plugin.js';
import { createHarness } from '../../core/testing.js';
import { commandTable } from '../../plugins/control/commands/index.js';
import { pageText, ROOT } from './blocks.js';
import { outdated } from './generate.js';
import { editorSchema } from './reference/editor-schema.js';
import { exchanges } from './reference/exchanges.js';
import { packagedPlugins } from './reference/plugins.js';
import { PHASES } from './reference/states.js';

const REFERENCE = join(ROOT, 'docs/reference');

/** Errors that nothing raises. */
const NEVER_RAISED: readonly string[] = [];

/** The text of the files below `folders`, without what is generated from the tables or checks them whole. */
function textBelow(...folders: readonly string[]): string {
  return folders
    .flatMap((folder) => readdirSync(join(ROOT, folder), { recursive: true, withFileTypes: true }))
    .filter((entry) => entry.isFile() && entry.name.endsWith('.ts') && !entry.parentPath.includes('/test/docs/reference'))
    .filter((entry) => entry.name !== 'reference.test.ts' && entry.name !== 'errors.ts')
    .map((entry) => readFileSync(join(entry.parentPath, entry.name), 'utf8'))
    .join('\n');
}

describe('the reference', () => {
  it('is what the tables and schemas say; otherwise npm run docs was forgotten', async () => {
    expect(await outdated(REFERENCE)).to.deep.equal([]);
  });

  it('says nothing of where it was generated', async () => {
    const pages = await Promise.all((await readdir(REFERENCE)).map(async (name) => [name, await readFile(join(REFERENCE, name), 'utf8')]));
    expect(pages.filter(([, text]) => text?.includes(process.cwd())).map(([name]) => name)).to.deep.equal([]);
  });

  it('names the files that are not', async () => {
    const copy = await mkdtemp(join(tmpdir(), 'ringmaster-docs-'));
    try {
      await cp(REFERENCE, copy, { recursive: true });
      await writeFile(join(copy, 'events.md'), 'an event\n');
      await writeFile(join(copy, 'old.md'), 'of a table that is gone\n');
      await rm(join(copy, 'states.md'));
      expect(await outdated(copy)).to.have.members(['events.md', 'old.md', 'states.md']);
    } finally {
      await rm(copy, { recursive: true });
    }
  });

  it('has every error, and a test has it too', () => {
    const page = pageText('docs/reference/errors.md');
    const tests = textBelow('test');
    const codes = Object.keys(ERRORS);
    expect(codes.filter((code) => !page.includes(`\`${code}\``))).to.deep.equal([]);
    expect(codes.filter((code) => !tests.includes(code) && !NEVER_RAISED.includes(code))).to.deep.equal([]);
  });

  it('has no error that nothing raises, but for those that are known', () => {
    const sources = textBelow('core', 'plugins');
    expect(Object.keys(ERRORS).filter((code) => !sources.includes(`'${code}'`))).to.deep.equal(NEVER_RAISED);
  });

  it('has every hook, and a test has it too', () => {
    const page = pageText('docs/reference/hooks.md');
    const tests = textBelow('test');
    const names = Object.keys(HOOKS);
    expect(names.filter((name) => !page.includes(`| \`${name}\` |`))).to.deep.equal([]);
    expect(names.filter((name) => !new RegExp(`\\b${name}\\b`).test(tests))).to.deep.equal([]);
  });

  it('has an example of every command, whose request and reply are what its schemas say', async () => {
    const done = await exchanges();
    expect([...done.keys()]).to.have.members([...commandTable.keys()]);
    const ajv = new Ajv({ strict: false });
    const wrong = [...commandTable.values()].flatMap(({ name, request, reply }) => {
      const example = done.get(name);
      const { status, id, time, ...body } = example?.reply ?? { status: '' };
      const asked = ajv.validate({ ...request, additionalProperties: false }, example?.request.properties);
      const answered = status === 'error' || ajv.validate({ ...reply, additionalProperties: false }, body);
      return asked && answered && id === 1 && typeof time === 'number' ? [] : [`${name}: ${ajv.errorsText()}`];
    });
    expect(wrong).to.deep.equal([]);
  });

  it('gives each phase the status that the watcher shows in it', async () => {
    const seen = new Map<string, string>();
    const witness = definePlugin({
      name: 'witness',
      summary: 'Keeps the status of each phase.',
      schema: { type: 'object', properties: {} },
      hooks: ['state_changed'],
      setup({ hooks }) {
        hooks.state_changed.tap(({ watcher, to }) => void seen.set(to, watcher.status));
      },
    });
    const harness = createHarness({ config: { watchers: { web: { cmd: 'server' } } }, plugins: [witness] });
    await harness.start();
    await harness.stop();
    expect(Object.fromEntries(seen)).to.deep.equal(Object.fromEntries(Object.entries(PHASES).map(([phase, [status]]) => [phase, status])));
  });
});

describe('the schema for editors', () => {
  const watcher = (options: object) => ({ watchers: { web: { cmd: 'server', ...options } } });
  const CONFIGS: Readonly<Record<string, unknown>> = {
    'nothing at all': {},
    'a watcher': watcher({}),
    'a watcher without a command': { watchers: { web: {} } },
    'an option that there is none of': watcher({ numproceses: 2 }),
    'a number': watcher({ numprocesses: 2 }),
    'a number that is too small': watcher({ numprocesses: -1 }),
    'text for a number': watcher({ numprocesses: 'two' }),
    'a variable for a number': watcher({ numprocesses: '$(circus.env.COUNT)' }),
    'a variable for true or false': watcher({ respawn: '$(env.RESPAWN)' }),
    'text for true or false': watcher({ respawn: 'perhaps' }),
    'a duration in seconds': watcher({ graceful_timeout: 2.5 }),
    'a duration with a unit': watcher({ graceful_timeout: '250ms' }),
    'a duration of no such unit': watcher({ graceful_timeout: '3 weeks' }),
    'a size': watcher({ rlimit_as: '200M' }),
    'no limit': watcher({ rlimit_as: 'infinity' }),
    'a limit that is none': watcher({ rlimit_as: null }),
    'a size that is none': watcher({ rlimit_as: 'large' }),
    'a signal by name': watcher({ stop_signal: 'SIGQUIT' }),
    'a signal by number': watcher({ stop_signal: 15 }),
    'a real-time signal': watcher({ stop_signal: 'RTMIN+1' }),
    'an octal umask': { umask: '022' },
    'a umask that is not octal': { umask: '099' },
    'a level': { loglevel: 'debug' },
    'a level that there is none of': { loglevel: 'loud' },
    'arguments as a list': watcher({ args: ['a', 'b'] }),
    'a number among arguments': watcher({ args: [1] }),
    'a socket': { sockets: { web: { port: 0 } } },
    'a port that is too big': { sockets: { web: { port: 70_000 } } },
    'options of a plugin': { plugins: { control: { max_message_bytes: '2M' } } },
    'a plugin switched off': { plugins: { control: false } },
    'an option that the plugin has none of': { plugins: { control: { volume: 11 } } },
    'a plugin of a type that there is none of': { plugins: { control: 'yes' } },
  };

  for (const [title, config] of Object.entries(CONFIGS)) {
    it(`agrees with the daemon on ${title}`, async () => {
      const plugins = await packagedPlugins();
      const validate = new Ajv({ strict: false, allowUnionTypes: true }).compile(editorSchema(plugins));
      const resolvePlugin = async (name: string) => {
        const found = plugins.find((plugin) => plugin.name === name);
        if (found === undefined) throw new Error(`there is no plugin ${name}`);
        return found;
      };
      const checked = await checkConfig(config, { env: { COUNT: '3', RESPAWN: 'true' }, resolvePlugin });
      expect(validate(config), JSON.stringify(validate.errors)).to.equal(checked.config !== null);
    });
  }

  it('has the options of plugins for one watcher, where they have such', () => {
    const plugin = definePlugin({
      name: 'flapping',
      summary: 'For one watcher.',
      per_watcher: true,
      schema: {
        type: 'object',
        additionalProperties: false,
        required: ['mode'],
        properties: { attempts: { type: 'integer', default: 2 }, mode: { type: 'string' } },
      },
      setup() {},
    });
    const validate = new Ajv({ strict: false, allowUnionTypes: true }).compile(editorSchema([plugin]));
    expect(validate(watcher({ plugins: { flapping: { attempts: 3 } } }))).to.equal(true);
    expect(validate(watcher({ plugins: { flapping: false } }))).to.equal(true);
    expect(validate(watcher({ plugins: { flapping: { attemps: 3 } } }))).to.equal(false);
    expect(validate({ plugins: { flapping: { attempts: 3 } } }), 'mode is required of the whole').to.equal(false);
  });
});
