import { expect } from 'chai';
import { RingmasterError } from '../../../../core/index.js';
import { readCtlLine } from '../../../../plugins/control/cli/ctl-arguments.js';
import { completeLine } from '../../../../plugins/control/cli/ctl-completion.js';
import { commandHelp, ctlHelp } from '../../../../plugins/control/cli/ctl-help.js';
import { chooseEndpoint, mustNotBeStrangers, timeoutOf } from '../../../../plugins/control/cli/endpoint.js';
import { jsonText } from '../../../../plugins/control/cli/json-text.js';
import { eventLine } from '../../../../plugins/control/cli/listen.js';
import { statusTable } from '../../../../plugins/control/cli/status-table.js';
import { failureOf } from '../../../../plugins/control/cli/talk.js';
import { commandTable } from '../../../../plugins/control/commands/index.js';
import { TemporaryDirectory } from '../../../fixtures/cli/temporary.js';

describe('control cli: which daemon', () => {
  const env = { RINGMASTER_RUNTIME_DIR: '/nonexistent' };
  const circus = { endpoint: 'tcp://127.0.0.1:5555', passed_over: 'ipc:///x' };
  const names = ['RINGMASTER_ENDPOINT', 'CIRCUSCTL_ENDPOINT'];
  const choices: readonly [string, string | undefined, Record<string, string>, string][] = [
    ['--endpoint before all', 'tcp://a:1', { RINGMASTER_ENDPOINT: 'tcp://b:2' }, 'tcp://a:1'],
    [
      'RINGMASTER_ENDPOINT before CIRCUSCTL_ENDPOINT',
      undefined,
      { RINGMASTER_ENDPOINT: 'ipc:///b', CIRCUSCTL_ENDPOINT: 'tcp://c:3' },
      'ipc:///b',
    ],
    ['CIRCUSCTL_ENDPOINT where the other is empty', undefined, { RINGMASTER_ENDPOINT: '', CIRCUSCTL_ENDPOINT: 'tcp://c:3' }, 'tcp://c:3'],
    ["Circus's where nothing is named", undefined, {}, 'tcp://127.0.0.1:5555'],
  ];
  for (const [what, given, variables, endpoint] of choices) {
    it(`is ${what}`, () => {
      expect(chooseEndpoint(given, names, { ...env, ...variables }).endpoint).to.equal(endpoint);
    });
  }

  it("does not take Circus's port for a daemon unasked where another user listens there", () => {
    const asked: number[] = [];
    const stranger = (port: number): number => {
      asked.push(port);
      return 1002;
    };
    expect(() => mustNotBeStrangers(circus, stranger)).to.throw('tcp://127.0.0.1:5555: what listens there belongs to uid 1002');
    expect(asked).to.deep.equal([5555]);
    expect(() => mustNotBeStrangers({ endpoint: circus.endpoint }, stranger)).not.to.throw();
    expect(() => mustNotBeStrangers(circus, () => undefined)).not.to.throw();
  });

  it('is the one in the runtime directory where it is there', () => {
    using directory = new TemporaryDirectory();
    directory.file('control.sock', '');
    expect(chooseEndpoint(undefined, [], { RINGMASTER_RUNTIME_DIR: directory.path }).endpoint).to.equal(
      `ipc://${directory.at('control.sock')}`,
    );
  });

  it('is that one too while it is being upgraded', () => {
    using directory = new TemporaryDirectory();
    directory.file('control.sock.upgrade', '');
    expect(chooseEndpoint(undefined, [], { RINGMASTER_RUNTIME_DIR: directory.path }).endpoint).to.equal(
      `ipc://${directory.at('control.sock')}`,
    );
  });

  it("says where one's own would be, where Circus's is tried instead", () => {
    using directory = new TemporaryDirectory();
    const target = { ...chooseEndpoint(undefined, [], { RINGMASTER_RUNTIME_DIR: directory.path }), timeout_ms: 1 };
    const error = new RingmasterError('RM_CLIENT_REFUSED', [target.endpoint, 'nothing listens there']);
    expect(failureOf(error, target).text).to.match(
      /^cannot connect to tcp:\/\/127\.0\.0\.1:5555: nothing listens there\nThere is no ipc:\S+\/control\.sock either, where a daemon of yours would listen\.\nStart one/,
    );
  });

  it('must be an address, wherever it was named', () => {
    expect(() => chooseEndpoint('localhost', names, env)).to.throw('--endpoint must be tcp://HOST:PORT or ipc://PATH, got "localhost"');
    expect(() => chooseEndpoint(undefined, names, { CIRCUSCTL_ENDPOINT: 'tcp://x' })).to.throw('CIRCUSCTL_ENDPOINT must be');
  });

  it('is waited for a number of seconds above 0', () => {
    expect(timeoutOf(undefined, 5)).to.equal(5000);
    expect(timeoutOf('0.5', 5)).to.equal(500);
    for (const wrong of ['0', '-1', 'x', 'Infinity'])
      expect(() => timeoutOf(wrong, 5)).to.throw(`--timeout must be a number of seconds above 0, got "${wrong}"`);
  });
});

describe('control cli: reading a line of circusctl', () => {
  it('finds the command and its options among those of the program', () => {
    const line = readCtlLine(['--timeout', '3', 'STOP', '--waiting', 'web', '--json'], commandTable);
    expect(line.command?.name).to.equal('stop');
    expect(line).to.deep.include({ args: ['web'], values: { timeout: '3', waiting: true, json: true } });
    expect(line.problem).to.equal(undefined);
  });

  const wrong: readonly [string, string][] = [
    ['statsu', 'unrecognized arguments: statsu (did you mean stats?)'],
    ['zzz', 'unrecognized arguments: zzz'],
    ['list --waiting', 'unrecognized arguments: --waiting'],
    ['stop --wating', 'unrecognized arguments: --wating (did you mean --waiting?)'],
    ['--jsn list', 'unrecognized arguments: --jsn (did you mean --json?)'],
    ['kill web --signum', 'argument --signum: a value is wanted'],
  ];
  for (const [text, problem] of wrong) {
    it(`says what is wrong with ${text}`, () => {
      expect(readCtlLine(text.split(' '), commandTable).problem).to.equal(problem);
    });
  }

  it('is content without a command', () => {
    expect(readCtlLine(['--json'], commandTable)).to.deep.equal({ values: { json: true }, command: null, args: [] });
  });
});

describe('control cli: a refusal', () => {
  const text = (reply: { readonly reason: string; readonly [key: string]: string }): string =>
    failureOf(new RingmasterError('RM_CLIENT_REPLY', [reply.reason], { context: { reply } }), {
      endpoint: 'ipc://x',
      timeout_ms: 1,
    }).text;

  it('is told without the mark that Circus gives one that comes late, where the daemon is one of ours', () => {
    expect(text({ status: 'error', reason: 'server error: it failed', code: 'RM_CONFIG_APPLY' })).to.equal('error: it failed');
    expect(text({ status: 'error', reason: 'server error: it failed' })).to.equal('error: server error: it failed');
  });
});

describe('control cli: completion in the prompt', () => {
  const cases: readonly [string, readonly string[]][] = [
    ['numw', ['numwatchers']],
    ['hel', ['help']],
    ['help reloadc', ['reloadconfig']],
    ['help list ', []],
    ['stop ', ['web', 'worker']],
    ['stop wo', ['worker']],
    ['stop --waiting w', ['web', 'worker']],
    ['stop web w', []],
    ['stop --w', ['--waiting']],
    ['numwatchers w', []],
    ['nonsense w', []],
  ];
  for (const [line, hits] of cases) {
    it(`offers ${hits.join(', ') || 'nothing'} for "${line}"`, () => {
      expect(completeLine(line, commandTable, ['web', 'worker']).hits).to.deep.equal(hits);
    });
  }
});

describe('control cli: what is printed', () => {
  it('lists every command in the help, in order', () => {
    const names = [...commandTable.keys()].sort();
    const help = ctlHelp(commandTable.values());
    const positions = names.map((name) => help.search(new RegExp(`^  ${name} +\\S`, 'm')));
    expect(positions.every((position, index) => position > (positions[index - 1] ?? 0))).to.equal(true);
  });

  for (const command of commandTable.values()) {
    it(`has help for ${command.name} with its usage and options`, () => {
      const help = commandHelp(command);
      expect(help).to.include(`usage: circusctl [options] ${command.name}`).and.include(command.description);
      for (const { name, summary } of command.cli?.options ?? [])
        expect(help)
          .to.match(new RegExp(`--${name}\\b.*`))
          .and.include(summary);
    });
  }

  it("writes JSON as Circus's does", () => {
    const reply = { status: 'ok', pids: [1, 2], time: 1.5, info: { b: null, a: 'é' }, none: [] };
    expect(jsonText(reply, false)).to.equal(
      '{"status": "ok", "pids": [1, 2], "time": 1.5, "info": {"b": null, "a": "\\u00e9"}, "none": []}',
    );
    expect(jsonText({ b: 1, a: [{ d: 1, c: 2 }] }, true)).to.equal(
      '{\n  "a": [\n    {\n      "c": 2,\n      "d": 1\n    }\n  ],\n  "b": 1\n}',
    );
  });

  it('aligns the table of statuses and counts pids that are too many', () => {
    const many = Array.from({ length: 10 }, (_, index) => index + 100);
    const table = statusTable([
      { name: 'a', status: 'stopped', wanted: 1, pids: [] },
      { name: 'workers', status: 'active', wanted: 12, pids: many },
    ]);
    expect(table.split('\n')).to.deep.equal([
      'WATCHER  STATUS   PROCESSES  PIDS',
      'a        stopped  0/1',
      'workers  active   10/12      100 101 102 103 104 105 106 107 and 2 more',
    ]);
  });

  it('writes an event with its time and fields', () => {
    expect(eventLine('watcher.web.reap', { process_pid: 3, time: 1700000000.5, exit_code: -9 })).to.equal(
      '22:13:20 watcher.web.reap process_pid=3 exit_code=-9',
    );
    expect(eventLine('watcher.web.gave_up', { reason: 'it dies' })).to.equal('watcher.web.gave_up reason=it dies');
    expect(eventLine('x', null)).to.equal('x');
  });
});
