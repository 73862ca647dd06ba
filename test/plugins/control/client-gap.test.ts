import { once } from 'node:events';
import { mkdtempSync, readdirSync, readFileSync, renameSync, rmSync, symlinkSync, utimesSync, writeFileSync } from 'node:fs';
import { createServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { Router } from 'zeromq';
import { type LogLine, recordingLogger } from '../../../core/testing.js';
import { Client } from '../../../plugins/control/client.js';
import { endGap, isInGap, markGap } from '../../../plugins/control/gap.js';
import { prepareRequest } from '../../../plugins/control/repeatable.js';
import { rejects } from '../../fixtures/control/expect.js';

interface Asked {
  readonly id: string;
  readonly command: string;
}

/** The control endpoint of a daemon that answers when it is told to. */
class Endpoint implements Disposable {
  readonly #router = new Router({ linger: 100 });

  static async at(address: string): Promise<Endpoint> {
    const endpoint = new Endpoint();
    await endpoint.#router.bind(address);
    return endpoint;
  }

  get address(): string {
    return this.#router.lastEndpoint ?? '';
  }

  /** The next request, and who sent it. */
  async next(): Promise<Asked & { readonly from: Buffer }> {
    const [from, body] = await this.#router.receive();
    if (from === undefined || body === undefined) throw new Error('a message without a body');
    return { from, ...JSON.parse(body.toString()) };
  }

  async answer({ from, id }: Asked & { readonly from: Buffer }, text: string): Promise<void> {
    await this.#router.send([from, JSON.stringify({ status: 'ok', id, text })]);
  }

  [Symbol.dispose](): void {
    if (!this.#router.closed) this.#router.close();
  }
}

/** Another at the address of one that has just closed. */
async function successorOf(address: string): Promise<Endpoint> {
  for (;;) {
    try {
      return await Endpoint.at(address);
    } catch {
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
  }
}

describe('control: client, while the daemon is away', () => {
  let first: Endpoint;
  beforeEach(async () => {
    first = await Endpoint.at('tcp://127.0.0.1:*');
  });
  afterEach(() => first[Symbol.dispose]());

  it('sends again what only looks, once, with its id, and each gets the reply to its own', async () => {
    const { address } = first;
    using client = new Client({ endpoint: address, timeout_ms: 10_000, reconnect_ms: 10_000 });
    const calls = ['list', 'status', 'numwatchers'].map((command) => client.call(command));
    const before = [await first.next(), await first.next(), await first.next()];
    first[Symbol.dispose]();
    using second = await successorOf(address);
    const again = [await second.next(), await second.next(), await second.next()];
    const seen = ({ id, command }: Asked): Asked => ({ id, command });
    expect(again.map(seen)).to.deep.equal(before.map(seen));
    for (const request of again.toReversed()) await second.answer(request, request.command);
    expect((await Promise.all(calls)).map(({ text }) => text)).to.deep.equal(['list', 'status', 'numwatchers']);
    // Nothing comes twice.
    const last = client.call('plugins');
    expect((await second.next()).command).to.equal('plugins');
    client.close();
    await rejects(last, 'RM_CLIENT_CLOSED');
  });

  it('does not send again what may have been done, and says that it was sent', async () => {
    const { address } = first;
    using client = new Client({ endpoint: address, timeout_ms: 10_000, reconnect_ms: 10_000 });
    const looks = client.call('list');
    const error = rejects(client.call('incr', { name: 'web' }), 'RM_CLIENT_LOST');
    await first.next();
    await first.next();
    first[Symbol.dispose]();
    expect((await error).context).to.deep.equal({ command: 'incr', sent: true });
    using second = await successorOf(address);
    const request = await second.next();
    expect(request.command).to.equal('list');
    await second.answer(request, 'there');
    expect((await looks).text).to.equal('there');
  });

  it('has what was never sent wait for the daemon to be back, whatever it asks for', async () => {
    const { address } = first;
    using client = new Client({ endpoint: address, timeout_ms: 10_000, reconnect_ms: 10_000 });
    const lost = rejects(client.call('stop', { name: 'web' }), 'RM_CLIENT_LOST');
    await first.next();
    first[Symbol.dispose]();
    await lost;
    const late = client.call('incr', { name: 'web' });
    const cast = client.cast('stop', { name: 'web' });
    using second = await successorOf(address);
    const [one, two] = [await second.next(), await second.next()];
    expect([one.command, two.command]).to.deep.equal(['incr', 'stop']);
    await second.answer(one, 'done');
    expect((await late).text).to.equal('done');
    await cast;
  });

  it('gives up after reconnect_ms: what was sent is lost, what was not is refused', async () => {
    using client = new Client({ endpoint: first.address, timeout_ms: 10_000, reconnect_ms: 60 });
    const looks = rejects(client.call('list'), 'RM_CLIENT_LOST');
    const changes = rejects(client.call('incr', { name: 'web' }), 'RM_CLIENT_LOST');
    await first.next();
    await first.next();
    first[Symbol.dispose]();
    await changes;
    const unsent = await rejects(client.call('decr', { name: 'web' }), 'RM_CLIENT_REFUSED');
    expect(unsent.context).to.include({ sent: false });
    expect((await looks).message).to.include('no other one has opened there since');
  });

  it('with reconnect_ms 0 is told at once', async () => {
    using client = new Client({ endpoint: first.address, reconnect_ms: 0 });
    const looks = rejects(client.call('list'), 'RM_CLIENT_LOST');
    await first.next();
    first[Symbol.dispose]();
    await looks;
    await rejects(client.call('list'), 'RM_CLIENT_REFUSED');
  });

  it('says of a time-out whether the request was sent', async () => {
    using client = new Client({ endpoint: first.address, timeout_ms: 10_000 });
    const connected = client.call('list');
    await first.answer(await first.next(), '');
    await connected;
    expect((await rejects(client.call('stop', {}, { timeout_ms: 40 }), 'RM_CLIENT_TIMEOUT')).context).to.deep.equal({
      command: 'stop',
      sent: true,
    });
    const sockets: Socket[] = [];
    const server = createServer((socket) => sockets.push(socket)).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const address = server.address();
    using mute = new Client({ endpoint: `tcp://127.0.0.1:${typeof address === 'object' ? address?.port : 0}`, timeout_ms: 40 });
    const error = await rejects(mute.call('stop'), 'RM_CLIENT_TIMEOUT');
    expect([error.message, error.context.sent]).to.deep.equal([`no connection for stop from ${mute.endpoint} within 40 ms`, false]);
    for (const socket of sockets) socket.destroy();
    server.close();
  });

  it('an aborted call is not sent again', async () => {
    const { address } = first;
    using client = new Client({ endpoint: address, timeout_ms: 10_000, reconnect_ms: 10_000 });
    const abort = new AbortController();
    const aborted = client.call('list', {}, { signal: abort.signal }).catch((error: unknown) => error);
    const kept = client.call('status');
    await first.next();
    await first.next();
    first[Symbol.dispose]();
    abort.abort('enough');
    expect(await aborted).to.equal('enough');
    using second = await successorOf(address);
    const request = await second.next();
    expect(request.command).to.equal('status');
    await second.answer(request, 'up');
    expect((await kept).text).to.equal('up');
  });

  describe('and is new', () => {
    const log: LogLine[] = [];
    let directory: string;
    let address: string;
    beforeEach(() => {
      directory = mkdtempSync(join(tmpdir(), 'rm-gap-'));
      address = `ipc://${directory}/c.sock`;
      log.length = 0;
    });
    afterEach(() => rmSync(directory, { recursive: true }));

    it('waits for one that is being upgraded, whatever it asks for', async () => {
      markGap(address, recordingLogger(log));
      using client = new Client({ endpoint: address, timeout_ms: 10_000, reconnect_ms: 10_000 });
      const change = client.call('incr', { name: 'web' });
      using second = await successorOf(address);
      const request = await second.next();
      expect(request.command).to.equal('incr');
      await second.answer(request, 'done');
      expect((await change).text).to.equal('done');
      endGap(address, recordingLogger(log));
      expect([readdirSync(directory).filter((name) => name.includes('upgrade')), log]).to.deep.equal([[], []]);
    });

    it('is let in where the other version is there by the time that the client hears of its refusal', async () => {
      const dead = createServer().listen(`${directory}/dead`);
      await once(dead, 'listening');
      renameSync(`${directory}/dead`, `${directory}/c.sock`);
      dead.close();
      using second = await Endpoint.at(`ipc://${directory}/second`);
      using client = new Client({ endpoint: address, timeout_ms: 10_000, reconnect_ms: 10_000 });
      const change = client.call('incr', { name: 'web' });
      // ZeroMQ is refused on a thread of its own.
      for (const until_ms = performance.now() + 100; performance.now() < until_ms; );
      renameSync(`${directory}/second`, `${directory}/c.sock`);
      const request = await Promise.race([second.next(), change.then(() => expect.fail('nobody has answered'))]);
      await second.answer(request, 'done');
      expect((await change).text).to.equal('done');
    });

    it('waits no longer than reconnect_ms, and then is refused as nothing was sent', async () => {
      markGap(address, recordingLogger(log));
      using client = new Client({ endpoint: address, timeout_ms: 10_000, reconnect_ms: 60 });
      const since_ms = performance.now();
      expect((await rejects(client.call('list'), 'RM_CLIENT_REFUSED')).context).to.include({ sent: false });
      expect(performance.now() - since_ms).to.be.at.least(60);
    });

    it('is refused at once where the upgrade began long ago, where there is none, and by a link', async () => {
      const mark = `${directory}/c.sock.upgrade`;
      const refused = async (): Promise<void> => {
        using client = new Client({ endpoint: address, timeout_ms: 20_000, reconnect_ms: 600_000 });
        await rejects(client.call('list'), 'RM_CLIENT_REFUSED');
      };
      await refused();
      markGap(address, recordingLogger(log));
      utimesSync(mark, new Date(), new Date(Date.now() - 61_000));
      await refused();
      rmSync(mark);
      writeFileSync(`${directory}/other`, 'kept');
      symlinkSync(`${directory}/other`, mark);
      await refused();
      // The link is replaced, and not followed.
      markGap(address, recordingLogger(log));
      expect(readFileSync(`${directory}/other`, 'utf8')).to.equal('kept');
      expect(isInGap(address)).to.equal(true);
    });

    it('goes on without where the directory can not be written to, and says so', () => {
      const nowhere = `ipc://${directory}/none/c.sock`;
      markGap(nowhere, recordingLogger(log));
      markGap('tcp://127.0.0.1:5555', recordingLogger(log));
      expect([isInGap(nowhere), isInGap('tcp://127.0.0.1:5555')]).to.deep.equal([false, false]);
      expect(log.map(({ message }) => message)).to.have.length(1);
      expect(log[0]?.message).to.match(/^clients can not tell whether this daemon is being upgraded: ENOENT/);
    });
  });

  for (const [command, repeatable] of [
    ['list', true],
    ['STATUS', true],
    ['plan', true],
    ['incr', false],
    ['apply', false],
    ['quit', false],
    ['upgrade', true],
    ['toString', false],
    ['of_a_plugin', false],
  ] as const) {
    it(`${command} is ${repeatable ? '' : 'not '}repeatable`, () => {
      expect(prepareRequest(command, {}).repeatable).to.equal(repeatable);
    });
  }

  it('gives an upgrade a token that it keeps, unless it has one', () => {
    expect(prepareRequest('upgrade', {}).properties.token).to.match(/^[0-9a-f-]{36}$/);
    expect(prepareRequest('upgrade', { token: 'mine' }).properties).to.deep.equal({ token: 'mine' });
  });
});
