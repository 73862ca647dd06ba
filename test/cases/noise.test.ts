import { randomBytes } from 'node:crypto';
import { connect } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect } from 'chai';
import { Dealer } from 'zeromq';
import { eventually } from '../../core/testing.js';
import { Client } from '../../plugins/control/client.js';
import { Daemon, openFds, randomFrom } from '../fixtures/daemon.js';

const NOISE_BYTES = 1_000_000;
/** An idle machine answers in a few milliseconds. */
const ANSWER_WITHIN_MS = 5000;

/** A daemon with its control endpoint on TCP. */
async function tcpDaemon(): Promise<{ readonly daemon: Daemon; readonly endpoint: string; readonly port: number }> {
  const daemon = await Daemon.start({
    config: ({ marker, pubsub_endpoint }) =>
      `[circus]\nendpoint = tcp://127.0.0.1:0\npubsub_endpoint = ${pubsub_endpoint}\n[watcher:web]\ncmd = sleep ${marker}\n`,
  });
  const endpoint = /tcp:\/\/127\.0\.0\.1:(\d+)/.exec(daemon.stdout);
  return { daemon, endpoint: endpoint?.[0] ?? '', port: Number(endpoint?.[1]) };
}

/** @source ZMTP 3.0, RFC 23: signature, version 3.0, mechanism NULL, no server, filler; then the command READY of a DEALER */
const GREETING = Buffer.concat([
  Buffer.from([0xff, 0, 0, 0, 0, 0, 0, 0, 1, 0x7f, 3, 0]),
  Buffer.from('NULL'.padEnd(20, '\0'), 'latin1'),
  Buffer.alloc(32),
  Buffer.from([4, 28, 5]),
  Buffer.from('READY\x0bSocket-Type\0\0\0\x06DEALER', 'latin1'),
]);

/** A message of one short frame, which may be sent once the other side is READY too. */
const REQUEST = Buffer.from('{"command": "status", "properties": {"name": "web"}}');
const FRAME = Buffer.concat([Buffer.from([0, REQUEST.length]), REQUEST]);

/** Sends noise over TCP until all is sent or the daemon hangs up, `properly` only after a request was answered; resolves with what it said. */
function pour(port: number, properly: boolean): Promise<string> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    let said = '';
    // To be hung up on is what may be expected here.
    socket.on('error', () => socket.destroy());
    socket.on('close', () => resolve(said));
    if (properly) socket.write(GREETING);
    else socket.end(randomBytes(NOISE_BYTES));
    socket.on('data', (chunk) => {
      const ready = said.includes('Socket-Type');
      said += chunk.toString('latin1');
      if (!ready && said.includes('Socket-Type')) socket.write(FRAME);
      if (!socket.writableEnded && said.includes('"active"')) socket.end(randomBytes(NOISE_BYTES));
    });
  });
}

/** Asks again and again while `noise` goes on; the longest time that an answer took, ms. */
async function longestAnswer(endpoint: string, noise: Promise<unknown>): Promise<number> {
  using client = new Client({ endpoint, timeout_ms: 30_000 });
  let over = false;
  const end = noise.finally(() => {
    over = true;
  });
  let longest_ms = 0;
  do {
    const asked_ms = performance.now();
    expect((await client.call('status', { name: 'web' })).status).to.equal('active');
    longest_ms = Math.max(longest_ms, performance.now() - asked_ms);
    await sleep(5);
  } while (!over);
  await end;
  return longest_ms;
}

describe('a million bytes of noise at the control endpoint', () => {
  for (const [title, properly] of [
    ['over TCP', false],
    ['after a proper ZMTP greeting and a proper request', true],
  ] as const) {
    it(`${title}: the daemon goes on, and others are answered meanwhile`, async () => {
      const { daemon, endpoint, port } = await tcpDaemon();
      await using _ = daemon;
      const fds = Object.keys(openFds(daemon.pid)).length;
      const noise = Promise.all(Array.from({ length: 4 }, () => pour(port, properly)));
      expect(await longestAnswer(endpoint, noise)).to.be.below(ANSWER_WITHIN_MS);
      if (properly) for (const said of await noise) expect(said).to.include('"status":"active"');
      await eventually(() => expect(Object.keys(openFds(daemon.pid)).length).to.equal(fds));
      expect(daemon.workers).to.have.length(1);
    });
  }

  it('as messages: each is refused, or dropped where it is not two frames', async () => {
    const { daemon, endpoint } = await tcpDaemon();
    await using _ = daemon;
    const dealer = new Dealer({ linger: 0 });
    dealer.connect(endpoint);
    const random = randomFrom(42);
    const proper = JSON.stringify({ id: 1, command: 'status', properties: { name: 'web' } });
    const noise = (async () => {
      let sent_bytes = 0;
      let wanted = 0;
      while (sent_bytes < NOISE_BYTES) {
        const bytes = randomBytes(1 + Math.floor(random() * 2000));
        sent_bytes += bytes.length;
        if (random() < 0.2) await dealer.send([bytes, bytes]);
        else {
          wanted++;
          // Half of it looks like a request at first sight.
          const cut = Math.floor(random() * proper.length);
          await dealer.send(random() < 0.5 ? bytes : Buffer.concat([Buffer.from(proper.slice(0, cut)), bytes]));
        }
      }
      return wanted;
    })();
    const replies = (async () => {
      const count = await noise;
      for (let got = 0; got < count; got++) {
        const [reply] = await dealer.receive();
        expect(JSON.parse(String(reply))).to.include({ status: 'error', errno: 1, reason: 'json invalid' });
      }
    })();
    expect(await longestAnswer(endpoint, replies)).to.be.below(ANSWER_WITHIN_MS);
    dealer.close();
    expect(daemon.workers).to.have.length(1);
  });
});
