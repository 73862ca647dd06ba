import { once } from 'node:events';
import { createServer } from 'node:net';
import { PassThrough } from 'node:stream';
import { expect } from 'chai';
import { CTL_COMMANDS, runLine } from '../../../../plugins/control/cli/ctl.js';
import { readCtlLine } from '../../../../plugins/control/cli/ctl-arguments.js';
import { StubDaemon } from '../../../fixtures/cli/router.js';
import { type Bin, RunningBin, runBin } from '../../../fixtures/cli/run-bin.js';

const NOT_FOUND = { status: 'error', reason: 'program nope not found', tb: null, errno: 3 };
const MISSPELT = {
  status: 'error',
  reason: "unknown key 'numproceses'",
  tb: null,
  errno: 3,
  fix: 'see the options',
  context: { did_you_mean: 'numprocesses' },
};

describe('control cli: programs against an endpoint', () => {
  let daemon: StubDaemon;
  before(async () => {
    daemon = await StubDaemon.start({
      status: ({ name }) =>
        name === undefined ? { statuses: { web: 'active', Tick: 'stopped' } } : name === 'nope' ? NOT_FOUND : { status: 'active' },
      list: ({ name }) => (name === undefined ? { watchers: ['tick', 'web'] } : { pids: [11, 12] }),
      restart: () => ({ info: { started: [] }, instead: '5 spawns in a row failed (max_retry 5): ENOENT' }),
      start: ({ name }) => (name === 'nope' ? { ...NOT_FOUND, fix: '`ringmaster list` shows them' } : {}),
      stop: () => null,
      get: () => ({ options: { numprocesses: 3 } }),
      set: ({ options }) => (typeof options === 'object' && options !== null && 'numproceses' in options ? MISSPELT : {}),
    });
  });
  after(() => daemon[Symbol.asyncDispose]());
  const run = (bin: Bin, args: readonly string[], input = '') => runBin(bin, args, { env: { CIRCUSCTL_ENDPOINT: daemon.endpoint }, input });

  const answered: readonly [Bin, readonly string[], string][] = [
    ['circusctl', ['status'], 'Tick: stopped\nweb: active\n'],
    ['circusctl', ['status', 'web'], 'active\n'],
    ['circusctl', ['list'], 'tick,web\n'],
    ['circusctl', ['list', 'web'], '11,12\n'],
    ['circusctl', ['start', '--waiting', 'web'], 'ok\n'],
    ['main', ['list', 'web'], '11,12\n'],
  ];
  it('ringmaster shows how many there are of how many are wanted, and pids, where its output goes to a file too, circusctl what Circus does', async () => {
    const { stdout, status } = await run('main', ['status']);
    expect(status).to.equal(0);
    expect(stdout).to.equal(
      ['WATCHER  STATUS   PROCESSES  PIDS', 'Tick     stopped  2/3        11 12', 'web      active   2/3        11 12', ''].join('\n'),
    );
  });

  for (const [bin, args, stdout] of answered) {
    it(`${bin} ${args.join(' ')} prints the answer`, async () => {
      expect(await run(bin, args)).to.deep.include({ stdout, stderr: '', status: 0 });
    });
  }

  for (const bin of ['circusctl', 'main'] as const) {
    it(`${bin} exits with 3 and prints the reason where the daemon says no`, async () => {
      expect(await run(bin, ['status', 'nope'])).to.deep.include({ stdout: '', stderr: 'error: program nope not found\n', status: 3 });
    });

    it(`${bin} takes options to set as two words or as one`, async () => {
      daemon.asked.length = 0;
      expect(await run(bin, ['set', 'web', 'numprocesses=3', 'env', 'A=1,B=2', 'stdout=x=y.log'])).to.deep.include({
        stdout: 'ok\n',
        status: 0,
      });
      const options = { numprocesses: 3, env: { A: '1', B: '2' }, stdout: 'x=y.log' };
      expect(daemon.asked).to.deep.equal([{ command: 'set', properties: { name: 'web', options } }]);
      const { stderr, status } = await run(bin, ['set', 'web', 'numprocesses']);
      expect(status).to.equal(1);
      expect(stderr).to.include('"numprocesses" has no value, expected: set <name> <key> <value>');
    });

    it(`${bin} exits with 1 after a time-out, and says what may be done`, async () => {
      const { stdout, stderr, status } = await run(bin, ['--timeout', '0.2', 'stop', 'web']);
      expect({ stdout, status }).to.deep.equal({ stdout: '', status: 1 });
      expect(stderr)
        .to.include(`Timed out. No answer from ${daemon.endpoint} within 0.2 s`)
        .and.include('--endpoint')
        .and.include('--timeout');
    });

    it(`${bin} sends what was typed`, async () => {
      await run(bin, ['set', 'web', 'max_retry', '-1', 'numprocesses', '3', '--waiting']);
      expect(daemon.asked.at(-1)).to.deep.equal({
        command: 'set',
        properties: { name: 'web', options: { max_retry: -1, numprocesses: 3 }, waiting: true },
      });
    });
  }

  it('main says what was probably meant, or what to do, where the daemon says no', async () => {
    expect(await run('main', ['set', 'web', 'numproceses', '3'])).to.deep.include({
      stderr: "error: unknown key 'numproceses'; did you mean numprocesses?\n",
      status: 3,
    });
    expect((await run('main', ['start', 'nope'])).stderr).to.equal('error: program nope not found; `ringmaster list` shows them\n');
  });

  for (const bin of ['circusctl', 'main'] as const) {
    it(`${bin} says so where something else listens`, async () => {
      const other = createServer((socket) => socket.end('HTTP/1.1 400 Bad Request\r\n\r\n')).listen(0, '127.0.0.1');
      try {
        await once(other, 'listening');
        const address = other.address();
        const endpoint = `tcp://127.0.0.1:${typeof address === 'object' ? address?.port : ''}`;
        const { stderr, status } = await run(bin, ['--endpoint', endpoint, 'status']);
        expect(stderr).to.include(
          `cannot connect to ${endpoint}: what listens there does not speak ZeroMQ, or wants a key (--key and --server-key)\n`,
        );
        expect(status).to.equal(1);
      } finally {
        other.close();
      }
    });
  }

  it('ringmaster says what is missing where Node may load no addon: RM_ZEROMQ', async () => {
    const flags = process.allowedNodeEnvironmentFlags.has('--permission') ? '--permission' : '--experimental-permission';
    const { stderr, status } = await runBin('main', ['status'], {
      env: { NODE_OPTIONS: `${flags} --allow-fs-read=*`, CIRCUSCTL_ENDPOINT: daemon.endpoint, RINGMASTER_ENDPOINT: daemon.endpoint },
    });
    expect(stderr).to.include('cannot load ZeroMQ: No compatible zeromq.js addon found').and.include('--allow-addons');
    expect(status).to.equal(1);
  });

  it('circusctl prints JSON, an error too, with status 0 as Circus does', async () => {
    const { stdout, status } = await run('circusctl', ['status', 'nope', '--json']);
    expect(stdout).to.match(
      /^\{"status": "error", "time": 1700000000\.5, "reason": "program nope not found", "tb": null, "errno": 3, "id": /,
    );
    expect(status).to.equal(0);
    const pretty = await run('circusctl', ['--json', '--prettify', 'list']);
    expect(pretty.stdout).to.match(/^\{\n {2}"id": ".*",\n {2}"status": "ok",\n/);
  });

  it('ringmaster prints the whole answer with --json, with status 3 for an error', async () => {
    const { stdout, status } = await run('main', ['--json', 'status', 'nope']);
    expect(JSON.parse(stdout)).to.include({ status: 'error', errno: 3 });
    expect(status).to.equal(3);
  });

  it('ringmaster says why what it waited for has not come about, with status 3; circusctl is as content as Circus is', async () => {
    const restart = ['restart', 'web', '--waiting'];
    const [plain, json, circus] = await Promise.all([run('main', restart), run('main', [...restart, '--json']), run('circusctl', restart)]);
    const instead = '5 spawns in a row failed (max_retry 5): ENOENT';
    expect(plain).to.deep.include({ stdout: '', stderr: `not done: ${instead}\n`, status: 3 });
    expect([JSON.parse(json.stdout).instead, json.status]).to.deep.equal([instead, 3]);
    expect(circus).to.deep.include({ stdout: 'ok\n', status: 0 });
  });

  it('circusctl exits with 1 for wrong arguments and 2 for unknown ones', async () => {
    expect((await run('circusctl', ['list', 'a', 'b', 'c'])).status).to.equal(1);
    const unknown = await run('circusctl', ['lst']);
    expect(unknown.stderr).to.equal(
      'usage: circusctl [options] command [args]\ncircusctl: error: unrecognized arguments: lst (did you mean list?)\n',
    );
    expect(unknown.status).to.equal(2);
  });

  it('circusctl shows the help of a command, wherever --help stands', async () => {
    const { stdout } = await run('circusctl', ['--help', 'list']);
    expect(stdout).to.match(/^List watchers, or the pids of one\n\nusage: circusctl \[options\] list \[<name>\]\n/);
    expect((await run('circusctl', ['list', '--help'])).stdout).to.equal(stdout);
  });

  it('the prompt answers line by line from a pipe, and goes on after mistakes', async () => {
    const { stdout, stderr, status } = await run('circusctl', [], 'list\nbogus\n\nlist "x\nstatus nope\nhelp list\nlist --json\n');
    expect(stdout).to.match(
      /^circusctl \d+\.\d+\.\d+\nTick: stopped\nweb: active\n\(circusctl\) tick,web\n\(circusctl\) \*\*\* Unknown syntax: bogus/,
    );
    expect(stdout).to.include('usage: circusctl [options] list [<name>]').and.include('{"status": "ok", ');
    expect(stdout).to.match(/\(circusctl\) \n$/);
    expect(stderr).to.equal('error: a " is not closed\nerror: program nope not found\n');
    expect(status).to.equal(0);
  });

  it('a line of the prompt ends with its signal: what listens stops to, and nobody waits for an answer', async () => {
    for (const words of [['listen'], ['stop', 'web']]) {
      const ended = new AbortController();
      const [stdout, stderr] = [new PassThrough(), new PassThrough()];
      const io = { stdin: new PassThrough(), stdout, stderr, env: { CIRCUSCTL_ENDPOINT: daemon.endpoint } };
      const done = runLine(readCtlLine(words, CTL_COMMANDS), io, { signal: ended.signal });
      if (words[0] === 'listen') await daemon.subscribed();
      ended.abort();
      expect(await done).to.be.within(0, 1);
      expect([stdout.read(), stderr.read()]).to.deep.equal([null, null]);
    }
    // The end of the subscription, so that the next test reads its own.
    await daemon.subscribed();
  });

  for (const [bin, told] of [
    ['main', '22:13:20 watcher.web.reap process_pid=3 exit_code=-9\n'],
    ['circusctl', 'watcher.web.reap: {"process_pid":3,"time":1700000000.5,"exit_code":-9}\n'],
  ] as const) {
    it(`${bin} listens to events until Ctrl-C`, async () => {
      const listening = new RunningBin(bin, ['listen', 'watcher.web.'], { env: { CIRCUSCTL_ENDPOINT: daemon.endpoint } });
      await daemon.subscribed();
      await daemon.publish('watcher.tick.spawn', {});
      await daemon.publish('watcher.web.reap', { process_pid: 3, time: 1700000000.5, exit_code: -9 });
      await listening.printed('\n');
      listening.child.kill('SIGINT');
      expect(await listening.ended).to.deep.include({ stdout: told, stderr: '', status: 0 });
      // The end of the subscription, so that the next test reads its own.
      await daemon.subscribed();
    });
  }
});
