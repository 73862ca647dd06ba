import { once } from 'node:events';
import { connect, createServer } from 'node:net';
import { expect } from 'chai';
import { systemClock } from '../../core/clock.js';

/** Longer than a timer may be late without a reason. */
const STILL_MS = 1100;

/** Has this process stand still. */
function standStill(): void {
  for (const until_ms = performance.now() + STILL_MS; performance.now() < until_ms; );
}

describe('the system clock', () => {
  it('fires timers in the order in which they are due', async () => {
    const fired: number[] = [];
    await new Promise<void>((resolve) => {
      systemClock.setTimeout(() => {
        fired.push(2);
        resolve();
      }, 30);
      systemClock.setTimeout(() => fired.push(1), 5);
    });
    expect(fired).to.deep.equal([1, 2]);
  });

  it('has what came while the process stood still read before a timer fires that was due then', async () => {
    const server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    const address = server.address();
    const client = connect(typeof address === 'object' && address ? address.port : 0, '127.0.0.1');
    const [[peer]] = await Promise.all([once(server, 'connection'), once(client, 'connect')]);
    const seen: string[] = [];
    client.on('data', (data) => seen.push(String(data)));
    await new Promise<void>((resolve) => {
      systemClock.setTimeout(() => {
        seen.push('timer');
        resolve();
      }, 10);
      peer.write('answer');
      standStill();
    });
    client.destroy();
    peer.destroy();
    server.close();
    expect(seen).to.deep.equal(['answer', 'timer']);
  });

  it('never fires a late timer that is disposed of by what is read first', async () => {
    let fired = false;
    const timer = systemClock.setTimeout(() => {
      fired = true;
    }, 10);
    standStill();
    const turn = (): Promise<unknown> => new Promise((resolve) => setImmediate(resolve));
    // It has noticed by then that it is late, and has a turn still to wait.
    await turn();
    await turn();
    timer[Symbol.dispose]();
    for (let turns = 0; turns < 4; turns++) await turn();
    expect(fired).to.equal(false);
  });
});
