import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { expect } from 'chai';
import { loadConfig, outputOptions } from '../../../core/index.js';
import { runBin } from '../../fixtures/cli/run-bin.js';
import { TemporaryDirectory } from '../../fixtures/cli/temporary.js';

const { version } = createRequire(import.meta.url)('ringmaster/package.json');

describe('ringmaster', () => {
  let directory: TemporaryDirectory;
  beforeEach(() => {
    directory = new TemporaryDirectory();
  });
  afterEach(() => {
    directory[Symbol.dispose]();
  });
  const ringmaster = (...args: readonly string[]) => runBin('main', args, { cwd: directory.path });

  it('shows grouped verbs, examples, environment and exit statuses', async () => {
    const { stdout, status } = await ringmaster('--help');
    for (const part of [
      'Daemon:\n  run <file> ',
      'Watch:\n',
      'Control:\n',
      'Examples:',
      'RINGMASTER_ENDPOINT',
      '78  the config has errors',
    ]) {
      expect(stdout).to.include(part);
    }
    expect(status).to.equal(0);
  });

  it('prints its version', async () => {
    expect(await ringmaster('--version')).to.include({ stdout: `${version}\n`, status: 0 });
  });

  const mistakes: readonly [readonly string[], string, number][] = [
    [['statsu'], "unknown command 'statsu'\n(Did you mean one of stats, status?)", 2],
    [['start', '--wating'], "unknown option '--wating'\n(Did you mean --waiting?)", 2],
    [['run', 'x.yaml', '--log-level', 'loud'], "argument 'loud' is invalid. Allowed choices are critical", 2],
    [['--json', 'run', 'x.yaml'], "run has no option '--json'", 2],
    [['run'], 'one config file is wanted; try: ringmaster run ringmaster.yaml', 2],
    [['check', 'a', 'b'], 'one config file is wanted', 2],
    [['completion', 'fish'], 'the shell is wanted, one of bash, zsh', 2],
    [['status', 'a', 'b'], 'usage: ringmaster status [<name>]', 1],
    [['status', '--endpoint', '5555'], '--endpoint must be tcp://HOST:PORT or ipc://PATH, got "5555"', 1],
    [['status', '--timeout', 'soon'], '--timeout must be a number of seconds above 0, got "soon"', 1],
    [['kill', 'web', '--graceful_timeout', 'x'], '--graceful_timeout must be a number, got "x"', 1],
    [
      ['status', '--endpoint', 'tcp://127.0.0.1:1'],
      'cannot connect to tcp://127.0.0.1:1: nothing listens there\nStart one with `ringmaster run FILE`',
      1,
    ],
  ];
  for (const [args, told, status] of mistakes) {
    it(`tells what is wrong with: ringmaster ${args.join(' ')}`, async () => {
      const ended = await ringmaster(...args);
      expect(ended.stderr).to.include(told);
      expect(ended).to.include({ stdout: '', status });
    });
  }

  describe('check', () => {
    it('prints every problem and a summary, and exits with 78 for errors', async () => {
      const file = directory.file('bad.yaml', 'watchers:\n  web: {numprocesses: many}\n  tick: {cmd: date, prioritty: 1}\n');
      const { stdout, status } = await ringmaster('check', file);
      expect(stdout).to.include('watchers.web').and.include('"many"').and.include('did you mean priority?');
      expect(stdout).to.match(/bad\.yaml: 3 errors\n$/);
      expect(status).to.equal(78);
    });

    it('prints JSON, and is content with warnings', async () => {
      const file = directory.file('circus.ini', '[circus]\ndebug_gc = True\n[watcher:web]\ncmd = date\nprioritty = 1\n');
      const { stdout, status } = await ringmaster('check', file, '--json');
      const report = JSON.parse(stdout);
      expect(report).to.include({ ok: true });
      expect(report.problems.map((problem: { severity: string }) => problem.severity))
        .to.include('warning')
        .and.not.include('error');
      expect(status).to.equal(0);
    });

    it('warns of what the config names and this machine has not', async () => {
      const lines = ['[watcher:a]', 'cmd = no-such-command', 'uid = nobody-at-all', 'gid = nogroup-at-all', '[watcher:b]', 'cmd = date'];
      const more = ['working_dir = /no/such', '[watcher:c]', 'cmd = tool', 'executable = /etc/passwd', '[watcher:d]', 'cmd = date'];
      const here = ['copy_env = True', 'uid = root', 'gid = 0', 'working_dir = $(circus.env.HERE)', '[env:d]', 'HERE = /tmp', ''];
      const { stdout, status } = await ringmaster('check', directory.file('host.ini', [...lines, ...more, ...here].join('\n')), '--json');
      const { problems }: { problems: { path: string; message: string; severity: string; line: number }[] } = JSON.parse(stdout);
      expect(problems.map(({ path, line }) => [path, line])).to.deep.equal([
        ['watchers.a.cmd', 2],
        ['watchers.a.uid', 3],
        ['watchers.a.gid', 4],
        ['watchers.b.working_dir', 7],
        ['watchers.c.executable', 10],
      ]);
      const [cmd, uid, gid, cwd, executable] = problems.map(({ message }) => message);
      expect(cmd).to.match(/^can’t be executed: no-such-command: not found in PATH/);
      expect([uid, gid]).to.deep.equal([
        'names a user whom this machine does not know: nobody-at-all',
        'names a group that this machine does not know: nogroup-at-all',
      ]);
      expect(cwd).to.equal('can’t be entered: /no/such: there is no such file or directory (ENOENT)');
      expect(executable).to.match(/EACCES/);
      expect(problems.map(({ severity }) => severity)).not.to.include('error');
      expect(status).to.equal(0);
    });

    it('warns of a file for output whose directory is not there', async () => {
      const there = { cmd: 'date', stdout: directory.at('out.log') };
      const stdout_stream = { class: 'FileStream', filename: directory.at('no/such/out.log') };
      const missing = { cmd: 'date', stdout_stream, stderr: directory.at('logs/err.log') };
      const file = directory.file('outputs.json', JSON.stringify({ watchers: { there, missing } }));
      const { stdout, status } = await ringmaster('check', file, '--json');
      const { problems }: { problems: { path: string; message: string; fix: string }[] } = JSON.parse(stdout);
      expect(problems.map(({ path, message, fix }) => [path, message, fix])).to.have.deep.members([
        [
          'watchers.missing.stdout_stream',
          `can’t be written: there is no directory ${directory.at('no/such')}`,
          `mkdir -p ${directory.at('no/such')}`,
        ],
        ['watchers.missing.stderr', `can’t be written: there is no directory ${directory.at('logs')}`, `mkdir -p ${directory.at('logs')}`],
      ]);
      expect(status).to.equal(0);
    });

    it('warns of the same missing command for each watcher that has it', async () => {
      const [a, b] = [{ cmd: 'no-such-command a' }, { cmd: 'no-such-command b', env: { PATH: '/no/such' } }];
      const file = directory.file('same.json', JSON.stringify({ watchers: { a, b, c: a } }));
      const { stdout } = await ringmaster('check', file, '--json');
      const { problems }: { problems: { path: string; message: string }[] } = JSON.parse(stdout);
      expect(problems.map(({ path }) => path)).to.deep.equal(['watchers.a.cmd', 'watchers.b.cmd', 'watchers.c.cmd']);
      expect(problems[1]?.message).to.include('not found in PATH (/no/such)');
    });

    it('names a file that is not there', async () => {
      const { stdout, status } = await ringmaster('check', 'missing.yaml');
      expect(stdout).to.include('missing.yaml');
      expect(status).to.equal(78);
    });
  });

  describe('init', () => {
    for (const [format, name] of Object.entries({
      yaml: 'ringmaster.yaml',
      json: 'ringmaster.json',
      toml: 'ringmaster.toml',
      ini: 'circus.ini',
    })) {
      it(`writes a sample in ${format} that has no problems`, async () => {
        expect(await ringmaster('init', '--format', format)).to.include({
          stdout: `${name} written; try: npx ringmaster run ${name}\n`,
          status: 0,
        });
        const { config, problems } = await loadConfig(directory.at(name));
        expect(problems).to.deep.equal([]);
        expect(config?.watchers.web).to.include({ cmd: 'sleep 3600', numprocesses: 2 });
        const { ticker } = config?.watchers ?? {};
        expect(ticker?.cmd).to.equal('sh -c "while sleep 5; do date; done"');
        expect(ticker && outputOptions(ticker, 'stdout')).to.include({ type: 'memory' });
      });
    }

    it('writes no sample under the name of another format', async () => {
      const { stderr, status } = await ringmaster('init', 'mine.mjs');
      expect(stderr).to.equal(
        'ringmaster init: no sample of the format of mine.mjs; there are yaml, json, toml, ini: name a file so, or add --format\n',
      );
      expect(status).to.equal(2);
      expect(existsSync(directory.at('mine.mjs'))).to.equal(false);
    });

    it('takes the format from the name, and replaces nothing without --force', async () => {
      await ringmaster('init', 'mine.toml');
      expect(readFileSync(directory.at('mine.toml'), 'utf8')).to.include('[watchers.web]');
      writeFileSync(directory.at('mine.toml'), 'precious');
      const refused = await ringmaster('init', 'mine.toml');
      expect(refused.stderr).to.include('mine.toml: it exists; choose another name, or add --force');
      expect(refused.status).to.equal(1);
      expect(readFileSync(directory.at('mine.toml'), 'utf8')).to.equal('precious');
      expect((await ringmaster('init', 'mine.toml', '--force')).status).to.equal(0);
    });
  });
});
