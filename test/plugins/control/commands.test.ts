import { expect } from 'chai';
import { GONE } from '../../../plugins/control/process-info.js';
import { CASES } from '../../fixtures/control/command-cases.js';
import { plugin, view } from '../../fixtures/control/fake-supervisor.js';
import { type Host, openHost } from '../../fixtures/control/host.js';
import { Wire } from '../../fixtures/control/wire.js';

const PID = process.pid;

describe('control: commands', () => {
  let host: Host;
  let wire: Wire;
  beforeEach(async () => {
    host = await openHost();
    const web = host.supervisor.watch('Web App', { priority: 5, numprocesses: 2, options: { 'flapping.attempts': '3' } });
    web.live.push(view(5, 2));
    host.supervisor.watch('db').status = 'stopped';
    host.supervisor.watch('solo', { singleton: true });
    host.supervisor.pluginList = [plugin('a'), plugin('b', { source: './b.js' })];
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

  it('shows all options of Circus, sorted, empty where the config has none', async () => {
    const reply = await wire.ask({ command: 'options', properties: { name: 'web app' } });
    const options = reply.options as Record<string, unknown>;
    const names = Object.keys(options);
    expect(names).to.deep.equal([...names].sort());
    expect(names.join(' ')).to.equal(
      'args close_child_stderr close_child_stdin close_child_stdout cmd copy_env env executable flapping.attempts gid ' +
        'graceful_timeout max_age max_age_variance max_retry numprocesses on_demand priority respawn send_hup shell shell_args ' +
        'singleton stderr_stream_conf stdout_stream_conf stop_children stop_signal uid use_sockets warmup_delay working_dir',
    );
    expect(options).to.deep.include({ stop_signal: 15, env: {}, args: '', stdout_stream_conf: {}, stderr_stream_conf: {} });
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

  it('adds the totals of all descendants and what plugins add, where that is asked for, and answers when it is there', async () => {
    const reply = await wire.ask({ command: 'stats', properties: { name: 'db', extended: true } });
    const info = (reply.info as Record<string, Record<string, unknown>>)[PID];
    expect(info).to.have.all.keys(...KEYS, 'wid', 'started', 'total', 'added');
    expect(info?.added).to.equal('db 1');
    expect(info?.total).to.have.all.keys('processes', 'cpu', 'mem', 'rss_bytes');
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
