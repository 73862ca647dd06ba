import { once } from 'node:events';
import { connect } from 'node:net';
import { expect } from 'chai';
import { Dealer, Subscriber } from 'zeromq';
import { eventually } from '../../core/testing.js';
import type { Client } from '../../plugins/control/client.js';
import { Daemon, type DaemonOptions, openFds, type Place, rssBytes } from '../fixtures/daemon.js';
import { flood } from '../sim/flood.js';

const MIB = 1024 * 1024;
/** Nobody waits longer than that, whatever others do; an idle machine answers in a few milliseconds. */
const SLOWEST_MS = 10_000;

const CONTROL = { max_unread_replies: 1000, subscriber_hwm: 100 };
const options: DaemonOptions = {
  file: 'daemon.json',
  config: (place: Place) =>
    JSON.stringify({
      endpoint: place.endpoint,
      pubsub_endpoint: place.pubsub_endpoint,
      watchers: { web: { cmd: `sleep ${place.marker}` } },
      plugins: { control: CONTROL, metrics: {} },
    }),
};

const pathOf = (endpoint: string): string => endpoint.slice('ipc://'.length);
const fdsOf = (daemon: Daemon): number => Object.keys(openFds(daemon.pid)).length;

describe('a daemon with hostile clients', function () {
  this.timeout(90_000);

  it('answers each of 20,000 malformed messages once, others at once, and keeps nothing', async () => {
    await using daemon = await Daemon.start(options);
    const seed = Date.now() % 1_000_000;
    await flood(daemon.place.endpoint, seed, 2000);
    const before_bytes = rssBytes(daemon.pid);
    const fds = fdsOf(daemon);
    const { answered, due, slowest_ms, pings } = await flood(daemon.place.endpoint, seed + 1, 20_000);
    expect(answered, `seed ${seed}`).to.equal(due);
    expect(due).to.be.greaterThan(15_000);
    expect(pings).to.be.greaterThan(10);
    expect(slowest_ms).to.be.below(SLOWEST_MS);
    expect(rssBytes(daemon.pid) - before_bytes).to.be.below(64 * MIB);
    await eventually(() => expect(fdsOf(daemon)).to.be.at.most(fds));
    await eventually(() => expect(daemon.workers).to.have.length(1));
  });

  it('keeps little for a client that never reads, counts what it drops, and answers others', async () => {
    await using daemon = await Daemon.start(options);
    const client = daemon.client();
    await client.call('status');
    const before_bytes = rssBytes(daemon.pid);
    const deaf = new Dealer({ linger: 0, receiveHighWaterMark: 1, sendHighWaterMark: 0 });
    try {
      deaf.connect(daemon.place.endpoint);
      const request = JSON.stringify({ id: 1, command: 'options', properties: { name: 'web' } });
      for (let sent = 0; sent < 30_000; sent++) await deaf.send(request);
      await eventually(async () => expect(await countOf(client, 'dropped_replies')).to.be.greaterThan(1000));
      expect((await client.call('status', { name: 'web' })).status).to.equal('active');
      expect(rssBytes(daemon.pid) - before_bytes).to.be.below(96 * MIB);
    } finally {
      deaf.close();
    }
  });

  it('loses nothing to clients that die in the middle of a message', async () => {
    await using daemon = await Daemon.start(options);
    const client = daemon.client();
    await client.call('status');
    const fds = fdsOf(daemon);
    // ZMTP 3.0: signature, version, mechanism; then a frame that says it is long and is not.
    const greeting = Buffer.alloc(64);
    greeting.set([0xff, 0, 0, 0, 0, 0, 0, 0, 1, 0x7f, 3, 0]);
    greeting.write('NULL', 12, 'latin1');
    const long = Buffer.from([0x02, 0x7f, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff]);
    const deaths = [greeting.subarray(0, 5), greeting, Buffer.concat([greeting, long]), Buffer.alloc(10_000, 0x41)];
    for (let round = 0; round < 50; round++) {
      for (const words of deaths) {
        const socket = connect(pathOf(daemon.place.endpoint));
        await once(socket, 'connect');
        socket.on('error', () => socket.destroy());
        socket.write(words, () => socket.destroy());
        await once(socket, 'close');
      }
    }
    expect((await client.call('status', { name: 'web' })).status).to.equal('active');
    await eventually(() => expect(fdsOf(daemon)).to.be.at.most(fds));
  });

  it('forgets a subscriber that stalls, and tells another one everything', async () => {
    await using daemon = await Daemon.start(options);
    const client = daemon.client();
    const stalled = new Subscriber({ linger: 0, receiveHighWaterMark: 1 });
    stalled.connect(daemon.place.pubsub_endpoint);
    stalled.subscribe('');
    using stream = client.events(['watcher.web.updated']);
    const events = stream[Symbol.asyncIterator]();
    await stream.opened;
    const update = (nb: number): Promise<unknown> => client.call('set', { name: 'web', options: { graceful_timeout: nb } });
    const probing = setInterval(() => void update(1), 20);
    await events.next();
    clearInterval(probing);
    await client.call('status');
    const before_bytes = rssBytes(daemon.pid);
    let told = 0;
    const reading = (async () => {
      while (told < EVENTS) {
        await events.next();
        told++;
      }
    })();
    for (let sent = 0; sent < EVENTS; sent += 50) await Promise.all(Array.from({ length: 50 }, (_, index) => update(index + 2)));
    await reading;
    expect(told).to.equal(EVENTS);
    expect(await countOf(client, 'stalls')).to.be.within(1, EVENTS / 50);
    expect(daemon.stdout.split('it gets no more until it has read half of them')).to.have.length(2);
    expect(daemon.stderr).to.equal('');
    expect(rssBytes(daemon.pid) - before_bytes).to.be.below(64 * MIB);
    stalled.close();
  });
});

const EVENTS = 10_000;

/** One client for all that ask again and again: a process has only so many sockets. */
async function countOf(client: Client, what: string): Promise<number> {
  const { text } = await client.call('metrics');
  return Number(new RegExp(`^ringmaster_control_${what}_total (\\d+)$`, 'm').exec(String(text))?.[1]);
}
