import { expect } from 'chai';
import { GONE } from '../../../plugins/control/process-info.js';
import type { Asked } from '../../fixtures/control/fake-supervisor.js';
import { view } from '../../fixtures/control/fake-supervisor.js';
import { type Host, openHost } from '../../fixtures/control/host.js';
import { Wire } from '../../fixtures/control/wire.js';

interface Case {
  readonly command: string;
  readonly properties?: object;
  /** The reply's own keys, `status` too where it is not ok. */
  readonly reply: object;
  readonly asked?: readonly Asked[];
}

const PID = process.pid;
const ADDED = { cmd: 'sleep', args: ['1'], numprocesses: 2, rlimit_nofile: 5, stdout_stream: { class: 'FileStream', filename: 'f' } };

/** Watchers: `Web App` of priority 5, `db`, and the singleton `solo`. */
const CASES: readonly Case[] = [
  { command: 'list', reply: { watchers: ['db', 'solo', 'web app'] } },
  { command: 'list', properties: { name: 'WEB app' }, reply: { pids: [PID, 5] } },
  { command: 'numwatchers', reply: { numwatchers: 3 } },
  { command: 'numprocesses', reply: { numprocesses: 4 } },
  { command: 'numprocesses', properties: { name: 'WEB app' }, reply: { numprocesses: 2, watcher_name: 'WEB app' } },
  { command: 'status', reply: { statuses: { 'Web App': 'active', db: 'stopped', solo: 'active' } } },
  { command: 'status', properties: { name: 'DB' }, reply: { status: 'stopped' } },
  { command: 'listsockets', reply: { sockets: [] } },

  { command: 'start', reply: {}, asked: [['startWatchers', undefined]] },
  { command: 'start', properties: { name: 'db' }, reply: {}, asked: [['db.start']] },
  { command: 'start', properties: { name: 'DB', waiting: true }, reply: { info: { started: [11], kept: [] } }, asked: [['db.start']] },
  { command: 'start', properties: { name: '*', waiting: true }, reply: {}, asked: [['startWatchers', ['Web App', 'db', 'solo']]] },
  {
    command: 'start',
    properties: { name: '.o', match: 'regex', waiting: true },
    reply: { info: { started: [11], kept: [] } },
    asked: [['solo.start']],
  },
  { command: 'start', properties: { name: 'd*', match: 'simple' }, reply: { status: 'error', errno: 3, reason: 'program d* not found' } },
  { command: 'stop', properties: { name: 'd*', waiting: true }, reply: { info: null }, asked: [['db.stop']] },
  { command: 'stop', properties: { waiting: true }, reply: {}, asked: [['stopWatchers', undefined]] },
  { command: 'stop', properties: { name: '(', match: 'regex' }, reply: { status: 'error', errno: 3 } },
  { command: 'stop', properties: { name: 'x', match: 'nope' }, reply: { status: 'error', errno: 3 } },
  {
    command: 'restart',
    properties: { name: 'db', waiting: true },
    reply: { info: { started: [11], stopped: [10], kept: [] } },
    asked: [['db.restart']],
  },
  { command: 'restart', reply: {}, asked: [['restartWatchers', undefined]] },
  {
    command: 'reload',
    properties: { name: 'db', waiting: 1, sequential: true },
    reply: { info: { started: [11], stopped: [10], kept: [] } },
    asked: [['db.reload', { graceful: true, sequential: true }]],
  },
  { command: 'reload', properties: { graceful: false }, reply: {}, asked: [['reloadWatchers', { graceful: false, sequential: false }]] },
  { command: 'reload', properties: { name: 'd*' }, reply: { status: 'error', errno: 3 } },

  { command: 'incr', properties: { name: 'db' }, reply: {}, asked: [['db.setNumprocesses', 2]] },
  { command: 'incr', properties: { name: 'db', nb: 3, waiting: true }, reply: { numprocesses: 4 }, asked: [['db.setNumprocesses', 4]] },
  { command: 'decr', properties: { name: 'Web App', waiting: true }, reply: { numprocesses: 1 }, asked: [['Web App.setNumprocesses', 1]] },
  { command: 'incr', properties: { name: 'solo' }, reply: { numprocesses: 1, singleton: true }, asked: [] },
  { command: 'decr', properties: { name: 'solo', waiting: true }, reply: { numprocesses: 1, singleton: true }, asked: [] },
  { command: 'incr', properties: { name: 'db', nb: 'x' }, reply: { status: 'error', errno: 3 }, asked: [] },

  { command: 'kill', properties: { name: 'db' }, reply: {}, asked: [['db.kill', {}]] },
  {
    command: 'kill',
    properties: { name: 'db', pid: '5', signum: 'hup', graceful_timeout: '1.5', waiting: true },
    reply: {},
    asked: [['db.kill', { pid: 5, signum: 1, graceful_timeout: 1.5 }]],
  },
  { command: 'kill', properties: { name: 'nope' }, reply: {} },
  {
    command: 'kill',
    properties: { name: 'nope', waiting: true },
    reply: { status: 'error', errno: 6, reason: 'server error: program nope not found' },
  },
  { command: 'kill', properties: { name: 'db', signum: 'NOPE' }, reply: { status: 'error', errno: 3, code: 'RM_SIGNAL_INVALID' } },
  { command: 'kill', properties: { name: 'db', graceful_timeout: 'soon' }, reply: { status: 'error', errno: 3 } },

  { command: 'signal', properties: { name: 'db', signum: 'TERM' }, reply: {}, asked: [['db.signal', 15, {}]] },
  { command: 'signal', properties: { name: 'db', signum: '9', pid: PID }, reply: {}, asked: [['db.signal', 9, { pid: PID }]] },
  {
    command: 'signal',
    properties: { name: 'db', signum: 1, pid: PID, childpid: 7 },
    reply: {},
    asked: [['db.signal', 1, { pid: PID, child_pid: 7 }]],
  },
  {
    command: 'signal',
    properties: { name: 'db', signum: 1, pid: PID, child_pid: '7' },
    reply: {},
    asked: [['db.signal', 1, { pid: PID, child_pid: 7 }]],
  },
  {
    command: 'signal',
    properties: { name: 'db', signum: 1, children: true, recursive: true },
    reply: {},
    asked: [['db.signal', 1, { children: true, recursive: true }]],
  },
  { command: 'signal', properties: { name: 'db' }, reply: { status: 'error', errno: 3, reason: "message invalid 'signum' is missing" } },
  {
    command: 'signal',
    properties: { name: 'db', signum: 'a b' },
    reply: { status: 'error', errno: 3, reason: 'signal invalid, got "a b"' },
  },
  { command: 'signal', properties: { name: 'db', signum: 1, childpid: 7 }, reply: { status: 'error', errno: 3 } },
  {
    command: 'signal',
    properties: { name: 'db', signum: 1, pid: 4 },
    reply: { status: 'error', errno: 3, reason: "process 4 not found in 'db'" },
  },

  {
    command: 'add',
    properties: { name: 'new', cmd: 'sleep', args: ['1'], options: { ...ADDED, 'stdout_stream.filename': 'f' } },
    reply: {},
    asked: [['add', 'new', ADDED]],
  },
  {
    command: 'add',
    properties: { name: 'new', cmd: 'sleep 1', start: true, waiting: true },
    reply: { started: [11], kept: [] },
    asked: [['add', 'new', { cmd: 'sleep 1' }], ['new.start']],
  },
  { command: 'add', properties: { name: 'DB', cmd: 'x' }, reply: { status: 'error', errno: 5, reason: "'DB' already exist" } },
  { command: 'add', properties: { name: 'new' }, reply: { status: 'error', errno: 3, reason: "message invalid 'cmd' is missing" } },
  { command: 'add', properties: { name: 'new', cmd: 'x', options: [] }, reply: { status: 'error', errno: 3 } },
  { command: 'rm', properties: { name: 'DB', waiting: true }, reply: {}, asked: [['remove', 'db', { nostop: false }]] },
  { command: 'rm', properties: { name: 'db', nostop: true }, reply: {}, asked: [['remove', 'db', { nostop: true }]] },
  { command: 'rm', properties: { name: 'nope' }, reply: { status: 'error', errno: 3 }, asked: [] },

  {
    command: 'set',
    properties: { name: 'db', options: { numprocesses: 3, 'hooks.before_start': './a.mjs#f' } },
    reply: {},
    asked: [['db.set', { numprocesses: 3, hooks: { before_start: './a.mjs#f' } }]],
  },
  {
    command: 'set',
    properties: { name: 'db', options: { nonsense: 1 } },
    reply: { status: 'error', errno: 3, reason: "unknown key 'nonsense'" },
  },
  { command: 'set', properties: { name: 'db', options: 'x' }, reply: { status: 'error', errno: 3 } },
  {
    command: 'get',
    properties: { name: 'Web App', keys: ['numprocesses', 'flapping.attempts', 'stop_signal', 'uid'] },
    reply: { options: { numprocesses: 2, 'flapping.attempts': '3', stop_signal: 15, uid: null } },
  },
  {
    command: 'get',
    properties: { name: 'db', keys: ['cmd', 'nope'] },
    reply: { status: 'error', errno: 3, reason: "'nope' option not found" },
  },
  { command: 'get', properties: { name: 'db', keys: 'cmd' }, reply: { status: 'error', errno: 3 } },
  { command: 'get', properties: { name: 'db', keys: ['toString'] }, reply: { status: 'error', errno: 3 } },
  { command: 'globaloptions', properties: { option: 'check_delay' }, reply: { options: { check_delay: 5 } } },
  {
    command: 'globaloptions',
    properties: { option: 'nope' },
    reply: { status: 'error', errno: 3, reason: "'nope' not an existing option" },
  },

  { command: 'stats', properties: { name: 'db', process: 5 }, reply: { status: 'error', errno: 3, reason: "process 5 not found in 'db'" } },
  { command: 'stats', properties: { name: 'nope' }, reply: { status: 'error', errno: 3 } },
  { command: 'listen', reply: { status: 'error', errno: 3 } },
  { command: 'ipython', reply: { status: 'error', errno: 5, code: 'RM_COMMAND_UNSUPPORTED' } },
  { command: 'ipythonshell', reply: { status: 'error', errno: 5, code: 'RM_COMMAND_UNSUPPORTED' } },
  { command: 'reloadconfig', reply: {}, asked: [['reloadConfig']] },
];

describe('control: commands', () => {
  let host: Host;
  let wire: Wire;
  beforeEach(async () => {
    host = await openHost();
    const web = host.supervisor.watch('Web App', { priority: 5, numprocesses: 2, options: { 'flapping.attempts': '3' } });
    web.live.push(view(5, 2));
    host.supervisor.watch('db').status = 'stopped';
    host.supervisor.watch('solo', { singleton: true });
    wire = new Wire(host.endpoint);
  });
  afterEach(async () => {
    wire[Symbol.dispose]();
    await host[Symbol.asyncDispose]();
  });

  for (const { command, properties, reply, asked } of CASES) {
    it(`${command} ${JSON.stringify(properties ?? {})} is answered ${JSON.stringify(reply)}`, async () => {
      const found = await wire.ask({ id: 1, command, properties });
      if ('errno' in reply) {
        expect(found).to.include(reply);
      } else {
        const { time, id, ...own } = found;
        expect([typeof time, id]).to.deep.equal(['number', 1]);
        expect(own).to.deep.equal({ status: 'ok', ...reply });
      }
      if (asked !== undefined) expect(host.supervisor.asked).to.deep.equal(asked);
    });
  }

  it('says what became of a start that was overtaken', async () => {
    const db = host.supervisor.list[1];
    if (db) db.outcome = { started: [], stopped: [], kept: [], instead: 'a later stop' };
    const reply = await wire.ask({ command: 'start', properties: { name: 'db', waiting: true } });
    expect(reply).to.deep.include({ status: 'ok', info: { started: [], kept: [] }, instead: 'a later stop' });
  });

  it('shows all options of Circus, sorted, null where Circus has none', async () => {
    const reply = await wire.ask({ command: 'options', properties: { name: 'web app' } });
    const options = reply.options as Record<string, unknown>;
    const names = Object.keys(options);
    expect(names).to.deep.equal([...names].sort());
    expect(names.join(' ')).to.equal(
      'args close_child_stderr close_child_stdin close_child_stdout cmd copy_env env executable flapping.attempts gid ' +
        'graceful_timeout max_age max_age_variance max_retry numprocesses on_demand priority respawn send_hup shell shell_args ' +
        'singleton stderr_stream_conf stdout_stream_conf stop_children stop_signal uid use_sockets warmup_delay working_dir',
    );
    expect(options).to.include({ stop_signal: 15, env: null, args: null, stdout_stream_conf: null, stderr_stream_conf: null });
    expect(options.working_dir).to.be.a('string');
  });

  it('tells the addresses it is bound to', async () => {
    const reply = await wire.ask({ command: 'globaloptions' });
    expect(reply.options).to.deep.equal({
      endpoint: host.endpoint,
      stats_endpoint: null,
      pubsub_endpoint: host.pubsub_endpoint,
      check_delay: 5,
      multicast_endpoint: null,
    });
  });

  const KEYS = ['age', 'children', 'cmdline', 'cpu', 'create_time', 'ctime', 'mem', 'mem_info1', 'mem_info2', 'nice', 'pid', 'username'];

  it('shows process information of all, of one watcher, of one process, and of the daemon', async () => {
    const all = (await wire.ask({ command: 'stats' })).infos as Record<string, Record<string, Record<string, unknown>>>;
    expect(Object.keys(all)).to.deep.equal(['Web App', 'db', 'solo']);
    expect(all.db?.[PID]).to.have.all.keys(...KEYS, 'wid', 'started');
    expect(all.db?.[PID]).to.include({ pid: PID, wid: 1, started: 1_700_000_000, age: 2.5 });
    const one = await wire.ask({ command: 'stats', properties: { name: 'DB' } });
    expect(one.name).to.equal('DB');
    expect(one.info).to.have.all.keys(String(PID));
    const single = await wire.ask({ command: 'stats', properties: { name: 'db', process: String(PID), extended: false } });
    expect(single).to.include({ process: String(PID) });
    expect(single.info).to.include({ pid: PID });
    expect((await wire.ask({ command: 'dstats' })).info).to.have.all.keys(...KEYS);
  });

  it('shows the others when one process has just gone', async () => {
    const web = host.supervisor.list[0];
    web?.live.push(view(2 ** 22 + 1, 3));
    const reply = await wire.ask({ command: 'stats', properties: { name: 'web app' } });
    expect(reply.info).to.have.property(String(2 ** 22 + 1), GONE);
    expect(reply.info).to.have.property(String(PID)).that.is.an('object');
  });

  it('adds for an endpoint_owner only what runs as that user', async () => {
    await using owned = await openHost({ endpoint_owner: process.getuid?.() ?? 0 });
    using client = new Wire(owned.endpoint);
    const add = (options: object): Promise<Record<string, unknown>> =>
      client.ask({ command: 'add', properties: { name: 'a', cmd: 'b', options } });
    expect(await add({})).to.include({ errno: 3, reason: 'uid does not match endpoint_owner' });
    expect(await add({ uid: process.getuid?.() })).to.include({ status: 'ok' });
  });
});
