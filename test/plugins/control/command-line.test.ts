import { expect } from 'chai';
import { ArgumentError, type CliOptions, type Reply } from '../../../plugins/control/command.js';
import { commandTable } from '../../../plugins/control/commands/index.js';

const cliOf = (name: string) => {
  const cli = commandTable.get(name)?.cli;
  if (cli === undefined) throw new Error(`${name} has no command-line form`);
  return cli;
};

describe('control: command-line forms', () => {
  const messages: readonly (readonly [words: string, options: CliOptions, properties: object])[] = [
    ['add web sleep 10', { start: true }, { name: 'web', cmd: 'sleep 10', start: true }],
    ['add web sleep', {}, { name: 'web', cmd: 'sleep', start: false }],
    ['decr web', {}, { name: 'web' }],
    ['incr web 3', { waiting: true }, { name: 'web', nb: 3, waiting: true }],
    ['dstats', {}, {}],
    ['get web cmd uid', {}, { name: 'web', keys: ['cmd', 'uid'] }],
    ['globaloptions endpoint', {}, { option: 'endpoint' }],
    ['globaloptions', {}, {}],
    ['kill web 12', { signum: 'HUP', graceful_timeout: 3 }, { name: 'web', pid: 12, signum: 'HUP', graceful_timeout: 3 }],
    ['list web', {}, { name: 'web' }],
    ['listen', {}, { topics: [''] }],
    ['listen watcher.web.', {}, { topics: ['watcher.web.'] }],
    ['options web', {}, { name: 'web' }],
    ['quit', { waiting: true }, { waiting: true }],
    ['reload web', { terminate: true, sequential: true }, { name: 'web', graceful: false, sequential: true }],
    ['reload', {}, { graceful: true }],
    ['restart w*', { match: 'glob', waiting: false }, { name: 'w*', match: 'glob' }],
    ['rm web', { nostop: true }, { name: 'web', nostop: true }],
    ['set web NUMPROCESSES 3 respawn no', {}, { name: 'web', options: { numprocesses: 3, respawn: false } }],
    ['signal web 12 HUP', { recursive: true }, { name: 'web', pid: 12, signum: 'HUP', recursive: true }],
    ['signal web 9', {}, { name: 'web', signum: '9' }],
    ['stats web 12', { extended: true }, { name: 'web', process: 12, extended: true }],
    ['status', {}, {}],
    ['stop', { waiting: true }, { waiting: true }],
  ];
  for (const [words, options, properties] of messages) {
    it(`${words} ${JSON.stringify(options)} asks for ${JSON.stringify(properties)}`, () => {
      const [name = '', ...args] = words.split(' ');
      expect(cliOf(name).message(args, options)).to.deep.equal(properties);
    });
  }

  for (const words of [
    'add web',
    'incr',
    'incr web x',
    'get web',
    'kill',
    'kill web x',
    'options',
    'rm',
    'set web cmd',
    'set web a b c',
    'signal web',
    'signal web x 9',
    'stats a x',
    'status a b',
    'quit now',
  ]) {
    it(`${words} is refused with what would be right`, () => {
      const [name = '', ...args] = words.split(' ');
      expect(() => cliOf(name).message(args, {})).to.throw(ArgumentError, /expected: |must be a number, got "x"/);
    });
  }

  const info = {
    pid: 7,
    cmdline: 'sleep',
    username: 'me',
    nice: 0,
    mem_info1: '1.00K',
    mem_info2: '2.00K',
    cpu: 0.5,
    mem: 0.1,
    ctime: '0:00.00',
  };
  const line = '7  sleep me 0 1.00K 2.00K 0.5 0.1 0:00.00';
  const prints: readonly (readonly [name: string, reply: Omit<Reply, 'status'> & { status?: string }, text: string])[] = [
    ['start', {}, 'ok'],
    ['incr', {}, 'ok'],
    ['incr', { numprocesses: 4 }, '4'],
    ['decr', { numprocesses: 1, singleton: true }, 'This watcher is a Singleton - not changing the number of processes'],
    ['numprocesses', { numprocesses: 4 }, '4'],
    ['numwatchers', { numwatchers: 2 }, '2'],
    ['list', { watchers: ['a', 'b'] }, 'a,b'],
    ['list', { pids: [1, 2] }, '1,2'],
    ['status', { statuses: { b: 'active', a: 'stopped' } }, 'a: stopped\nb: active'],
    ['status', { status: 'active' }, 'active'],
    ['options', { options: { a: null, b: true, c: { x: ['y'] }, env: { B: '2', A: '1' } } }, "a: \nb: True\nc: {'x': ['y']}\nenv: A=1,B=2"],
    ['get', { options: { env: null, cmd: 'x' } }, 'env: \ncmd: x'],
    ['get', { options: { umask: 0o27, nice: 5 } }, 'umask: 027\nnice: 5'],
    ['set', { warnings: ['copy_path has no effect'] }, 'ok\nwarning: copy_path has no effect'],
    ['globaloptions', { options: { check_delay: 5 } }, 'check_delay: 5'],
    ['listsockets', { sockets: [] }, ''],
    [
      'listsockets',
      {
        sockets: [
          { fd: 5, name: 'web', host: 'h', port: 80 },
          { fd: 6, name: 'u', path: '/s' },
        ],
      },
      "5:socket 'web' at h:80\n6:socket 'u' at /s",
    ],
    [
      'stats',
      { name: 'web', info: { 7: { ...info, children: [info] }, 8: 'No such process (stopped?)' } },
      `web:\n7: ${line}\n   ${line}\n8: No such process (stopped?)`,
    ],
    ['stats', { infos: { web: { 7: info }, db: {} } }, `web:\n7: ${line}\ndb:`],
    ['stats', { process: 7, info }, `7: ${line}\n`],
    ['dstats', { info: { ...info, children: [] } }, `Main Process:\n    ${line}`],
    ['dstats', { info: { ...info, children: [info] } }, `Main Process:\n    ${line}\nChildren:\n    ${line}`],
  ];
  for (const [name, reply, text] of prints) {
    it(`${name} prints ${JSON.stringify(text)}`, () => expect(cliOf(name).print({ status: 'ok', ...reply })).to.equal(text));
  }

  it('every command is listed under its own name', () => {
    for (const [name, command] of commandTable) expect(command.name).to.equal(name);
    expect(commandTable.size).to.equal(36);
  });
});
