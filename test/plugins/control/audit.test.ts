import { expect } from 'chai';
import { Subscriber } from 'zeromq';
import type { SupervisorEvent } from '../../../core/index.js';
import { eventually } from '../../../core/testing.js';
import { AuditTrail, shortened } from '../../../plugins/control/audit.js';
import { auditRow } from '../../../plugins/control/audit-text.js';
import { type Host, openHost } from '../../fixtures/control/host.js';
import { Wire } from '../../fixtures/control/wire.js';

interface Entry {
  readonly command: string;
  readonly [key: string]: unknown;
}

async function entriesOf(wire: Wire, properties: object = {}): Promise<readonly Entry[]> {
  const reply = await wire.ask({ command: 'audit', properties });
  return reply.entries as readonly Entry[];
}

describe('control: the audit', () => {
  let host: Host;
  let wire: Wire;
  beforeEach(async () => {
    host = await openHost({}, { audit_entries: 3 });
    for (const name of ['Web App', 'db']) host.supervisor.watch(name);
    wire = new Wire(host.endpoint);
  });
  afterEach(async () => {
    wire[Symbol.dispose]();
    await host[Symbol.asyncDispose]();
  });

  it('has each change that was asked for, with who, what, when and what came of it', async () => {
    const before = Date.now() / 1000;
    await wire.ask({ command: 'status' });
    await wire.ask({ command: 'incr', properties: { name: 'db', nb: 2, waiting: true } });
    await wire.ask({ command: 'SIGNAL', properties: { name: 'db', signum: 'a b' } });
    await wire.ask({ command: 'kill', properties: { name: 'nope', waiting: true } });
    const [incr, signal, kill, ...more] = await entriesOf(wire);
    expect(more).to.deep.equal([]);
    expect(incr).to.deep.include({ who: 'local', role: 'admin', command: 'incr', watcher: 'db', result: 'ok' });
    expect(incr?.properties).to.deep.equal({ name: 'db', nb: 2, waiting: true });
    expect(incr?.time).to.be.within(before, Date.now() / 1000);
    expect(incr?.took_ms).to.be.a('number');
    expect(signal).to.deep.include({ command: 'signal', result: 'error', reason: 'signal invalid, got "a b"' });
    expect(kill).to.deep.include({ command: 'kill', watcher: 'nope', result: 'error', reason: 'server error: program nope not found' });
  });

  it('leaves out the token that a client gives an upgrade by itself', async () => {
    await wire.ask({ command: 'upgrade', properties: { token: 'mine', restart_others: true } });
    const [upgrade] = await entriesOf(wire);
    expect(upgrade?.properties).to.deep.equal({ restart_others: true });
  });

  it('has one when the work is done, and not when it begins', async () => {
    const [watcher] = host.supervisor.watchers();
    if (watcher === undefined) throw new Error('no watcher');
    let open = (): void => {};
    (watcher as { gate?: Promise<void> }).gate = new Promise((resolve) => {
      open = resolve;
    });
    await wire.ask({ command: 'stop', properties: { name: watcher.name } });
    expect(await entriesOf(wire)).to.deep.equal([]);
    open();
    await eventually(async () => (await entriesOf(wire)).length === 1);
  });

  it('keeps as many as it may, of each watcher by name, and of all', async () => {
    for (const name of ['db', 'Web App', 'db', 'db']) await wire.ask({ command: 'incr', properties: { name, waiting: true } });
    expect((await entriesOf(wire)).map(({ watcher }) => watcher)).to.deep.equal(['Web App', 'db', 'db']);
    expect(await entriesOf(wire, { name: 'WEB app' })).to.have.length(1);
    expect(await entriesOf(wire, { last: 2 })).to.have.length(2);
    const trail = new AuditTrail(0, () => {});
    trail.add({} as never);
    expect(trail.entries).to.deep.equal([]);
  });

  it('says of whom and by whom there is something, where of a name there is nothing', async () => {
    const asked = async (name: string) => {
      const { time: _, ...reply } = await wire.ask({ command: 'audit', properties: { name } });
      return reply;
    };
    expect(await asked('nobody')).to.deep.include({ entries: [], seq: 0, none_of: 'nobody', watchers: [], who: [] });
    await wire.ask({ command: 'incr', properties: { name: 'db', waiting: true } });
    await wire.ask({ command: 'reloadconfig', properties: { waiting: true } });
    expect(await asked('nobody')).to.deep.include({ entries: [], none_of: 'nobody', watchers: ['db'], who: ['local'] });
    expect(await asked('DB')).to.not.have.any.keys('none_of', 'watchers', 'who');
    const { none_of } = await wire.ask({ command: 'audit', properties: { name: 'db', after: 2 } });
    expect(none_of).to.equal(undefined);
  });

  it('shows no secrets, and no more than is of use of a long request', async () => {
    const env = { DB_PASSWORD: 'hunter2', FILL: 'x'.repeat(100_000) };
    await wire.ask({ command: 'add', properties: { name: 'new', cmd: 'x', options: { env: { DB_PASSWORD: 'hunter2' } }, waiting: true } });
    await wire.ask({ command: 'set', properties: { name: 'db', options: { env }, waiting: true } });
    await wire.ask({ command: 'rm', properties: { name: 'n'.repeat(100_000) } });
    const text = JSON.stringify(await entriesOf(wire));
    expect(text).to.include('***').and.include('characters)').and.not.include('hunter2');
    expect(text.length).to.be.below(4000);
    const many = Object.fromEntries(Array.from({ length: 1000 }, (_, at) => [`${at}${'k'.repeat(1000)}`, at]));
    expect(JSON.stringify(shortened(many)).length).to.be.below(10_000);
  });

  it('tells what is new since an earlier answer, without a gap', async () => {
    const ask = async (after: number) => {
      const { entries, seq } = await wire.ask({ command: 'audit', properties: { after } });
      return { commands: (entries as readonly Entry[]).map(({ command }) => command), seq: Number(seq) };
    };
    expect(await ask(0)).to.deep.equal({ commands: [], seq: 0 });
    await wire.ask({ command: 'incr', properties: { name: 'db', waiting: true } });
    expect(await ask(0)).to.deep.equal({ commands: ['incr'], seq: 1 });
    for (let count = 0; count < 5; count++) await wire.ask({ command: 'decr', properties: { name: 'db', waiting: true } });
    expect(await ask(4)).to.deep.equal({ commands: ['decr', 'decr'], seq: 6 });
    expect(await ask(6)).to.deep.equal({ commands: [], seq: 6 });
  });

  it('is told to plugins, and to no client of Circus, which would take it for the event of a watcher', async () => {
    const told: SupervisorEvent[] = [];
    host.onEvent((event) => told.push(event));
    const all = new Subscriber({ linger: 0, receiveTimeout: 4000 });
    all.connect(host.pubsub_endpoint);
    all.subscribe();
    const first = all.receive();
    let is_in = false;
    void first.then(() => {
      is_in = true;
    });
    await eventually(() => {
      host.emit({ watcher: 'db', name: 'start', body: { time: 1 } });
      return is_in;
    });
    await wire.ask({ command: 'incr', properties: { name: 'db', waiting: true } });
    host.emit({ watcher: 'db', name: 'stop', body: { time: 1 } });
    const topics: string[] = [];
    while (topics.at(-1) !== 'watcher.db.stop') topics.push(String((await all.receive())[0]));
    expect(topics.filter((topic) => !topic.startsWith('watcher.db.'))).to.deep.equal([]);
    expect(topics.filter((topic) => topic.includes('audit'))).to.deep.equal([]);
    expect(told.filter(({ name }) => name === 'audit')).to.have.length(1);
    all.close();
  });

  it('prints nothing that a terminal would take for a command', () => {
    const row = auditRow({
      time: 0,
      watcher: '',
      who: 'local',
      role: 'admin',
      connection: '00',
      command: 'incr',
      properties: { name: 'a\u001b[2Jb\nc' },
      result: 'error',
      took_ms: 3,
      reason: 'no\rgood',
    });
    expect(row).to.deep.equal(['1970-01-01T00:00:00Z', 'local', 'incr name=a\\u001b[2Jb\\nc', '3 ms', 'error: no\\rgood']);
  });
});
