import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import type { SupervisorEvent } from '../../../core/index.js';
import { Client, type ClientEvent } from '../../../plugins/control/client.js';
import { rejects } from '../../fixtures/control/expect.js';
import { type Host, openHost } from '../../fixtures/control/host.js';

const spawned = (watcher: string, process_pid: number): SupervisorEvent => ({ watcher, name: 'spawn', body: { process_pid, time: 1.5 } });

/** Publishes events of `watcher` until the first arrives: only then does the publisher know of the subscription. */
async function subscribed(host: Host, watcher: string, events: AsyncIterator<ClientEvent>): Promise<void> {
  const probing = setInterval(() => host.emit({ watcher, name: 'updated', body: { time: 0 } }), 5);
  expect((await events.next()).value).to.include({ name: 'updated' });
  clearInterval(probing);
}

/** The next event that is not one of those. */
async function next(events: AsyncIterator<ClientEvent>): Promise<ClientEvent | undefined> {
  for (;;) {
    const { value } = await events.next();
    if (value?.name !== 'updated') return value;
  }
}

describe('control: events', () => {
  it('are published under their topic, and only those asked for arrive', async () => {
    await using host = await openHost();
    using client = new Client({ endpoint: host.endpoint });
    using stream = client.events(['watcher.my_web.']);
    const events = stream[Symbol.asyncIterator]();
    await subscribed(host, 'my web', events);
    host.emit(spawned('other', 1));
    host.emit(spawned('My Web', 2));
    host.emit({ watcher: 'My Web', name: 'reap', body: { process_pid: 2, time: 2, exit_code: -9 } });
    expect([await next(events), await next(events)]).to.deep.equal([
      { topic: 'watcher.my_web.spawn', watcher: 'my_web', name: 'spawn', body: { process_pid: 2, time: 1.5 } },
      { topic: 'watcher.my_web.reap', watcher: 'my_web', name: 'reap', body: { process_pid: 2, time: 2, exit_code: -9 } },
    ]);
  });

  it('go to several subscribers at once, over TCP too, without asking the daemon for the address', async () => {
    await using host = await openHost({ pubsub_endpoint: 'tcp://127.0.0.1:*' });
    using client = new Client({ endpoint: 'ipc:///nowhere.sock' });
    const { pubsub_endpoint } = host;
    const iterators = [1, 2, 3].map(() => client.events([''], { pubsub_endpoint })[Symbol.asyncIterator]());
    for (const events of iterators) await subscribed(host, 'web', events);
    host.emit(spawned('web', 7));
    for (const events of iterators) expect((await next(events))?.body).to.deep.equal({ process_pid: 7, time: 1.5 });
  });

  it('end quietly when the client is closed, and with the reason when they are aborted', async () => {
    await using host = await openHost();
    const client = new Client({ endpoint: host.endpoint });
    const abort = new AbortController();
    const aborted = client.events([''], { signal: abort.signal });
    const closed = client.events();
    const reason = new Error('enough');
    const iterate = async (events: AsyncIterable<unknown>): Promise<string> => {
      for await (const event of events) return `got ${JSON.stringify(event)}`;
      return 'ended';
    };
    const ends = [iterate(aborted).catch((error: unknown) => error), iterate(closed)];
    await Promise.all([aborted.opened, closed.opened]);
    abort.abort(reason);
    expect(await ends[0]).to.equal(reason);
    client.close();
    expect(await ends[1]).to.equal('ended');
    await rejects(iterate(client.events()), 'RM_CLIENT_CLOSED');
  });

  it('are refused where nothing publishes them', async () => {
    using client = new Client({ endpoint: 'ipc:///nowhere/c.sock' });
    for (const pubsub_endpoint of ['ipc:///nowhere/e.sock', 'tcp://127.0.0.1:1', 'nonsense']) {
      const events = client.events([''], { pubsub_endpoint });
      await rejects(events[Symbol.asyncIterator]().next(), 'RM_CLIENT_REFUSED');
    }
    await rejects(client.events()[Symbol.asyncIterator]().next(), 'RM_CLIENT_REFUSED');
  });

  it('that are published while the daemon ends get out before it is gone', async () => {
    const dir = mkdtempSync(join(tmpdir(), 'rm-last-'));
    const script = new URL('../../fixtures/control/last-words.js', import.meta.url).pathname;
    const daemon: ChildProcess = spawn(process.execPath, [script, `ipc://${dir}/c.sock`, `ipc://${dir}/e.sock`], {
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    try {
      if (daemon.stdout) await once(daemon.stdout, 'data');
      using client = new Client({ endpoint: `ipc://${dir}/c.sock` });
      const events = client.events()[Symbol.asyncIterator]();
      expect((await events.next()).value).to.include({ name: 'updated' });
      const quit = client.call('quit', {}, { waiting: true });
      const pids: unknown[] = [];
      while (pids.length < 2000) pids.push((await next(events))?.body.process_pid);
      expect(pids.at(-1)).to.equal(1999);
      expect(await quit).to.include({ status: 'ok' });
    } finally {
      daemon.kill('SIGKILL');
      rmSync(dir, { recursive: true });
    }
  });
});
