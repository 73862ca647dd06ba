import { once } from 'node:events';
import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { connect, createServer, type Socket } from 'node:net';
import { join, resolve } from 'node:path';
import { expect } from 'chai';
import { eventually } from '../../core/testing.js';
import { Daemon, type DaemonOptions, openFds, type Place, randomFrom } from '../fixtures/daemon.js';
import { again, killed } from '../fixtures/durable/lives.js';
import { freePort } from '../fixtures/free-port.js';
import { answer, loadUntil } from '../fixtures/load.js';
import { isAlive } from '../fixtures/real.js';

const SERVER = resolve('test/fixtures/servers/http-node.mjs');
/** More by hand: RINGMASTER_KILLS=300. */
const KILLS = Number(process.env.RINGMASTER_KILLS ?? 3);

interface Web {
  readonly sockets: string;
  /** Default 4. */
  readonly numprocesses?: number;
  readonly more?: string;
}

const text = (place: Place, { sockets, numprocesses = 4, more = '' }: Web): string => `
durable: true
state_dir: ${place.directory}/state
endpoint: ${place.endpoint}
pubsub_endpoint: ${place.pubsub_endpoint}
watchers:
  web:
    cmd: node ${SERVER} $(circus.sockets.web) ${place.marker}
    copy_env: true
    use_sockets: true
    numprocesses: ${numprocesses}
    graceful_timeout: 20
    stdout: {type: 'null'}
    stderr: {type: 'null'}
${more}
sockets:
${sockets}
`;
const web = (options: Web): DaemonOptions => ({
  bin: 'main',
  file: 'rm.yaml',
  args: () => ['run'],
  config: (place) => text(place, options),
});
const rewrite = ({ place }: Daemon, options: Web): void => writeFileSync(join(place.directory, 'rm.yaml'), text(place, options));

const tcp = (port: number, more = ''): string => `  web: {host: 127.0.0.1, port: ${port}, backlog: 1024${more}}\n`;
const holder = ({ place }: Daemon): number => JSON.parse(readFileSync(join(place.directory, 'state/holders/sockets.json'), 'utf8')).pid;
const socketsOf = (pid: number): readonly string[] => Object.values(openFds(pid)).filter((name) => name.startsWith('socket:'));

async function portOf(daemon: Daemon, name = 'web'): Promise<number> {
  const { sockets } = await daemon.client().call('listsockets', {});
  return sockets?.find((socket) => socket.name === name)?.port ?? 0;
}

async function connected(to: number | string): Promise<Socket> {
  const socket = typeof to === 'number' ? connect(to, '127.0.0.1') : connect(to);
  await once(socket, 'connect');
  return socket;
}

async function answerTo(socket: Socket): Promise<string> {
  socket.write('GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n');
  let said = '';
  socket.on('data', (chunk) => {
    said += String(chunk);
  });
  await once(socket, 'close');
  return said;
}

async function refusal(to: number | string): Promise<string> {
  return connected(to).then(
    (socket) => {
      socket.destroy();
      return 'connected';
    },
    (error: NodeJS.ErrnoException) => error.code ?? '',
  );
}

(process.platform === 'linux' ? describe : describe.skip)('sockets of a durable daemon', function () {
  this.timeout(60_000 + KILLS * 10_000);

  it(`lose no request while it is killed at random moments, ${KILLS} times, and no worker is replaced`, async () => {
    const port = await freePort();
    const random = randomFrom(11);
    await using first = await Daemon.start(web({ sockets: tcp(port) }));
    let daemon = first;
    const workers = [...daemon.workers].sort();
    expect(workers).to.have.length(4);
    await eventually(async () => (await answer(port)) === 'node', { what: 'an answer' });
    const over = new AbortController();
    const done = loadUntil(over.signal, port);
    for (let kills = 0; kills < KILLS; kills++) {
      await new Promise((go) => setTimeout(go, random() * 1000));
      await killed(daemon);
      // Now and then it is killed again before it is up.
      daemon = daemon.again();
      if (random() < 0.7) await daemon.ready();
    }
    over.abort();
    const found = await done;
    await eventually(() => daemon.stdout.includes('"msg":"ready: '));
    expect(found, daemon.said).to.include({ connect: 0, failed: 0 });
    expect(found.requests).to.be.above(20);
    expect([...daemon.workers].sort(), daemon.said).to.deep.equal(workers);
    if (KILLS > 10) console.log(`      ${KILLS} kills, ${found.requests} requests`);
    await killed(daemon);
  });

  it('keep connections waiting while nobody lives but the one that holds them, and new workers answer', async () => {
    const port = await freePort();
    await using first = await Daemon.start(web({ sockets: tcp(port) }));
    await killed(first);
    for (const pid of first.workers) process.kill(pid, 'SIGKILL');
    await eventually(() => first.workers.length === 0);
    const clients = await Promise.all(Array.from({ length: 50 }, () => connected(port)));
    const answers = clients.map(answerTo);
    await using second = await again(first);
    for (const said of await Promise.all(answers)) expect(said, second.said).to.match(/^HTTP\/1.1 200 OK[\s\S]*node/);
    await killed(second);
  });

  it('are the same ones, under the same numbers, of every kind, and are all gone when it is stopped', async () => {
    const path = (place: Place): string => join(place.directory, 'u.sock');
    const kinds = (place: Place): string =>
      `${tcp(0)}  unix: {path: ${path(place)}}\n  udp: {host: 127.0.0.1, port: 0, type: SOCK_DGRAM}\n  own: {host: 127.0.0.1, port: 0, so_reuseport: true}\n`;
    await using first = await Daemon.start({ ...web({ sockets: '' }), config: (place) => text(place, { sockets: kinds(place) }) });
    const before = await first.client().call('listsockets', {});
    const held = socketsOf(holder(first));
    expect(held).to.have.length(3);
    await killed(first);
    const waiting = await connected(path(first.place));
    await using second = await again(first);
    expect(await second.client().call('listsockets', {})).to.deep.include({ sockets: before.sockets });
    expect(socketsOf(holder(second)).toSorted()).to.deep.equal(held.toSorted());
    expect(socketsOf(second.pid)).to.include.members([...held]);
    // The one who listens is still there, and so is whoever waited meanwhile.
    expect(waiting.readyState).to.equal('open');
    waiting.destroy();
    const port = await portOf(second);
    second.kill('SIGTERM');
    await second.ended;
    expect(await refusal(port)).to.equal('ECONNREFUSED');
    expect(existsSync(path(first.place))).to.equal(false);
    expect(readdirSync(join(first.place.directory, 'state'))).to.deep.equal([]);
  });

  it('are held by another when somebody ends the one that holds them', async () => {
    const port = await freePort();
    await using first = await Daemon.start(web({ sockets: tcp(port) }));
    const before = holder(first);
    process.kill(before, 'SIGKILL');
    await first.printed('another takes its place');
    await eventually(() => holder(first) !== before);
    await killed(first);
    for (const pid of first.workers) process.kill(pid, 'SIGKILL');
    const client = await connected(port);
    const said = answerTo(client);
    await using second = await again(first);
    expect(await said, second.said).to.match(/200 OK/);
    await killed(second);
  });

  it('are taken from a worker where nobody else has them, and opened anew, on the same port, where nobody has', async () => {
    await using first = await Daemon.start(web({ sockets: tcp(0) }));
    const port = await portOf(first);
    const held_by = holder(first);
    const [inode] = socketsOf(held_by);
    await killed(first);
    process.kill(held_by, 'SIGKILL');
    await eventually(() => !isAlive(held_by));
    await using second = await again(first);
    expect(socketsOf(holder(second)), second.said).to.deep.equal([inode]);
    expect(await portOf(second)).to.equal(port);
    await killed(second);
    const all = [holder(second), ...second.workers];
    for (const pid of all) process.kill(pid, 'SIGKILL');
    await eventually(() => !all.some(isAlive));
    await using third = await again(second);
    expect(await portOf(third)).to.equal(port);
    expect(socketsOf(holder(third))).to.not.include(inode);
    await eventually(async () => (await answer(port)) === 'node', { what: 'an answer' });
    await killed(third);
  });

  it('follow a config that was changed meanwhile: one goes, one comes, one moves, with its workers', async () => {
    const [port, other] = [await freePort(), await freePort()];
    const gone = await freePort();
    await using first = await Daemon.start(web({ sockets: `${tcp(port)}  gone: {host: 127.0.0.1, port: ${gone}}\n` }));
    const before = [...first.workers];
    await killed(first);
    rewrite(first, { sockets: `${tcp(other)}  added: {host: 127.0.0.1, port: 0}\n` });
    expect(await refusal(gone)).to.equal('connected');
    await using second = await again(first);
    await eventually(async () => (await refusal(gone)) === 'ECONNREFUSED' && (await refusal(port)) === 'ECONNREFUSED', {
      what: 'the end of what was removed',
    });
    expect(await answer(other)).to.equal('node');
    expect(await portOf(second, 'added')).to.be.greaterThan(0);
    expect(second.workers.filter((pid) => before.includes(pid))).to.deep.equal([]);
    await eventually(() => socketsOf(holder(second)).length === 2);
    await killed(second);
  });

  describe('whose file somebody has disposed of meanwhile', () => {
    const pathOf = (place: Place): string => join(place.directory, 'u.sock');
    const more = '    send_hup: true\n  off: {cmd: sleep 300, use_sockets: true, autostart: false}\n';
    const config = (place: Place): string => text(place, { sockets: `  web: {path: ${pathOf(place)}}\n`, numprocesses: 2, more });
    const others = (daemon: Daemon, before: readonly number[]): Promise<unknown> =>
      eventually(() => daemon.workers.length === 2 && !daemon.workers.some((pid) => before.includes(pid)), { what: 'other workers' });

    it('are opened anew, and who had them is replaced, but nobody started who is stopped', async () => {
      await using first = await Daemon.start({ ...web({ sockets: '' }), config });
      const before = [...first.workers];
      await killed(first);
      rmSync(pathOf(first.place));
      await using second = await again(first);
      await others(second, before);
      expect(await answerTo(await connected(pathOf(first.place))), second.said).to.match(/200 OK/);
      expect(await second.client().call('status', { name: 'off' })).to.include({ status: 'stopped' });
      await killed(second);
    });

    it('are so too where another has its own there, once that is gone', async () => {
      await using first = await Daemon.start({ ...web({ sockets: '' }), config });
      const before = [...first.workers].sort();
      const path = pathOf(first.place);
      await killed(first);
      rmSync(path);
      const thief = createServer().listen(path);
      await once(thief, 'listening');
      await using second = await again(first);
      expect([...second.workers].sort(), second.said).to.deep.equal(before);
      expect((await second.client().call('status')).troubles).to.have.nested.property('[0].name', 'config');
      thief.close();
      await once(thief, 'close');
      await second.client().call('apply', {}, { waiting: true });
      await others(second, before);
      expect(await answerTo(await connected(path)), second.said).to.match(/200 OK/);
      await killed(second);
    });
  });

  it('that are taken by somebody else meanwhile do not keep it from starting: the config may say otherwise by now', async () => {
    const [port, other] = [await freePort(), await freePort()];
    await using first = await Daemon.start(web({ sockets: tcp(port) }));
    await killed(first);
    for (const pid of [holder(first), ...first.workers]) process.kill(pid, 'SIGKILL');
    await eventually(async () => first.workers.length === 0 && (await refusal(port)) === 'ECONNREFUSED');
    const thief = createServer().listen(port, '127.0.0.1');
    try {
      await once(thief, 'listening');
      rewrite(first, { sockets: tcp(other) });
      await using second = await again(first);
      expect(second.stdout).to.match(/socket web is not opened where it was before: .*EADDRINUSE/);
      expect(second.stdout).to.match(/goes on without what can not be had: cannot open socket .*web/);
      await eventually(async () => (await answer(other)) === 'node', { what: 'an answer' });
      await killed(second);
    } finally {
      thief.close();
    }
  });

  it('start a watcher on demand by a connection that has come while nobody was there', async () => {
    const port = await freePort();
    const demand = { sockets: tcp(port), numprocesses: 1, more: '    on_demand: true\n' };
    await using first = await Daemon.start(web(demand));
    expect(first.workers).to.deep.equal([]);
    await killed(first);
    const said = answerTo(await connected(port));
    await using second = await again(first);
    expect(await said, second.said).to.match(/200 OK/);
    await killed(second);
  });
});
