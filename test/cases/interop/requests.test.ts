import { expect } from 'chai';
import { Daemon } from '../../fixtures/interop/daemon.js';

const SECTIONS = `
[watcher:web]
cmd = sleep 300
numprocesses = 2
priority = 5
[watcher:My Job]
cmd = sleep
args = 300
custom = hello
[watcher:single]
cmd = sleep 300
singleton = True
[watcher:off]
cmd = sleep 300
autostart = False
[env:web]
FOO = bar
`;

/** Command, properties, what the reply must include. Nothing in here changes anything. */
const REPLIES: readonly (readonly [string, object | undefined, object])[] = [
  [
    'status',
    undefined,
    { status: 'ok', statuses: { web: 'active', 'My Job': 'active', single: 'active', off: 'stopped', fence: 'stopped' } },
  ],
  ['STATUS', { name: 'WEB' }, { status: 'active' }],
  ['status', { name: 'my job' }, { status: 'active' }],
  ['status', { name: 'nope' }, { status: 'error', errno: 3, reason: 'program nope not found', tb: null }],
  ['list', undefined, { watchers: ['fence', 'my job', 'off', 'single', 'web'] }],
  ['list', { name: 'off' }, { status: 'ok', pids: [] }],
  ['numwatchers', undefined, { status: 'ok', numwatchers: 5 }],
  ['numprocesses', undefined, { status: 'ok', numprocesses: 4 }],
  ['numprocesses', { name: 'web' }, { status: 'ok', numprocesses: 2, watcher_name: 'web' }],
  ['get', { name: 'web', keys: ['args', 'stop_signal'] }, { status: 'ok', options: { args: '', stop_signal: 15 } }],
  ['get', { name: 'my job', keys: ['env', 'custom'] }, { status: 'ok', options: { env: {}, custom: 'hello' } }],
  ['get', { name: 'web', keys: ['env'] }, { status: 'ok', options: { env: { FOO: 'bar' } } }],
  ['get', { name: 'web', keys: ['nope'] }, { status: 'error', errno: 3, reason: "'nope' option not found" }],
  ['get', { name: 'web' }, { status: 'error', errno: 3, reason: "message invalid 'keys' is missing" }],
  ['globaloptions', { option: 'nope' }, { status: 'error', errno: 3, reason: "'nope' not an existing option" }],
  ['listsockets', undefined, { status: 'ok', sockets: [] }],
  ['nope', undefined, { status: 'error', errno: 2, reason: "unknown command: 'nope'" }],
  ['stop', { name: 'nope' }, { status: 'error', errno: 3, reason: 'program nope not found' }],
  ['stop', { name: 'eb', match: 'regex' }, { status: 'error', errno: 3, reason: 'program eb not found' }],
  ['reload', { name: 'w*' }, { status: 'error', errno: 3, reason: 'program w* not found' }],
  ['kill', { name: 'nope' }, { status: 'ok' }],
  ['kill', { name: 'nope', waiting: true }, { status: 'error', errno: 6 }],
  ['incr', { name: 'single' }, { status: 'ok', numprocesses: 1, singleton: true }],
  ['set', { name: 'web', options: { nope: 1 } }, { status: 'error', errno: 3, reason: "unknown key 'nope'" }],
  [
    'set',
    { name: 'web', options: { numprocesses: 'x' }, waiting: true },
    { status: 'error', errno: 3, reason: "'numprocesses' isn't an integer" },
  ],
  ['set', { name: 'web', options: { env: { A: 1 } }, waiting: true }, { status: 'error', errno: 3, reason: "'A' isn't a string" }],
  ['set', { name: 'single', options: { numprocesses: 3 } }, { status: 'error', reason: 'Singleton watcher has a single process' }],
  [
    'set',
    { name: 'web', options: { uid: 'nobody-at-all' } },
    { status: 'error', errno: 5, code: 'RM_USER_UNKNOWN', reason: 'uid: there is no user "nobody-at-all"' },
  ],
  ['add', { name: 'x', cmd: 'true', options: { gid: 'nogroup-at-all' } }, { status: 'error', errno: 5, code: 'RM_GROUP_UNKNOWN' }],
  ['add', { name: 'x' }, { status: 'error', errno: 3, reason: "message invalid 'cmd' is missing" }],
  ['add', { name: 'WEB', cmd: 'sleep 1' }, { status: 'error', errno: 5 }],
  ['signal', { name: 'web', signum: 'nope' }, { status: 'error' }],
  ['signal', { name: 'web', signum: '' }, { status: 'error', errno: 3 }],
  ['signal', { name: 'web' }, { status: 'error', errno: 3, reason: "message invalid 'signum' is missing" }],
  ...[0, '0', 'winch', 'SIGWINCH', 'Winch', 'SIGWINCH+0'].map((signum) => ['signal', { name: 'web', signum }, { status: 'ok' }] as const),
];

describe('interop: replies', () => {
  let daemon: Daemon;

  before(async () => {
    daemon = await Daemon.start(SECTIONS);
  });
  after(() => daemon[Symbol.asyncDispose]());

  for (const [command, properties, reply] of REPLIES) {
    it(`${command} ${JSON.stringify(properties ?? {})} is answered ${JSON.stringify(reply)}`, async () => {
      const found = await daemon.ask(command, properties);
      expect(found).to.deep.include({ id: 'q', ...reply });
      expect(found.time).to.be.closeTo(Date.now() / 1000, 60);
    });
  }

  for (const id of [
    'null',
    '0',
    '1.5',
    '-7',
    '"x"',
    '""',
    '[1,"a"]',
    '{"k":[null]}',
    'true',
    '9007199254740993',
    '-123456789012345678901',
  ]) {
    it(`gives the id ${id} back as it came`, async () => {
      const reply = await daemon.text(`{"properties": {"id": 3}, "id": ${id}, "command": "numwatchers"}`);
      expect(reply).to.include('"numwatchers":5').and.include(`"id":${id}}`);
    });
  }

  it('answers on the same connection after what is no request at all', async () => {
    for (const [body, errno] of [
      ['', 1],
      ['  ', 1],
      ['hello', 1],
      ['[1]', 3],
      ['3', 3],
      ['null', 3],
      ['{}', 3],
      ['{"command": 3}', 3],
    ] as const) {
      expect(await daemon.raw(body)).to.include({ id: null, status: 'error', errno });
      expect(await daemon.ask('numwatchers')).to.include({ status: 'ok' });
    }
  });

  it('shows null for what nobody gave a watcher that was added, and takes it away again', async () => {
    expect(await daemon.ask('add', { name: 'New One', cmd: 'sleep 300' })).to.deep.include({ id: 'q', status: 'ok' });
    const { options } = await daemon.ask('options', { name: 'new one' });
    expect(options).to.deep.include({ args: null, env: null, stdout_stream_conf: null, stderr_stream_conf: null });
    expect(await daemon.ask('status', { name: 'new one' })).to.include({ status: 'stopped' });
    expect(await daemon.wait('rm', { name: 'NEW ONE' })).to.include({ status: 'ok' });
  });

  it('sets an option of a stopped watcher without a word of its being stopped', async () => {
    expect(Object.keys(await daemon.wait('set', { name: 'off', options: { cmd: 'sleep 301' } }))).to.have.members(['status', 'time', 'id']);
  });

  it('tells in the answer to add and set what of the options has no effect, waiting or not', async () => {
    await using daemon = await Daemon.start(SECTIONS);
    const copyPath = /^copy_path asks for sys\.path/;
    const added = await daemon.ask('add', { name: 'odd', cmd: 'sleep 300', options: { copy_path: true, copy_env: true }, start: true });
    expect(added).to.include({ status: 'ok' }).and.to.have.property('warnings').that.has.length(1);
    for (const reply of [
      await daemon.wait('set', { name: 'web', options: { copy_path: true } }),
      await daemon.ask('set', { name: 'single', options: { copy_path: true } }),
    ]) {
      expect(reply).to.include({ status: 'ok' });
      expect(reply.warnings).to.have.length(1);
      expect((reply.warnings as string[])[0]).to.match(copyPath);
    }
    expect(await daemon.wait('set', { name: 'web', options: { priority: 3 } })).not.to.have.property('warnings');
  });
});
