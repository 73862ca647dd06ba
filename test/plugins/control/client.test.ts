import { once } from 'node:events';
import { symlinkSync } from 'node:fs';
import { createServer, type Socket } from 'node:net';
import { expect } from 'chai';
import { Router } from 'zeromq';
import { eventually } from '../../../core/testing.js';
import { type CallOutcome, Client, ReplyError } from '../../../plugins/control/client.js';
import { TemporaryDirectory } from '../../fixtures/cli/temporary.js';
import { rejects } from '../../fixtures/control/expect.js';
import { type Host, openHost } from '../../fixtures/control/host.js';

describe('control: client', () => {
  let host: Host;
  let client: Client;
  beforeEach(async () => {
    host = await openHost();
    host.supervisor.watch('web');
    client = new Client({ endpoint: host.endpoint, timeout_ms: 30_000 });
  });
  afterEach(async () => {
    client.close();
    await host[Symbol.asyncDispose]();
  });

  /** Lets what the watcher was asked wait; returns what lets it go on. */
  function hold(): () => void {
    let open = (): void => {};
    const [web] = host.supervisor.list;
    if (web) web.gate = new Promise((resolve) => (open = resolve));
    return () => open();
  }

  it('resolves with the reply to the request', async () => {
    const { watchers } = await client.call('list');
    expect(watchers).to.deep.equal(['web']);
    const started = await client.call('start', { name: 'web' }, { waiting: true });
    expect(started.info).to.deep.equal({ started: [11], kept: [] });
  });

  it('matches thousands of replies that come in any order', async () => {
    const router = new Router({ linger: 0, sendHighWaterMark: 0 });
    await router.bind('tcp://127.0.0.1:*');
    using many = new Client({ endpoint: router.lastEndpoint ?? '', timeout_ms: 50_000 });
    const COUNT = 5000;
    const calls = Array.from({ length: COUNT }, (_, index) => many.call(`verb-${index}`));
    const held: { id: unknown; command: string; from: Buffer }[] = [];
    while (held.length < COUNT) {
      const [from, body] = await router.receive();
      if (from && body) held.push({ ...JSON.parse(body.toString()), from });
    }
    held.sort((a, b) => ((Number(a.id) * 7919) % COUNT) - ((Number(b.id) * 7919) % COUNT));
    for (const { id, command, from } of held) await router.send([from, JSON.stringify({ status: 'ok', id, echo: command })]);
    const replies = await Promise.all(calls);
    expect(replies.every((reply, index) => reply.echo === `verb-${index}`)).to.equal(true);
    router.close();
  });

  it('rejects an error reply with its number, reason and whole reply', async () => {
    const error = await rejects(client.call('incr', { name: 'nope' }), 'RM_CLIENT_REPLY');
    if (!(error instanceof ReplyError)) throw error;
    expect([error.errno, error.reason, error.message]).to.deep.equal([3, 'program nope not found', 'program nope not found']);
    expect(error.reply).to.include({ status: 'error', code: 'RM_WATCHER_UNKNOWN' });
  });

  it('times out, and takes no late reply for another', async () => {
    const open = hold();
    // Its connection stands.
    await client.call('numwatchers');
    const error = await rejects(client.call('stop', { name: 'web' }, { waiting: true, timeout_ms: 30 }), 'RM_CLIENT_TIMEOUT');
    expect(error.message).to.equal(`no reply to stop from ${host.endpoint} within 30 ms`);
    open();
    expect((await client.call('numwatchers')).numwatchers).to.equal(1);
  });

  it('waits without end where the time-out is infinite', async () => {
    const open = hold();
    const stopped = client.call('stop', { name: 'web' }, { waiting: true, timeout_ms: Number.POSITIVE_INFINITY });
    open();
    expect((await stopped).info).to.equal(null);
  });

  it('rejects with the reason of an abort, of one call and of the whole client', async () => {
    hold();
    const reason = new Error('changed my mind');
    const abort = new AbortController();
    const aborted = client.call('stop', { name: 'web' }, { waiting: true, signal: abort.signal });
    const other = client.call('list');
    abort.abort(reason);
    expect(await aborted.catch((error: unknown) => error)).to.equal(reason);
    expect(await other).to.include({ status: 'ok' });
    expect(await client.call('list', {}, { signal: abort.signal }).catch((error: unknown) => error)).to.equal(reason);
    const whole = new Client({ endpoint: host.endpoint, signal: AbortSignal.abort(reason) });
    expect(await whole.call('list').catch((error: unknown) => error)).to.equal(reason);
  });

  for (const [endpoint, why] of [
    ['tcp://127.0.0.1:1', 'nothing listens there'],
    ['ipc:///nowhere/c.sock', 'there is no such socket'],
    ['nonsense', 'it is no ZeroMQ address; tcp://HOST:PORT or ipc://PATH is needed'],
  ] as const) {
    it(`is refused at once by ${endpoint}`, async () => {
      using nobody = new Client({ endpoint, timeout_ms: 60_000 });
      const errors = await Promise.all([
        rejects(nobody.call('list'), 'RM_CLIENT_REFUSED'),
        rejects(nobody.cast('list'), 'RM_CLIENT_REFUSED'),
      ]);
      for (const error of errors) expect(error.message).to.equal(`cannot connect to ${endpoint}: ${why}`);
    });
  }

  it('is refused at once where the way to a socket can not be gone, as in a directory of somebody else', async () => {
    using directory = new TemporaryDirectory();
    symlinkSync('loop', directory.at('loop'));
    using nobody = new Client({ endpoint: `ipc://${directory.at('loop/c.sock')}`, timeout_ms: 60_000 });
    expect((await rejects(nobody.call('list'), 'RM_CLIENT_REFUSED')).message).to.match(/: ELOOP$/);
  });

  it('never sends later what was refused', async () => {
    const first = await openHost({ endpoint: 'tcp://127.0.0.1:*' });
    const { endpoint } = first;
    await first.supervisor.stop();
    using tcp = new Client({ endpoint });
    await rejects(tcp.call('stop', { name: 'web' }), 'RM_CLIENT_REFUSED');
    await using again = await openHost({ endpoint });
    again.supervisor.watch('web');
    expect(await tcp.call('start', { name: 'web' })).to.include({ status: 'ok' });
    expect(again.supervisor.asked).to.deep.equal([['web.start']]);
  });

  it('rejects what is pending when the daemon goes away, and connects again to the next one', async () => {
    const first = await openHost({ endpoint: 'tcp://127.0.0.1:*' });
    const { endpoint } = first;
    using tcp = new Client({ endpoint });
    await tcp.call('list');
    first.supervisor.watch('web').gate = new Promise(() => {});
    const pending = rejects(tcp.call('stop', { name: 'web' }, { waiting: true }), 'RM_CLIENT_REPLY');
    await eventually(() => first.supervisor.asked.length === 1, { what: 'the stop' });
    await first.supervisor.stop();
    expect((await pending).context.reply).to.include({ code: 'RM_CLOSED' });
    await using second = await openHost({ endpoint });
    second.supervisor.watch('db');
    const ask = async (): Promise<unknown> => (await tcp.call('list')).watchers;
    expect(await ask().catch(ask)).to.deep.equal(['db']);
  });

  it('rejects with a lost connection where the daemon dies without a word', async () => {
    const router = new Router({ linger: 0 });
    await router.bind('tcp://127.0.0.1:*');
    using tcp = new Client({ endpoint: router.lastEndpoint ?? '' });
    const pending = rejects(tcp.call('stop', { name: 'web' }), 'RM_CLIENT_LOST');
    await router.receive();
    router.close();
    const error = await pending;
    expect(error.message).to.match(/^no reply to stop: it was sent, and tcp:.* has closed the connection; it may have been carried out/);
    expect(error.context).to.deep.equal({ command: 'stop', sent: true });
  });

  it('times out where something listens that never answers, a cast too', async () => {
    const sockets: Socket[] = [];
    const server = createServer((socket) => sockets.push(socket)).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const address = server.address();
    using mute = new Client({ endpoint: `tcp://127.0.0.1:${typeof address === 'object' ? address?.port : 0}`, timeout_ms: 50 });
    await rejects(mute.call('list'), 'RM_CLIENT_TIMEOUT');
    const error = await rejects(mute.cast('list'), 'RM_CLIENT_TIMEOUT');
    expect(error.message).to.equal(`no connection for list from ${mute.endpoint} within 50 ms`);
    await rejects(mute.cast('list', {}, { timeout_ms: 10 }), 'RM_CLIENT_TIMEOUT');
    for (const socket of sockets) socket.destroy();
    server.close();
  });

  it('tells the outcome of a request exactly once, at any time it is asked', async () => {
    const call = client.request('list');
    const told: CallOutcome<unknown>[] = [];
    call.onSettled((outcome) => told.push(outcome));
    expect([call.settled, told.length]).to.deep.equal([false, 0]);
    const reply = await call.done;
    expect(told).to.deep.equal([{ ok: true, reply }]);
    expect(call.settled).to.equal(true);
    call.onSettled((outcome) => told.push(outcome));
    expect(told).to.have.length(2);
    await client.call('list');
    expect(told).to.have.length(2);
  });

  it('tells a failure to listeners without an unhandled rejection', async () => {
    const call = client.request('incr', { name: 'nope' });
    const outcome = await new Promise<CallOutcome<unknown>>((resolve) => call.onSettled(resolve));
    expect(outcome.ok).to.equal(false);
    await rejects(call.done, 'RM_CLIENT_REPLY');
  });

  it('rejects what is pending, and everything afterwards, once it is closed', async () => {
    hold();
    const pending = client.call('stop', { name: 'web' }, { waiting: true });
    const unsent = new Client({ endpoint: host.endpoint });
    const early = [unsent.call('list'), unsent.cast('list')];
    unsent.close();
    for (const call of early) await rejects(call, 'RM_CLIENT_CLOSED');
    await eventually(() => host.supervisor.asked.length === 1, { what: 'the stop' });
    client.close();
    client.close();
    expect((await rejects(pending, 'RM_CLIENT_CLOSED')).message).to.equal('cannot get a reply to stop: the client is closed');
    await rejects(client.call('list'), 'RM_CLIENT_CLOSED');
    await rejects(client.cast('list'), 'RM_CLIENT_CLOSED');
  });

  it('sends casts, also when it is closed right afterwards', async () => {
    for (let count = 0; count < 100; count++) await client.cast('stop', { name: 'web' });
    client.close();
    await eventually(() => host.supervisor.asked.length === 100, { what: 'all casts' });
  });
});
