import { expect } from 'chai';
import { formatProblem, loadConfig, type Problem } from '../../../core/config/index.js';
import { errorsOf, flapping, loadText } from './helpers.js';

interface Case {
  readonly title: string;
  readonly file?: string;
  readonly text: string;
  readonly expected: Partial<Problem>;
}

const web = (line: string): string => `watchers:\n  web:\n    cmd: run\n    ${line}\n`;
const json = (line: string): string => `{"watchers": {"web": {"cmd": "run",\n${line}}}}`;

/** Each text has one mistake, and one error tells it. */
const cases: readonly Case[] = [
  {
    title: 'a wrong type',
    text: web('numprocesses: abc'),
    expected: { line: 4, column: 5, path: 'watchers.web.numprocesses', found: '"abc"', allowed: 'an integer, at least 0, at most 100000' },
  },
  {
    title: 'a number out of range',
    text: web('numprocesses: -1'),
    expected: { path: 'watchers.web.numprocesses', found: '-1', allowed: 'an integer, at least 0, at most 100000' },
  },
  {
    title: 'a missing command',
    text: 'watchers:\n  web: {numprocesses: 1}\n',
    expected: { line: 2, column: 3, path: 'watchers.web.cmd', message: 'is missing; it must be text, not empty' },
  },
  {
    title: 'an empty command',
    text: 'watchers:\n  web: {cmd: ""}\n',
    expected: { path: 'watchers.web.cmd', found: '""', allowed: 'text, not empty' },
  },
  {
    title: 'a command of white space',
    text: 'watchers:\n  web: {cmd: " "}\n',
    expected: { path: 'watchers.web.cmd', found: '" "', allowed: 'a command' },
  },
  {
    title: 'an unknown key',
    text: web('numproceses: 2'),
    expected: { line: 4, path: 'watchers.web.numproceses', found: 'numproceses', did_you_mean: 'numprocesses' },
  },
  {
    title: 'the word of another supervisor',
    text: web('autorestart: true'),
    expected: { path: 'watchers.web.autorestart', did_you_mean: 'respawn' },
  },
  { title: 'the word of another supervisor at the top', text: 'apps: {}\n', expected: { path: 'apps', did_you_mean: 'watchers' } },
  {
    title: 'something else than an object',
    text: 'plugins: [flapping]\n',
    expected: { path: 'plugins', found: '["flapping"]', fix: 'it looks like {"flapping":{"attempts":3}}' },
  },
  { title: 'an unknown key at the top', text: 'watcher: {}\n', expected: { line: 1, path: 'watcher', did_you_mean: 'watchers' } },
  {
    title: 'a value that is none of those there are',
    text: 'loglevel: wraning\n',
    expected: { path: 'loglevel', found: '"wraning"', did_you_mean: 'warning' },
  },
  {
    title: 'an unknown hook',
    text: web('hooks: {befor_start: ./a.mjs#f}'),
    expected: { line: 4, path: 'watchers.web.hooks.befor_start', did_you_mean: 'before_start' },
  },
  {
    title: 'a hook in Python',
    text: web('hooks: {before_start: tests.f}'),
    expected: {
      path: 'watchers.web.hooks.before_start',
      found: '"tests.f"',
      allowed: 'a function of a JavaScript module: ./checks.mjs#name',
    },
  },
  {
    title: 'a stream class in Python',
    text: web('stdout_stream: {class: my.Stream}'),
    expected: { path: 'watchers.web.stdout_stream.class', found: '"my.Stream"' },
  },
  {
    title: 'an unknown stream class',
    text: web('stdout_stream: {class: FilStream}'),
    expected: { path: 'watchers.web.stdout_stream.class', found: '"FilStream"', did_you_mean: 'FileStream' },
  },
  {
    title: 'a duration that cannot be read',
    text: web('graceful_timeout: soon'),
    expected: {
      path: 'watchers.web.graceful_timeout',
      found: '"soon"',
      allowed: 'a number of seconds or text such as "250ms", "30s", "5m", "1.5h", at least 0',
    },
  },
  {
    title: 'a negative duration with a unit',
    text: web('graceful_timeout: -5m'),
    expected: { path: 'watchers.web.graceful_timeout', found: '-300' },
  },
  {
    title: 'a size that cannot be read',
    text: web('rlimit_as: big'),
    expected: { path: 'watchers.web.rlimit_as', found: '"big"', allowed: 'a number or text such as "10KiB", "200M", "1G" or null' },
  },
  {
    title: 'an unknown limit',
    text: web('rlimit_nofiles: 5'),
    expected: { path: 'watchers.web.rlimit_nofiles', did_you_mean: 'rlimit_nofile' },
  },
  {
    title: 'an unknown signal',
    text: web('stop_signal: SIGNO'),
    expected: {
      path: 'watchers.web.stop_signal',
      found: '"SIGNO"',
      allowed: 'a signal number or name such as "TERM", "SIGHUP", "RTMIN+1", at least 1',
    },
  },
  {
    title: 'a umask that is not octal',
    text: 'umask: "9"\n',
    expected: { path: 'umask', found: '"9"', allowed: 'octal text such as "022" or null, at least 0, at most 0777' },
  },
  {
    title: 'a number that begins with 0',
    text: 'umask: 022\n',
    expected: { line: 1, path: 'umask', found: '022', fix: 'write it as text, "022"' },
  },
  {
    title: 'a number where text is wanted',
    text: 'env: {PORT: 80}\n',
    expected: { path: 'env.PORT', found: '80', allowed: 'text', fix: 'put it in quotes: "80"' },
  },
  {
    title: 'a union, told once',
    text: web('args: 5'),
    expected: { path: 'watchers.web.args', found: '5', allowed: 'a list, each text or text or null' },
  },
  { title: 'a wrong item of a list', text: web('args: [a, 5]'), expected: { path: 'watchers.web.args', found: '["a",5]' } },
  {
    title: 'a watcher that is no object',
    text: 'watchers:\n  web: run\n',
    expected: { line: 2, path: 'watchers.web', found: '"run"', allowed: 'an object' },
  },
  { title: 'a config that is no object', text: '- a\n', expected: { path: '', found: '["a"]', allowed: 'an object with watchers' } },
  {
    title: 'a singleton with two processes',
    text: web('singleton: true\n    numprocesses: 2'),
    expected: { line: 5, path: 'watchers.web.numprocesses', found: '2', allowed: '0 or 1 for a singleton' },
  },
  {
    title: 'an open quote in the command',
    text: 'watchers:\n  web:\n    cmd: run "a\n',
    expected: { line: 3, path: 'watchers.web.cmd', found: '"run \\"a"', allowed: 'words as for a shell, every quote closed' },
  },
  { title: 'an open quote in args', text: web("args: it's"), expected: { path: 'watchers.web.args', found: '"it\'s"' } },
  {
    title: 'names that differ in case only',
    text: 'watchers:\n  web: {cmd: a}\n  WEB: {cmd: a}\n',
    expected: { line: 3, path: 'watchers.WEB', found: 'WEB', allowed: 'a name of its own' },
  },
  { title: 'a name of white space', text: 'watchers:\n  " ": {cmd: a}\n', expected: { line: 2, path: 'watchers[" "]', found: '" "' } },
  {
    title: 'a socket that there is none of',
    text: `${web('args: $(sockets.wbe)')}sockets:\n  web: {}\n`,
    expected: { line: 4, path: 'watchers.web.args', found: '$(circus.sockets.wbe)', allowed: 'one of web', did_you_mean: 'web' },
  },
  {
    title: 'a stdin_socket that there is none of',
    text: web('stdin_socket: s'),
    expected: { path: 'watchers.web.stdin_socket', found: '"s"', allowed: 'the name of a socket, and there are none' },
  },
  {
    title: 'a key given twice in YAML',
    text: web('cmd: again'),
    expected: { line: 4, column: 5, path: '', message: 'is not YAML: map keys must be unique' },
  },
  { title: 'YAML that ends too early', text: 'watchers: {\n', expected: { path: '', line: 2 } },
  { title: 'an empty YAML file', text: '# nothing\n', expected: { path: '', line: null, message: 'the file is empty' } },
  {
    title: 'two YAML documents',
    text: 'umask: null\n---\numask: null\n',
    expected: { line: 2, message: 'holds more than one YAML document' },
  },
  {
    title: 'a wrong type in JSON',
    file: 'c.json',
    text: json('  "numprocesses": "2"'),
    expected: { line: 2, column: 3, path: 'watchers.web.numprocesses', found: '"2"' },
  },
  {
    title: 'a key given twice in JSON',
    file: 'c.json',
    text: json('"cmd": "b"'),
    expected: { line: 2, column: 1, path: 'watchers.web.cmd', message: 'is given twice' },
  },
  {
    title: 'a comment in JSON',
    file: 'c.json',
    text: '{\n  // no\n}',
    expected: { line: 2, column: 3, message: 'is not JSON: expected a key in double quotes, got "/" (there are no comments in JSON)' },
  },
  {
    title: 'a comma too many in JSON',
    file: 'c.json',
    text: '{"env": {},\n}',
    expected: { line: 2, column: 1, message: 'is not JSON: expected a key in double quotes after the comma, got "}"' },
  },
  {
    title: 'JSON that ends too early',
    file: 'c.json',
    text: '{"env":',
    expected: { line: 1, column: 8, message: 'is not JSON: expected a value, got the end of the file' },
  },
  {
    title: 'text after JSON',
    file: 'c.json',
    text: '{} x',
    expected: { column: 4, message: 'is not JSON: expected the end of the file, got "x"' },
  },
  {
    title: 'a wrong type in TOML',
    file: 'c.toml',
    text: '[watchers.web]\ncmd = "run"\n  numprocesses = "2"\n',
    expected: { line: 3, column: 3, path: 'watchers.web.numprocesses', found: '"2"' },
  },
  { title: 'TOML that cannot be read', file: 'c.toml', text: 'umask = \n', expected: { line: 1, path: '' } },
  { title: 'a date in TOML', file: 'c.toml', text: 'pidfile = 2020-01-01\n', expected: { line: 1, path: 'pidfile', found: 'a date' } },
  { title: 'a name that ends in nothing known', file: 'c.txt', text: 'a', expected: { path: '', line: null, found: '.txt' } },
  {
    title: 'a module without a default export',
    file: 'c.mjs',
    text: 'export const a = 1;',
    expected: { message: 'has no default export' },
  },
  {
    title: 'a module that throws',
    file: 'c.mjs',
    text: 'throw new Error("bad luck");',
    expected: { message: 'failed while it was loaded: bad luck' },
  },
  {
    title: 'a function in a config',
    file: 'c.mjs',
    text: 'export default { env: { A: () => 1 } };',
    expected: { path: 'env.A', found: 'a function' },
  },
  {
    title: 'a config inside itself',
    file: 'c.mjs',
    text: 'const c = { env: {} }; c.env.A = c; export default c;',
    expected: { path: 'env.A', found: 'an object inside itself' },
  },
];

const deep = (depth: number): string => `${'['.repeat(depth)}${']'.repeat(depth)}`;
const hostile: readonly Case[] = [
  {
    title: 'a file that is not text',
    file: 'c.ini',
    text: '[a]\0',
    expected: { path: '', message: 'is not a text file: it has a byte 0 in it' },
  },
  { title: 'JSON nested too deeply', file: 'c.json', text: deep(100_000), expected: { line: 1, column: 102 } },
  { title: 'TOML nested too deeply', file: 'c.toml', text: `a = ${deep(100_000)}`, expected: { line: 1 } },
  {
    title: 'a module nested too deeply',
    file: 'c.mjs',
    text: 'let a = {}; for (let i = 0; i < 20000; i++) a = { a }; export default { plugins: { x: a } };',
    expected: { path: 'plugins.x.a', allowed: 'at most 100 objects and lists inside each other' },
  },
  {
    title: 'aliases that multiply',
    text: ['a: &a [x, x]', ...[...'bcdefghijk'].map((key, at) => `${key}: &${key} [${`*${'abcdefghij'[at]}, `.repeat(9)}]`)].join('\n'),
    expected: { message: 'is not YAML: excessive alias count indicates a resource exhaustion attack' },
  },
];

/** The same with plugins that can be loaded. */
const pluginCases: readonly Case[] = [
  {
    title: 'an unknown option of a plugin',
    text: 'plugins:\n  flapping: {mode: hard, atempts: 3}\n',
    expected: { line: 2, path: 'plugins.flapping.atempts', did_you_mean: 'attempts' },
  },
  {
    title: 'a missing option of a plugin',
    text: 'plugins:\n  flapping: true\n',
    expected: { line: 2, path: 'plugins.flapping.mode', allowed: 'one of soft, hard' },
  },
  {
    title: 'a quantity of a plugin',
    text: 'plugins:\n  flapping: {mode: hard, window: long}\n',
    expected: { path: 'plugins.flapping.window', found: '"long"' },
  },
  {
    title: "a watcher's wrong option for a plugin",
    text: `plugins: {flapping: {mode: hard}}\n${web('plugins: {flapping: {attempts: 0}}')}`,
    expected: { line: 5, path: 'watchers.web.plugins.flapping.attempts', found: '0', allowed: 'an integer, at least 1' },
  },
  {
    title: "a watcher's options for a plugin that is not loaded",
    text: `plugins: {flapping: {mode: hard}}\n${web('plugins: {flaping: {}}')}`,
    expected: { line: 5, path: 'watchers.web.plugins.flaping', allowed: 'one of flapping', did_you_mean: 'flapping' },
  },
  {
    title: 'a plugin that cannot be loaded',
    text: 'plugins:\n  missing: {}\n',
    expected: { line: 2, path: 'plugins.missing', found: '"missing"', message: 'can’t be used: no such plugin' },
  },
];

describe('config problems', () => {
  for (const { title, text, expected, file = 'c.yaml' } of [...cases, ...hostile]) {
    it(`names ${title}`, async () => expectOne(await loadText(file, text), file, expected));
  }
  for (const { title, text, expected } of pluginCases) {
    it(`names ${title}`, async () => {
      const resolvePlugin = async (name: string) => {
        if (name !== 'flapping') throw new Error('no such plugin');
        return flapping;
      };
      expectOne(await loadText('c.yaml', text, { resolvePlugin }), 'c.yaml', expected);
    });
  }

  it('names a file that is not there, without throwing', async () => {
    const loaded = await loadConfig('/none/c.yaml');
    expect(loaded).to.deep.include({ config: null, files: ['/none/c.yaml'] });
    expect(loaded.problems.map(formatProblem)).to.deep.equal([
      '/none/c.yaml: error: cannot read /none/c.yaml: there is no such file; check that the file is there and may be read',
    ]);
  });

  it('puts a problem into one line', () => {
    const problem: Problem = {
      severity: 'error',
      file: 'c.ini',
      line: 12,
      column: 3,
      path: 'watchers.web.numproceses',
      message: 'is not a known key',
      did_you_mean: 'numprocesses',
    };
    expect(formatProblem(problem)).to.equal('c.ini:12:3: error: watchers.web.numproceses is not a known key; did you mean numprocesses?');
    expect(formatProblem({ ...problem, file: null, line: null, column: null, path: '' })).to.equal(
      'error: is not a known key; did you mean numprocesses?',
    );
  });
});

function expectOne(
  loaded: { readonly config: unknown; readonly problems: readonly Problem[] },
  file: string,
  expected: Partial<Problem>,
): void {
  const errors = errorsOf(loaded);
  expect(errors.map(formatProblem)).to.have.length(1);
  expect(loaded.config).to.equal(null);
  expect(errors[0]).to.deep.include(expected);
  expect(errors[0]?.file).to.match(new RegExp(`${file}$`));
}
