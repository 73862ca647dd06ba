import { expect } from 'chai';
import { checkConfig, formatProblem, loadConfig } from '../../../core/index.js';
import { resolvePlugin } from '../../../core/plugin-resolve.js';
import { type LogLine, recordingLogger } from '../../../core/testing.js';
import { launcherVerdict } from '../../../plugins/circus_plugins/launcher.js';
import { logLines } from '../../../plugins/circus_plugins/log-lines.js';
import { pluginWatchers } from '../../../plugins/circus_plugins/watchers.js';

const DAEMON = { debug: false, loglevel: null };
const NONE = { config: {}, watcher: {}, python: null };

const one = (plugin: object, daemon = DAEMON) =>
  pluginWatchers({ python: null, plugins: { mine: { use: 'my.Plugin', ...NONE, ...plugin } } }, daemon)['plugin:mine'];
const configOf = (plugin: object): unknown => {
  const args = one(plugin)?.args;
  return Array.isArray(args) ? args[args.indexOf('--config') + 1] : undefined;
};

describe('circus_plugins: the watcher of a Python plugin', () => {
  it('is a singleton that starts early, with the environment of the daemon, as in Circus', () => {
    expect(one({})).to.deep.include({ cmd: 'python3', priority: 1, singleton: true, copy_env: true, close_child_stdout: true });
  });

  it('has the addresses of the daemon, and the class last', () => {
    const args = one({})?.args;
    expect(args).to.include.members(['--endpoint', '$(circus.endpoint)', '--pubsub', '$(circus.pubsub_endpoint)']);
    expect(args).to.have.property('length', 9);
    expect(args).to.have.property('8', 'my.Plugin');
  });

  it('takes the interpreter of the plugin before that of all, and quotes it', () => {
    const plugins = { a: { use: 'a.A', ...NONE }, b: { use: 'b.B', ...NONE, python: "/my own/py'thon" } };
    const found = pluginWatchers({ python: '/opt/venv/bin/python', plugins }, DAEMON);
    expect([found['plugin:a']?.cmd, found['plugin:b']?.cmd]).to.deep.equal(['/opt/venv/bin/python', "'/my own/py'\\''thon'"]);
  });

  it('hands options over as Circus does, sorted, with its own name', () => {
    expect(configOf({ config: { port: 1, on: true, off: false, 'a b': 'x:y z' } })).to.equal(
      'a b:x:y z:::name:plugin:mine:::off:False:::on:True:::port:1',
    );
  });

  const levels: [daemon: typeof DAEMON | { debug: boolean; loglevel: 'error' }, expected: string | undefined][] = [
    [DAEMON, undefined],
    [{ debug: false, loglevel: 'error' }, 'error'],
    [{ debug: true, loglevel: 'error' }, 'DEBUG'],
  ];
  for (const [daemon, expected] of levels) {
    it(`is told the level ${expected ?? 'of nobody'} with ${JSON.stringify(daemon)}`, () => {
      const watcher = pluginWatchers({ python: null, plugins: { mine: { use: 'my.Plugin', ...NONE } } }, daemon)['plugin:mine'];
      const args = watcher?.args;
      expect(Array.isArray(args) && args.includes('--log-level') ? args[args.indexOf('--log-level') + 1] : undefined).to.equal(expected);
    });
  }

  const refused: [config: object, message: RegExp][] = [
    [{ list: [1] }, /plugins\.mine\.config\.list must be text, a number, true or false, got \[1\]/],
    [{ nothing: null }, /config\.nothing must be text/],
    [{ text: 'a:::b' }, /config\.text must be text without :::, .* got "a:::b"/],
    [{ 'a:b': 1 }, /config\.a:b must be named without a colon/],
  ];
  for (const [config, message] of refused) {
    it(`can't hand over ${JSON.stringify(config)}`, async () => {
      const plugins = { circus_plugins: { plugins: { mine: { use: 'my.Plugin', config } } } };
      const { problems } = await checkConfig({ plugins }, { resolvePlugin: (name) => resolvePlugin(name, '.') });
      expect(problems.map(formatProblem).join('\n')).to.match(message);
    });
  }

  it('says what an end of the launcher means, and of nothing else', () => {
    expect(launcherVerdict(101, 'my.Plugin', 'py')).to.deep.include({ message: "py can't import circus" });
    expect(launcherVerdict(102, 'my.Plugin', 'py')).to.deep.include({ message: "py can't import my.Plugin" });
    expect([0, 1, -15].map((code) => launcherVerdict(code, 'my.Plugin', 'py'))).to.deep.equal([null, null, null]);
  });
});

describe('circus_plugins: in a config', () => {
  const resolve = { resolvePlugin: (name: string) => resolvePlugin(name, '.') };
  const check = (config: object) => checkConfig(config, resolve);
  const MINE = { circus_plugins: { plugins: { mine: { use: 'my.Plugin', watcher: { priority: 7, graceful_timeout: '2m' } } } } };

  it('adds a checked watcher for each plugin, marked as brought', async () => {
    const { config, problems } = await check({ plugins: MINE, env: { A: '1' } });
    expect(problems).to.deep.equal([]);
    expect(config?.watchers['plugin:mine']).to.deep.include({
      priority: 7,
      graceful_timeout: 120,
      numprocesses: 1,
      env: { A: '1' },
      plugins: { circus_plugins: true },
    });
  });

  it('comes out the same when it is checked a second time', async () => {
    const first = (await check({ plugins: MINE })).config;
    const second = await check(first ?? {});
    expect(second.problems).to.deep.equal([]);
    expect(second.config).to.deep.equal(first);
    const changed = { ...first, plugins: { circus_plugins: { plugins: { mine: { use: 'my.Other' } } } } };
    expect((await check(changed)).config?.watchers['plugin:mine']?.args).to.include('my.Other');
  });

  it('reports a watcher of the same name', async () => {
    const { problems } = await check({ plugins: MINE, watchers: { 'plugin:mine': { cmd: 'x' } } });
    expect(problems.map(formatProblem)).to.deep.equal([
      'error: watchers["plugin:mine"] has the name of a watcher that plugin circus_plugins brings; give the watcher another name, or leave it out of plugin circus_plugins',
    ]);
  });

  it('names a wrong option of the process, and a class that is none', async () => {
    const { problems } = await check({ plugins: { circus_plugins: { plugins: { a: { use: 'my class', watcher: { cmd: 'x' } } } } } });
    expect(problems.map(({ path }) => path)).to.have.members([
      'plugins.circus_plugins.plugins.a.use',
      'plugins.circus_plugins.plugins.a.watcher.cmd',
    ]);
  });

  it('has the look of plugins at the machine only where it is asked for', async () => {
    const file = 'test/fixtures/circus-plugins/no-python.yaml';
    expect((await loadConfig(file, resolve)).problems).to.deep.equal([]);
    const { config, problems } = await loadConfig(file, { ...resolve, examine: true });
    expect(config).to.not.equal(null);
    expect(problems.map(formatProblem)).to.deep.equal([
      `${file}:5:9: warning: plugins.circus_plugins.plugins.mine.use will not run: there is no /no/such/python; install Python, or name with \`python\` the interpreter that has circus`,
    ]);
  });
});

describe('circus_plugins: what a process writes', () => {
  const told = (...chunks: readonly (string | Uint8Array)[]): readonly string[] => {
    const lines: LogLine[] = [];
    const sink = logLines(recordingLogger(lines));
    for (const chunk of chunks) void sink.write(typeof chunk === 'string' ? Buffer.from(chunk) : chunk);
    sink.end();
    return lines.map(({ level, message }) => `${level} ${message}`);
  };

  it('is logged with the level that it has', () => {
    const line = (level: string) => `2026-11-22 10:00:00 circus[7] [${level}] a b\n`;
    expect(told(['DEBUG', 'INFO', 'WARNING', 'ERROR', 'CRITICAL', 'ODD'].map(line).join(''))).to.deep.equal([
      'debug a b',
      'info a b',
      'warn a b',
      'error a b',
      'error a b',
      'warn a b',
    ]);
  });

  it('is a warning where it has none, such as a traceback', () => {
    expect(told('Traceback\n\n  File "x"\r\n')).to.deep.equal(['warn Traceback', 'warn   File "x"']);
  });

  it('is put together from pieces, letters in two bytes too, and the last line needs no end', () => {
    expect(told('one tw', Buffer.from('oé').subarray(0, 2), Buffer.from('é').subarray(1), '\nthree')).to.deep.equal([
      'warn one twoé',
      'warn three',
    ]);
  });

  it('is not waited for without end', () => {
    expect(told('x'.repeat(20_000), 'y\n')).to.deep.equal([`warn ${'x'.repeat(20_000)}`, 'warn y']);
  });
});
