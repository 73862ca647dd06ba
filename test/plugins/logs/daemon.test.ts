import { appendFileSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { eventually } from '../../../core/testing.js';
import type { Client } from '../../../plugins/control/client.js';
import type { ToldStream } from '../../../plugins/logs/logs-command.js';
import { RunningBin, runBin } from '../../fixtures/cli/run-bin.js';
import { Daemon, type Place } from '../../fixtures/daemon.js';

/** A watcher whose output is in memory, and grows with a file. */
const config = ({ directory, endpoint, pubsub_endpoint }: Place): string => {
  writeFileSync(join(directory, 'more'), '');
  return JSON.stringify({
    endpoint,
    pubsub_endpoint,
    plugins: { control: {}, logs: {} },
    watchers: {
      memo: {
        cmd: `sh -c 'echo one; echo two; echo oops >&2; exec tail -n +1 -f ${directory}/more'`,
        stdout: { type: 'memory' },
        stderr: `${directory}/err.log`,
      },
      kept: { cmd: "sh -c 'echo out; sleep 1000'", plugins: { logs: { tail: '4K' } } },
      both: {
        cmd: "sh -c 'echo out; echo oops >&2; sleep 1000'",
        stdout: { type: 'memory' },
        plugins: { logs: { tail: '4K' } },
      },
      plain: { cmd: 'sleep 1000' },
    },
  });
};

describe('logs: of a daemon', () => {
  let daemon: Daemon;
  let client: Client;
  let endpoint: readonly string[];
  before(async () => {
    daemon = await Daemon.start({ file: 'ringmaster.json', bin: 'main', args: () => ['run'], config });
    client = daemon.client();
    endpoint = ['--endpoint', daemon.place.endpoint];
    await told('memo stdout', /two/);
    await told('both stdout', /out/);
    await told('both stderr', /oops/);
    await told('kept stdout, stderr', /out/);
    await eventually(() => readFileSync(join(daemon.place.directory, 'err.log'), 'utf8') === 'oops\n');
  });
  after(() => daemon[Symbol.asyncDispose]());

  const streams = async (properties: object = {}): Promise<readonly ToldStream[]> =>
    (await client.call('logs', properties as never)).streams as readonly ToldStream[];
  it('does not keep what is in memory already a second time, as that of the other output', async () => {
    expect((await told('both stdout', /out/)).text).to.equal('out\n');
    expect((await told('both stderr', /oops/)).text).to.equal('oops\n');
  });

  const told = async (key: string, pattern: RegExp): Promise<ToldStream> => {
    for (;;) {
      const found = (await streams()).find(({ watcher, stream, text = '' }) => `${watcher} ${stream}` === key && pattern.test(text));
      if (found !== undefined) return found;
    }
  };

  it('are told by the command: lines in memory, names of files, and what goes elsewhere', async () => {
    const rows = (await streams()).map(({ watcher, stream, type, filename = '', text = '' }) => [watcher, stream, type, filename || text]);
    expect(rows.sort()).to.deep.equal([
      ['both', 'stderr', 'inherit', 'oops\n'],
      ['both', 'stdout', 'memory', 'out\n'],
      ['kept', 'stdout, stderr', 'inherit', 'out\n'],
      ['memo', 'stderr', 'file', `${daemon.place.directory}/err.log`],
      ['memo', 'stdout', 'memory', 'one\ntwo\n'],
      ['plain', 'stderr', 'inherit', ''],
      ['plain', 'stdout', 'inherit', ''],
    ]);
  });

  it('are told of one watcher, of one output, and so many lines', async () => {
    expect((await streams({ name: 'MEMO', stream: 'stdout', lines: 1 })).map(({ text }) => text)).to.deep.equal(['two\n']);
    expect((await streams({ name: 'memo', stream: 'stdout', since: Date.now() / 1000 + 60 })).map(({ text }) => text)).to.deep.equal(['']);
  });

  it('are shown by ringmaster logs without any config', async () => {
    const { stdout, stderr, status } = await runBin('main', ['logs', 'memo', ...endpoint], { cwd: daemon.place.directory });
    expect(stdout).to.equal('==> memo stderr <==\noops\n==> memo stdout <==\none\ntwo\n');
    expect([stderr, status]).to.deep.equal(['', 0]);
  });

  it('are followed without losing a line, or telling one twice', async () => {
    const running = new RunningBin('main', ['logs', 'memo', '-f', '-n', '1', '--stream', 'stdout', ...endpoint]);
    await running.printed('two\n');
    const more = join(daemon.place.directory, 'more');
    const lines = Array.from({ length: 2000 }, (_, number) => `line ${number}\n`);
    appendFileSync(more, lines.slice(0, 1000).join(''));
    await running.printed('line 999\n');
    appendFileSync(more, lines.slice(1000).join(''));
    await running.printed('line 1999\n');
    running.child.kill('SIGINT');
    const { stdout } = await running.ended;
    expect(stdout).to.equal(`two\n${lines.join('')}`);
  });

  it('of a watcher that there is not are refused, with a hint', async () => {
    const { stderr, status } = await runBin('main', ['logs', 'mem', ...endpoint]);
    expect([stderr, status]).to.deep.equal(['ringmaster logs: program mem not found; did you mean memo?\n', 3]);
    const nobody = await runBin('main', ['logs', 'nobody', ...endpoint]);
    const hint = '`ringmaster list` shows the watchers there are';
    expect([nobody.stderr, nobody.status]).to.deep.equal([`ringmaster logs: program nobody not found; ${hint}\n`, 3]);
  });

  it('tell what can not be shown, and why', async () => {
    const { stderr } = await runBin('main', ['logs', 'plain', ...endpoint]);
    expect(stderr).to.equal("stdout of plain is in the daemon's own output\nstderr of plain is in the daemon's own output\n");
  });

  it('need a daemon where one is named', async () => {
    const { stderr, status } = await runBin('main', ['logs', '--endpoint', 'ipc:///nonexistent/c.sock']);
    expect(stderr).to.match(/^ringmaster logs: cannot connect to ipc:\/\/\/nonexistent\/c.sock: .*; start the daemon/);
    expect(status).to.equal(1);
  });
});
