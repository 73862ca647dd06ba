import { constants } from 'node:fs';
import { copyFile, readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { expect } from 'chai';
import { eventually } from '../../core/testing.js';
import { child, Real } from '../fixtures/real.js';

interface Report {
  argv: string[];
  argv0: string;
  env: Record<string, string>;
  cwd: string;
  pid: number;
  uid: number;
  gid: number;
  groups: number[];
}
const ROOT = process.getuid?.() === 0;

async function report(options: (file: string) => object): Promise<{ real: Real; report: Report }> {
  const real = await Real.start((file) => ({ watchers: { web: { cmd: 'node', args: [child('report.mjs'), file], ...options(file) } } }));
  const text = await eventually(() => readFile(join(real.directory, 'out'), 'utf8'), {
    what: 'the report of the child',
  });
  return { real, report: JSON.parse(text) };
}

describe('spawning real processes', () => {
  it('gives a process only its own environment', async () => {
    const { real, report: seen } = await report(() => ({ env: { GREETING: 'hello', HOME_WAS: '$HOME' } }));
    await using _ = real;
    // Node hands this one to every child, so that coverage is whole.
    const { NODE_V8_COVERAGE: _coverage, ...own } = seen.env;
    expect(own).to.deep.equal({ GREETING: 'hello', HOME_WAS: process.env.HOME ?? '' });
  });

  it("gives a process the daemon's environment with copy_env, under its own", async () => {
    const { real, report: seen } = await report(() => ({ copy_env: true, env: { GREETING: 'hello', HOME: '/nowhere' } }));
    await using _ = real;
    expect(seen.env).to.include({ GREETING: 'hello', HOME: '/nowhere', PATH: process.env.PATH });
  });

  it('leads a session and a process group of its own', async () => {
    const { real, report: seen } = await report(() => ({}));
    await using _ = real;
    const [, , pgrp, session] = (await readFile(`/proc/${seen.pid}/stat`, 'latin1')).split(') ')[1]?.split(' ') ?? [];
    expect([Number(pgrp), Number(session)]).to.deep.equal([seen.pid, seen.pid]);
  });

  it('starts in working_dir, with words, variables and worker id in place', async () => {
    const { real, report: seen } = await report((file) => ({
      cmd: `node ${child('report.mjs')} ${file} "two words" $(circus.wid)`,
      args: "--name 'a b' $(circus.env.GREETING)",
      env: { GREETING: 'hello' },
      working_dir: '/tmp',
    }));
    await using _ = real;
    expect(seen.cwd).to.equal('/tmp');
    expect(seen.argv).to.deep.equal(['two words', '1', '--name', 'a b', 'hello']);
  });

  it('executes `executable` under the name that cmd gives', async () => {
    const { real, report: seen } = await report(() => ({ cmd: 'my-service', executable: process.execPath }));
    await using _ = real;
    expect(seen.argv0).to.equal('my-service');
  });

  it('takes shell operators for words, as Circus does', async () => {
    const { real, report: seen } = await report((file) => ({
      cmd: `node ${child('report.mjs')} ${file} a && b > c`,
      args: null,
      shell: true,
    }));
    await using _ = real;
    expect(seen.argv).to.deep.equal(['a', '&&', 'b', '>', 'c']);
  });

  it('runs as another user with that user’s groups, or says that it may not', async () => {
    if (!ROOT) {
      await using real = await Real.start(() => ({ watchers: { web: { cmd: 'sleep 60', uid: 0 } } }));
      expect(real.record.events.find((event) => event.name === 'spawn_failed')?.body).to.include({ errno: 'EPERM' });
      return;
    }
    await using real = await Real.start(() => ({ watchers: { web: { cmd: 'sleep 60', uid: 'nobody' } } }));
    const status = await eventually(async () => {
      const text = await readFile(`/proc/${real.pids()[0]}/status`, 'utf8');
      return /^Name:\s+sleep/m.test(text) ? text : undefined;
    });
    expect(status)
      .to.match(/^Uid:\t65534\t65534\t65534\t65534$/m)
      .and.match(/^Gid:\t65534\t65534\t65534\t65534$/m)
      .and.match(/^Groups:\t65534 ?$/m);
  });

  it('sets resource limits', async () => {
    await using real = await Real.start(() => ({
      watchers: { web: { cmd: 'sleep 60', rlimit_nofile: 123, rlimit_core: 0, rlimit_fsize: 'infinity' } },
    }));
    const limits = await eventually(async () => {
      const text = await readFile(`/proc/${real.pids()[0]}/limits`, 'utf8');
      return /Max open files\s+123\s/.test(text) ? text : undefined;
    });
    expect(limits)
      .to.match(/Max core file size\s+0\s+0\s/)
      .and.match(/Max file size\s+unlimited\s+unlimited/);
  });

  describe('what can not be done is one clear error', () => {
    const cases: readonly [string, (directory: string) => object, string, RegExp][] = [
      ['a command that is not there', () => ({ cmd: 'no-such-command' }), 'ENOENT', /no-such-command: not found in PATH/],
      ['a file that is not there', () => ({ cmd: '/no/such/file' }), 'ENOENT', /\/no\/such\/file/],
      ['a file that is not executable', (directory) => ({ cmd: join(directory, 'plain') }), 'EACCES', /plain: not executable/],
      ['a directory', () => ({ cmd: '/tmp' }), 'EACCES', /\/tmp/],
      [
        'a working_dir that is not there',
        () => ({ cmd: 'true', working_dir: '/no/such/place' }),
        'ENOENT',
        /working_dir \/no\/such\/place/,
      ],
      ['a working_dir that is a file', () => ({ cmd: 'true', working_dir: '/etc/passwd' }), 'ENOTDIR', /working_dir \/etc\/passwd/],
      ['a user that there is not', () => ({ cmd: 'true', uid: 'nobody-at-all' }), 'EINVAL', /no user "nobody-at-all"/],
      ['a group that there is not', () => ({ cmd: 'true', gid: 'nogroup-at-all' }), 'EINVAL', /no group "nogroup-at-all"/],
      ['a line that is too long', () => ({ cmd: 'true', args: ['x'.repeat(4 * 1024 * 1024)] }), 'E2BIG', /E2BIG/],
    ];
    for (const [title, options, errno, message] of cases) {
      it(title, async () => {
        await using real = await Real.start((file) => ({
          watchers: { idle: { cmd: 'sleep 60' }, web: { autostart: false, max_retry: 2, ...options(dirname(file)) } },
        }));
        await writeFile(join(real.directory, 'plain'), 'data');
        const outcome = await real.watcher('web').start();
        const failure = real.record.events.find((event) => event.name === 'spawn_failed')?.body;
        expect(failure).to.include({ errno });
        expect(failure).to.have.property('error').that.matches(message);
        expect(outcome.instead).to.contain('max_retry 2');
        expect(real.watcher('idle').status).to.equal('active');
      });
    }
  });

  it('recovers when the file comes back', async () => {
    await using real = await Real.start(() => ({ watchers: { idle: { cmd: 'sleep 60' } } }));
    const file = join(real.directory, 'tool');
    const started = real.supervisor.add('web', { cmd: `${file} 60`, max_retry: -1 }).start();
    await eventually(() => real.record.names('web').includes('spawn_failed'));
    await copyFile('/bin/sleep', file, constants.COPYFILE_EXCL);
    await started;
    await eventually(() => real.pids().length === 1);
  });
});
