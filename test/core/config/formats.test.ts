import { execFile } from 'node:child_process';
import { utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect } from 'chai';
import { defineConfig, formatProblem, loadConfig } from '../../../core/config/index.js';
import { loadText, withFiles } from './helpers.js';

const YAML = `
umask: "022"
env: {LEVEL: $(env.LEVEL), DIR: "$HOME/x"}
watchers:
  web:
    # $(wid) is known at a spawn only
    cmd: run $(circus.env.level) $(wid)
    numprocesses: $(env.COUNT)
    graceful_timeout: 1.5m
    stop_signal: hup
    rlimit_fsize: 10KiB
    rlimit_core: infinity
    env:
sockets:
plugins: {./mine.js: {greeting: hello}}
`;
const JSON_TEXT = `{"umask": "022", "env": {"LEVEL": "$(env.LEVEL)", "DIR": "$HOME/x"},
  "watchers": {"web": {"cmd": "run $(circus.env.level) $(wid)",
    "numprocesses": "$(env.COUNT)", "graceful_timeout": "1.5m", "stop_signal": "hup",
    "rlimit_fsize": "10KiB", "rlimit_core": "infinity"}},
  "plugins": {"./mine.js": {"greeting": "hello"}}}`;
const TOML = `umask = "022"
[env]
LEVEL = "$(env.LEVEL)"
DIR = "$HOME/x"
[watchers.web]
cmd = """run \\
  $(circus.env.level) $(wid)"""
numprocesses = "$(env.COUNT)" # text, since it is a variable
graceful_timeout = "1.5m"
stop_signal = "hup"
rlimit_fsize = "10KiB"
rlimit_core = "infinity"
[plugins."./mine.js"]
greeting = "hello"
`;
const MODULE = `export default async () => (${JSON_TEXT})`;

const env = { LEVEL: 'debug', COUNT: '3', HOME: '/home/me' };

describe('config formats', () => {
  const formats: [string, string, number | null][] = [
    ['c.yaml', YAML, 8],
    ['c.json', JSON_TEXT, 3],
    ['c.toml', TOML, 8],
    ['c.mjs', MODULE, null],
    ['c.cjs', `module.exports = ${JSON_TEXT}`, null],
  ];
  for (const [name, text, line] of formats) {
    it(`reads the same config from ${name}`, async () => {
      const loaded = await loadText(name, text, { env });
      expect(loaded.problems.map(formatProblem)).to.deep.equal([]);
      expect(loaded.config).to.deep.include({
        umask: 0o22,
        endpoint: null,
        env: { LEVEL: 'debug', DIR: '/home/me/x' },
        sockets: {},
        plugins: { './mine.js': { greeting: 'hello' } },
      });
      expect(loaded.config?.watchers.web).to.deep.include({
        cmd: 'run debug $(wid)',
        numprocesses: 3,
        graceful_timeout: 90,
        stop_signal: 1,
        rlimit_fsize: 10240,
        rlimit_core: null,
        env: { LEVEL: 'debug', DIR: '/home/me/x' },
      });
      expect(loaded.origin('watchers.web.numprocesses')?.line ?? null).to.equal(line);
    });
  }

  it('finds in JSON a key that comes twice, and takes no text for a key', async () => {
    const text = '{"watchers": {"we\\"b": {"cmd": "run \\"x\\":", "env": {"A": "\\"B\\": \\\\"},\n"priority": 1}}}';
    const plain = await loadText('c.json', text);
    expect(plain.problems).to.deep.equal([]);
    expect(plain.config?.watchers['we"b']).to.deep.include({ cmd: 'run "x":', env: { A: '"B": \\' }, priority: 1 });
    expect(plain.origin('watchers["we\\"b"].priority')).to.include({ line: 2, column: 1 });
    const twice = await loadText('c.json', text.replace('"priority"', '"cmd": "y", "priority"'));
    expect(twice.problems.map(({ path, line, message }) => [path, line, message])).to.deep.equal([
      ['watchers["we\\"b"].cmd', 2, 'is given twice'],
    ]);
  });

  it('merges YAML keys and follows aliases', async () => {
    const text = 'watchers:\n  a: &base {cmd: a, priority: 5}\n  b:\n    <<: *base\n    cmd: b\n  c: *base\n';
    const { config, problems } = await loadText('c.yaml', text);
    expect(problems).to.deep.equal([]);
    expect(['a', 'b', 'c'].map((name) => [config?.watchers[name]?.cmd, config?.watchers[name]?.priority])).to.deep.equal([
      ['a', 5],
      ['b', 5],
      ['a', 5],
    ]);
  });

  it('finds keys of TOML in lists of tables, quoted, dotted and after texts of several lines', async () => {
    const text = [
      'env."A" = """',
      '[watchers.fake]',
      '"""',
      'plugins = {x = [',
      '  1, 2',
      ']}',
      '[watchers."my web"]',
      "'cmd' = '''x'''",
      'env.B = "1"',
      'args = [ "a", # ]',
      '  "b" ]',
      'priority = 1',
    ].join('\n');
    const { origin, problems } = await loadText('c.toml', text);
    expect(problems.map(({ path }) => path)).to.deep.equal(['plugins.x']);
    expect(
      ['env.A', 'watchers["my web"].cmd', 'watchers["my web"].env.B', 'watchers["my web"].priority'].map((path) => origin(path)?.line),
    ).to.deep.equal([1, 8, 9, 12]);
  });

  it('reads an edited module again', async () => {
    await withFiles({ 'c.mjs': 'export default { watchers: { a: { cmd: "one" } } }' }, async (folder) => {
      const file = join(folder, 'c.mjs');
      const first = await loadConfig(file);
      await writeFile(file, 'export default { watchers: { a: { cmd: "two" } } }');
      await utimes(file, 1, 1);
      const second = await loadConfig(file);
      expect([first.config?.watchers.a?.cmd, second.config?.watchers.a?.cmd]).to.deep.equal(['one', 'two']);
    });
  });

  it('warns of a file that is not in UTF-8, in which line, an included one too', async () => {
    const files = { 'c.ini': '[circus]\ninclude = part.ini\n', 'part.ini': '', 'c.yaml': '' };
    await withFiles(files, async (folder) => {
      await writeFile(join(folder, 'part.ini'), Buffer.from('# first\n[watcher:web]\ncmd = caf\xe9\n', 'latin1'));
      await writeFile(join(folder, 'c.yaml'), Buffer.from('watchers:\n  web: {cmd: caf\xe9}\n', 'latin1'));
      for (const [name, place] of [
        ['c.ini', 'part.ini:3:10'],
        ['c.yaml', 'c.yaml:2:17'],
      ] as const) {
        const { problems } = await loadConfig(join(folder, name));
        const file = join(folder, place.replace(/:.*/, ''));
        expect(problems.map(formatProblem)).to.deep.equal([
          `${join(folder, place)}: warning: has a character that is not in UTF-8; iconv -f LATIN1 -t UTF-8 ${file}`,
        ]);
      }
    });
  });

  it('waits for what comes through a pipe', async () => {
    await withFiles({}, async (folder) => {
      const file = join(folder, 'c.json');
      await promisify(execFile)('mkfifo', [file]);
      const [loaded] = await Promise.all([loadConfig(file), writeFile(file, '{"watchers": {"a": {"cmd": "piped"}}}')]);
      expect(loaded.config?.watchers.a?.cmd).to.equal('piped');
    });
  });

  it('loads TypeScript where Node does, and says which Node does where it does not', async () => {
    const loaded = await loadText('c.ts', 'const cmd: string = "typed"; export default { watchers: { a: { cmd } } };');
    if (Reflect.get(process.features, 'typescript')) expect(loaded.config?.watchers.a?.cmd).to.equal('typed');
    else {
      expect(loaded.problems[0]?.message).to.equal(`cannot be loaded: Node ${process.versions.node} does not load TypeScript`);
      expect(loaded.problems[0]?.allowed).to.equal('Node 22.18 or later for a config in TypeScript');
    }
  });

  it('gives back what defineConfig is given, functions too', () => {
    const config = defineConfig({ watchers: { web: { cmd: 'run', graceful_timeout: '5m', stop_signal: 'TERM' } } });
    expect(config.watchers.web.graceful_timeout).to.equal('5m');
    const make = (): object => ({});
    expect(defineConfig(make)).to.equal(make);
  });
});
