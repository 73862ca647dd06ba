import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect } from 'chai';
import { Supervisor } from '../../../../../core/index.js';
import { eventually } from '../../../../../core/testing.js';
import control from '../../../../../plugins/control/index.js';
import { binFile, runBin } from '../../../../fixtures/cli/run-bin.js';

const run = promisify(execFile);

/** A supervisor to look at, and a terminal of 80 by 24 that runs what it is told. */
class Terminal implements AsyncDisposable {
  readonly dir = mkdtempSync(join(tmpdir(), 'rm-top-'));
  readonly endpoint = `ipc://${join(this.dir, 'c')}`;
  readonly stats_endpoint = `ipc://${join(this.dir, 's')}`;
  readonly supervisor: Supervisor;

  constructor(has_stats: boolean) {
    this.supervisor = new Supervisor(
      {
        endpoint: this.endpoint,
        pubsub_endpoint: `ipc://${join(this.dir, 'e')}`,
        ...(has_stats && { stats_endpoint: this.stats_endpoint }),
        watchers: { web: { cmd: 'sleep 60', numprocesses: 2, graceful_timeout: 1 }, db: { cmd: 'sleep 60' } },
      },
      { plugins: [control] },
    );
  }

  async tmux(...args: readonly string[]): Promise<string> {
    return (await run('tmux', ['-S', join(this.dir, 'tmux'), '-f', '/dev/null', ...args], { env: { ...process.env, LC_ALL: 'C.UTF-8' } }))
      .stdout;
  }

  /** Runs a command in the terminal; what it printed before, its exit status and the terminal's settings can be seen there afterwards. */
  async open(bin: 'main' | 'circus-top', args: readonly string[], node: readonly string[] = []): Promise<void> {
    const command = [process.execPath, ...node, binFile(bin), ...args].map((word) => `'${word}'`).join(' ');
    await this.tmux(
      '-u',
      'new-session',
      '-d',
      '-x',
      '80',
      '-y',
      '24',
      `echo BEFORE; ${command}; echo status $?; stty -a | grep -ow -e '-*echo' -e '-*icanon'; exec sleep 60`,
    );
  }

  keys(...keys: readonly string[]): Promise<string> {
    return this.tmux('send-keys', ...keys);
  }

  /** What the terminal shows, once it is as wanted. */
  shows(...patterns: readonly RegExp[]): Promise<string> {
    let text = '';
    return eventually(
      async () => {
        text = await this.tmux('capture-pane', '-p');
        for (const pattern of patterns) expect(text).to.match(pattern);
        return text;
      },
      { what: `the terminal to show ${patterns.join(' and ')}` },
    );
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.tmux('kill-server').catch((error: unknown) => expect(String(error)).to.match(/no server|error connecting/));
    await this.supervisor.stop();
    rmSync(this.dir, { recursive: true });
  }
}

const RESTORED = /BEFORE\nstatus 0\nicanon\necho\n/;

describe('top: in a terminal', () => {
  for (const has_stats of [true, false]) {
    it(`shows, scales, stops and filters ${has_stats ? 'from the statistics endpoint' : 'by asking for stats'}, and leaves the terminal as it was`, async () => {
      await using terminal = new Terminal(has_stats);
      await terminal.supervisor.start();
      await terminal.open('main', ['top', '--endpoint', terminal.endpoint]);
      await terminal.shows(/web +active 2 /, /circus +1 /, /4 processes/);
      await terminal.keys('o', 'o', '/', 'w', 'e', 'b', 'Enter');
      await eventually(async () => expect(await terminal.shows(/\/ web/)).not.to.match(/^db/m));
      await terminal.keys('+');
      await terminal.shows(/web: ok|press \+ again/);
      await terminal.keys('+');
      await terminal.shows(/web +active [34] /);
      await terminal.keys('s');
      await terminal.shows(/web +stopped 0 /);
      await eventually(() => terminal.supervisor.find('web')?.status === 'stopped');
      await terminal.keys('?');
      await terminal.shows(/replace the process/);
      await terminal.keys('x', 'q');
      await terminal.shows(RESTORED);
    });
  }

  it('circus-top only watches; Ctrl-C ends it', async () => {
    await using terminal = new Terminal(true);
    await terminal.supervisor.start();
    await terminal.open('circus-top', ['--endpoint', terminal.stats_endpoint]);
    await terminal.shows(/web +2 /);
    await terminal.keys('r');
    await terminal.shows(/only watching|press r again/);
    await terminal.keys('C-c');
    await terminal.shows(RESTORED);
    expect(terminal.supervisor.find('web')?.status).to.equal('active');
  });

  it('is told to end by a signal, and leaves the terminal as it was', async () => {
    await using terminal = new Terminal(false);
    await terminal.supervisor.start();
    await terminal.open('main', ['top', '--endpoint', terminal.endpoint]);
    await terminal.shows(/web +active 2 /);
    const shell = (await terminal.tmux('list-panes', '-F', '#{pane_pid}')).trim();
    const [top] = (await run('pgrep', ['-P', shell])).stdout.split('\n');
    process.kill(Number(top), 'SIGTERM');
    await terminal.shows(RESTORED);
  });

  it('leaves the terminal as it was when it crashes, and the error can be read', async () => {
    await using terminal = new Terminal(false);
    await terminal.supervisor.start();
    const crash = 'data:text/javascript,setTimeout(()=>{throw new Error(`crashed`)},1500)';
    await terminal.open('main', ['top', '--endpoint', terminal.endpoint], ['--import', crash]);
    expect(await terminal.shows(/status 1\nicanon\necho\n/)).to.match(/BEFORE\n(.*\n)*.*Error: crashed/);
  });

  it('prints one table where there is no terminal', async () => {
    await using terminal = new Terminal(true);
    await terminal.supervisor.start();
    for (const [bin, args] of [
      ['main', ['top', '--endpoint', terminal.endpoint]],
      ['circus-top', ['--once', '--endpoint', terminal.stats_endpoint]],
    ] as const) {
      const { stdout, status, stderr } = await runBin(bin, args);
      expect({ status, stderr }).to.deep.equal({ status: 0, stderr: '' });
      expect(stdout)
        .to.match(/^NAME .*\n(.*\n)*web .* \d/)
        .and.match(/circusd|node/);
      expect(stdout).not.to.match(/\p{Cc}(?<!\n)/u);
    }
  });

  it('says where nothing publishes, and what is wrong on the command line', async () => {
    const refused = await runBin('circus-top', ['--endpoint', 'ipc:///nonexistent/s']);
    expect(refused).to.include({ status: 1, stdout: '' });
    expect(refused.stderr).to.include('nothing publishes statistics at ipc:///nonexistent/s');
    expect(await runBin('circus-top', ['--nope'])).to.include({ status: 2 });
    expect((await runBin('circus-top', ['--process-timeout', 'x'])).stderr).to.include('--process-timeout must be a number of seconds');
    expect((await runBin('circus-top', ['--help'])).stdout).to.include('--process-timeout');
    expect((await runBin('circus-top', ['--version'])).stdout).to.match(/^\d+\.\d+\.\d+/);
  });
});
