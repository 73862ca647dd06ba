import { join } from 'node:path';
import { expect } from 'chai';
import { formatProblem, loadConfig } from '../../../core/config/index.js';
import { errorsOf, flapping, loadText, withFiles } from './helpers.js';

const fixture = (name: string): string => join('test/fixtures/config', name);

describe('circus.ini', () => {
  it('gives the watchers, environments and numbers that Circus does', async () => {
    const { config, problems, files } = await loadConfig(fixture('everything.ini'), { env: { PATH: '/bin', PORT: '1' } });
    expect(files).to.deep.equal(['everything.ini', 'more-jobs.ini', 'conf.d/cron.ini'].map(fixture));
    expect(problems.map(formatProblem)).to.deep.equal([
      'test/fixtures/config/everything.ini:27:1: warning: watchers.web.Colour is no option of a watcher: it is kept as a freeform option',
      'test/fixtures/config/everything.ini:31:1: warning: "graceful_timeout" is given twice; the first value, in line 18, counts',
      'test/fixtures/config/more-jobs.ini:6:1: warning: "cmd" is given twice; the first value, in test/fixtures/config/everything.ini:35, counts',
    ]);
    expect(config).to.deep.include({
      endpoint: 'tcp://127.0.0.1:7000',
      pubsub_endpoint: 'tcp://127.0.0.1:5556',
      check_delay: 2.5,
      warmup_delay: 1,
      umask: 0o22,
      loglevel: 'WARNING',
      pidfile: '/tmp/rm.pid',
      env: { PORT: '7000', Title: 'big', count: '3' },
    });
    expect(Object.keys(config?.watchers ?? {})).to.deep.equal(['api', 'cron', 'jobs', 'web']);
    expect(config?.watchers.web).to.deep.include({
      cmd: 'node server.js --name big --wid $(circus.wid)',
      args: 'a\nb "c d"',
      numprocesses: 3,
      working_dir: '/home/web/web',
      graceful_timeout: 12.5,
      stop_signal: 2,
      stop_children: true,
      copy_env: true,
      singleton: false,
      rlimit_nofile: 512,
      rlimit_core: null,
      uid: 1000,
      max_age: 60,
      priority: 7,
      options: { Colour: 'blue' },
      env: { PORT: '7000', Title: 'big', count: '3', HOMEDIR: '/home/web', PATH: '/bin:/opt/bin:' },
    });
    expect(config?.watchers.api).to.deep.include({
      cmd: 'run;this',
      shell: true,
      shell_args: null,
      max_retry: -1,
      env: { PORT: '7000', Title: 'big', count: '3', HOMEDIR: '/srv', PATH: '/bin:/opt/bin:' },
    });
  });

  it('remembers the file and line of each value, and that a default has none', async () => {
    const loaded = await loadConfig(fixture('everything.ini'), { env: {} });
    expect(loaded.origin('watchers.web.numprocesses')).to.deep.equal({ file: fixture('everything.ini'), line: 16, column: 1 });
    expect(loaded.origin('watchers.api.max_retry')).to.deep.equal({ file: fixture('more-jobs.ini'), line: 7, column: 1 });
    expect(loaded.origin('watchers.web.max_retry')).to.equal(null);
  });

  it('names five errors at once, each in its line', async () => {
    const loaded = await loadConfig(fixture('five-errors.ini'), { env: {} });
    expect(loaded.config).to.equal(null);
    expect(loaded.problems.map((problem) => [problem.line, problem.path, problem.found])).to.deep.equal([
      [2, 'check_delay', '"often"'],
      [5, 'watchers.web.cmd', '"node \\"server.js"'],
      [6, 'watchers.web.numprocesses', '"three"'],
      [7, 'watchers.web.stop_signal', '"SIGNOTHING"'],
      [12, 'watchers.jobs.numprocesses', '2'],
    ]);
  });

  const warned: [string, string, string][] = [
    ['a pattern that matches no file', '[circus]\ninclude = none-*.ini', '2:1: warning: include "none-*.ini" matches no file'],
    [
      'an unknown key of the daemon',
      '[circus]\nendpiont = x',
      '2:1: warning: endpiont is not a known key and ignored; did you mean endpoint?',
    ],
    [
      'an unknown key of a socket',
      '[socket:s]\nbaklog = 1',
      '2:1: warning: sockets.s.baklog is not a known key and ignored; did you mean backlog?',
    ],
    [
      'an unknown key of a watcher',
      '[watcher:w]\ncmd = x\nnumproceses = 2',
      '3:1: warning: watchers.w.numproceses is no option of a watcher: it is kept as a freeform option; did you mean numprocesses?',
    ],
    [
      'an unknown section',
      '[wacher:w]\ncmd = x',
      "1:1: warning: section [wacher:w] is none of Circus's and left out; did you mean [watcher:w]?",
    ],
    ['an empty section', '[watcher:w]', '1:1: warning: section [watcher:w] is empty and left out'],
    [
      'an [env:…] for nobody',
      '[watcher:web]\ncmd = x\n[env:wbe]\nA = 1',
      '3:1: warning: section [env:wbe]: "wbe" matches no watcher; did you mean web?',
    ],
    [
      'env inside a watcher',
      '[watcher:w]\ncmd = x\nenv = A=1',
      '3:1: warning: watchers.w.env has no effect in a [watcher:…] section; write the variables under [env:w]',
    ],
    ['$WID', '[watcher:w]\ncmd = x $WID', '2:1: warning: watchers.w.cmd uses $WID, which is deprecated; write $(circus.wid)'],
    [
      'an option of a plugin that is not asked for',
      '[watcher:w]\ncmd = x\nflapping.attempts = 3',
      '3:1: warning: watchers.w.options["flapping.attempts"] is an option of a plugin flapping, which the file does not ask for',
    ],
  ];
  for (const [what, text, expected] of warned) {
    it(`warns of ${what}`, async () => {
      const { config, problems } = await loadText('c.ini', text);
      expect(config).to.not.equal(null);
      const lines = problems.filter(({ path }) => path !== 'sockets.s').map((problem) => formatProblem({ ...problem, file: 'c.ini' }));
      expect(lines).to.have.length(1);
      expect(lines[0]).to.include(`c.ini:${expected}`);
    });
  }

  it('has Python classes run, with every option of their section and those of their process', async () => {
    const text =
      '[plugin:mine]\nuse = my.module.Plugin\nloop_rate = 1\npriority = 5\ncopy_path = True\nstdout_stream.class = StdoutStream\n' +
      '[plugin:other]\nuse = my:Plugin\n[plugin:flap]\nuse = circus.plugins.flapping.Flapping\npython = python3\nattempts = 3\n';
    const { config, problems, origin } = await loadText('c.ini', text);
    expect(problems).to.deep.equal([]);
    expect(config?.plugins).to.deep.equal({
      circus_plugins: {
        plugins: {
          mine: {
            use: 'my.module.Plugin',
            config: { loop_rate: '1', priority: '5', copy_path: 'True', 'stdout_stream.class': 'StdoutStream' },
            watcher: { priority: '5', stdout_stream: { class: 'StdoutStream' } },
          },
          other: { use: 'my:Plugin' },
          flap: { use: 'circus.plugins.flapping.Flapping', python: 'python3', config: { attempts: '3' } },
        },
      },
    });
    expect(origin('plugins.circus_plugins.plugins.mine.config.loop_rate')?.line).to.equal(3);
    expect(origin('plugins.circus_plugins.plugins.mine.watcher.stdout_stream.class')?.line).to.equal(6);
  });

  it('takes the interpreter for all Python classes from a section of the plugin that runs them', async () => {
    const text = '[plugin:mine]\nuse = my.Plugin\n[plugin:py]\nuse = circus_plugins\npython = /opt/python\n';
    const { config } = await loadText('c.ini', text);
    expect(config?.plugins.circus_plugins).to.deep.equal({ python: '/opt/python', plugins: { mine: { use: 'my.Plugin' } } });
  });

  it('reports a plugin section that names no plugin', async () => {
    const [error] = errorsOf(await loadText('c.ini', '[plugin:f]\nattempts = 3'));
    expect(error).to.deep.include({ line: 1, path: 'plugins.f.use', allowed: 'the file or package of a plugin: use = ./plugins/mine.js' });
  });

  it('reads a socket umask as a decimal number and its name in lower case', async () => {
    const { config } = await loadText('c.ini', '[socket:Web]\nport = 9090\nfamily = af_inet6\numask = 12\nreplace = yes\n');
    expect(config?.sockets.web).to.include({ port: 9090, family: 'AF_INET6', umask: 12, replace: true, backlog: 2048 });
  });

  it('gives a unix socket without umask the one that Circus has, 8, so that a web server of another user can connect', async () => {
    const { config } = await loadText('c.ini', '[socket:app]\npath = /tmp/app.sock\n[socket:web]\nport = 80\n');
    expect(config?.sockets.app?.umask).to.equal(8);
    expect(config?.sockets.web?.umask).to.equal(null);
  });

  it('reads typed options of plugins, and those of one watcher as PLUGIN.OPTION', async () => {
    const text = '[plugin:f]\nuse = ./f.mjs\nmode = HARD\nattempts = 3\n[watcher:w]\ncmd = x\nf.window = 5m\nflapping.active = off\n';
    const { config, problems, origin } = await loadText('c.ini', text, { resolvePlugin: async () => flapping });
    expect(errorsOf({ problems })).to.deep.equal([]);
    expect(config?.plugins).to.deep.equal({ './f.mjs': { mode: 'hard', attempts: 3, window: 1, active: true } });
    expect(config?.watchers.w).to.deep.include({
      plugins: { flapping: { window: 300, active: false } },
      options: { 'f.window': '5m', 'flapping.active': 'off' },
    });
    expect(origin('watchers.w.plugins.flapping.window')?.line).to.equal(7);
  });

  it('does not hang where a file includes itself, and does not follow includes of an included file', async () => {
    const files = {
      'a.ini': '[circus]\ninclude = *.ini\n[watcher:a]\ncmd = a',
      'b.ini': '[circus]\ninclude = a.ini c/*.ini\n[watcher:b]\ncmd = b',
    };
    await withFiles(files, async (folder) => {
      const { config, problems } = await loadConfig(join(folder, 'a.ini'), { env: {} });
      expect(Object.keys(config?.watchers ?? {})).to.deep.equal(['a', 'b']);
      expect(problems.map(({ line, path, message }) => [line, path, message])).to.deep.include([
        2,
        'include',
        'has no effect in a file that is itself included',
      ]);
    });
  });

  it('names an included file that cannot be read, in the line that asks for it', async () => {
    await withFiles({ 'a.ini': '[circus]\ninclude = sub\n', 'sub/x': '' }, async (folder) => {
      const { config, problems } = await loadConfig(join(folder, 'a.ini'), { env: {} });
      expect(config).to.equal(null);
      expect(problems.map(({ line, message }) => [line, message])).to.deep.equal([
        [2, `cannot read ${join(folder, 'sub')}: it is a directory`],
      ]);
    });
  });

  it('gives sections what [DEFAULT] says, where they say nothing themselves', async () => {
    const { config } = await loadText(
      'c.ini',
      '[DEFAULT]\nnumprocesses = 4\n[watcher:a]\ncmd = a\n[watcher:b]\ncmd = b\nnumprocesses = 1\n',
    );
    expect([config?.watchers.a?.numprocesses, config?.watchers.b?.numprocesses]).to.deep.equal([4, 1]);
  });

  it('takes a file of any name that looks like a circus.ini', async () => {
    const { config } = await loadText('circus.conf', '# mine\n[watcher:a]\ncmd = a\n');
    expect(config?.endpoint).to.equal('tcp://127.0.0.1:5555');
  });
});
