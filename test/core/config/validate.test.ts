import { expect } from 'chai';
import { checkConfig, checkConfigSync, formatProblem } from '../../../core/config/index.js';
import { flapping } from './helpers.js';

const none = new Map<string, never>();

describe('config check', () => {
  it('fills in defaults and leaves the value that it is given alone', () => {
    const value = { watchers: { web: { cmd: 'run', max_age: '5m' } } };
    const { config, problems } = checkConfigSync(value, none);
    expect(problems).to.deep.equal([]);
    expect(value).to.deep.equal({ watchers: { web: { cmd: 'run', max_age: '5m' } } });
    expect(config).to.deep.include({ check_delay: 5, warmup_delay: 0, umask: null, sockets: {}, plugins: {}, env: {} });
    expect(config?.watchers.web).to.deep.include({
      numprocesses: 1,
      stop_signal: 15,
      graceful_timeout: 30,
      max_age: 300,
      working_dir: null,
    });
  });

  it('takes what it has checked once more, without replacing $NAME in an environment again', async () => {
    const env = { SECRET: 'a$HOME', HOME: '/home/me' };
    const { config } = await checkConfig({ env: { KEY: '$SECRET' }, watchers: { web: { cmd: 'run', env: { MINE: '$SECRET' } } } }, { env });
    expect(config?.watchers.web?.env).to.deep.equal({ KEY: 'a$HOME', MINE: 'a$HOME' });
    const again = checkConfigSync({ ...config }, none);
    expect(again.config).to.deep.equal(config);
  });

  it('looks variables up in the watcher, then in the config, then in the daemon, whatever their case', async () => {
    const env = { A: 'daemon', B: 'daemon', C: 'daemon' };
    const cmd = 'run $(env.a) $(circus.env.B) ((circus.env.c)) $(env.d) $(circus.nothing)';
    const { config } = await checkConfig({ env: { A: 'config', B: 'config' }, watchers: { web: { cmd, env: { A: 'watcher' } } } }, { env });
    expect(config?.watchers.web?.cmd).to.equal('run watcher config daemon $(env.d) $(circus.nothing)');
  });

  it('checks and completes options of plugins, and of watchers for plugins without their defaults', () => {
    const value = { plugins: { flapping: { mode: 'hard' } }, watchers: { web: { cmd: 'run', plugins: { flapping: { window: '1m' } } } } };
    const { config, problems } = checkConfigSync(value, new Map([['flapping', flapping]]));
    expect(problems).to.deep.equal([]);
    expect(config?.plugins).to.deep.equal({ flapping: { mode: 'hard', attempts: 2, window: 1, active: true } });
    expect(config?.watchers.web?.plugins).to.deep.equal({ flapping: { window: 60 } });
  });

  it('leaves plugins alone that are switched off, or that nobody can load', async () => {
    const off = checkConfigSync({ plugins: { flapping: false } }, new Map([['flapping', flapping]]));
    expect(off.config?.plugins).to.deep.equal({ flapping: false });
    const unknown = await checkConfig({ plugins: { other: { any: 1 } } }, { env: {} });
    expect(unknown.config?.plugins).to.deep.equal({ other: { any: 1 } });
  });

  it('refuses options of one watcher for a plugin that has none', () => {
    const plugin = { ...flapping, per_watcher: false };
    const value = { plugins: { flapping: { mode: 'hard' } }, watchers: { web: { cmd: 'run', plugins: { flapping: {} } } } };
    const { problems } = checkConfigSync(value, new Map([['flapping', plugin]]));
    expect(problems.map(formatProblem)).to.deep.equal([
      'error: watchers.web.plugins.flapping can’t be set for one watcher: plugin flapping has no options of that kind',
    ]);
  });

  it('says that the schema of a plugin is wrong', () => {
    const plugin = { ...flapping, schema: { type: 'object', properties: {}, required: ['missing', 'missing'] } as const };
    const { problems } = checkConfigSync({ plugins: { flapping: {} } }, new Map([['flapping', plugin]]));
    expect(problems[0]?.message).to.match(/^can’t be checked: the schema of plugin flapping is wrong: /);
  });

  it('refuses what is no object, a name that JavaScript keeps, and numbers that are none', () => {
    const messages = (value: unknown): string[] => checkConfigSync(value, none).problems.map(formatProblem);
    expect(messages('web')).to.deep.equal(['error: must be an object with watchers, got "web"']);
    expect(messages(JSON.parse('{"env": {"__proto__": "x"}}'))).to.deep.equal(['error: env.__proto__ is a name that can’t be used']);
    expect(messages({ check_delay: Number.NaN })).to.deep.equal(['error: check_delay must be JSON, got the number NaN']);
  });

  const asked: [string, Record<string, unknown>, string][] = [
    ['the web console', { httpd: true, httpd_port: 1 }, 'httpd'],
    ['the garbage collector', { debug_gc: true }, 'debug_gc'],
    ['a host name prefix', { fqdn_prefix: 'x' }, 'fqdn_prefix'],
    [
      'an option that a stream does not have',
      { watchers: { web: { cmd: 'x', stdout_stream: { class: 'FileStream', filename: 'f', refresh_time: 0.3 } } } },
      'watchers.web.stdout_stream.refresh_time',
    ],
    ['sys.path', { watchers: { web: { cmd: 'x', copy_path: true } } }, 'watchers.web.copy_path'],
    ['shell_args without a shell', { watchers: { web: { cmd: 'x', shell_args: 'a' } } }, 'watchers.web.shell_args'],
  ];
  for (const [what, value, path] of asked) {
    it(`warns once, with the remedy, of ${what}`, () => {
      const { config, problems } = checkConfigSync(value, none);
      expect(config).to.not.equal(null);
      expect(problems.map((problem) => [problem.severity, problem.path])).to.deep.equal([['warning', path]]);
      expect(problems[0]?.fix).to.be.a('string').and.not.equal('');
    });
  }

  it('is silent where nothing is asked for', () => {
    const web = { cmd: 'x', use_sockets: false, stdout_stream: {}, virtualenv: null, hooks: {}, copy_path: false };
    expect(checkConfigSync({ statsd: false, httpd: false, httpd_port: 80, sockets: {}, watchers: { web } }, none).problems).to.deep.equal(
      [],
    );
  });
});
