import { once } from 'node:events';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { Holder } from '../../../core/durable/holder.js';
import { silentLogger, systemClock } from '../../../core/index.js';
import { chooseOs } from '../../../core/os/choose.js';
import type { DurableOs } from '../../../core/os/durable.js';
import type { ListeningSocket, ListenSpec, Os, SocketIdentity } from '../../../core/os/port.js';
import { mayTrace } from '../../../core/os/posix/take-back.js';
import { crashed } from '../../fixtures/durable/crashed.js';
import { LISTEN } from '../../fixtures/durable/listen.js';
import { outputOf } from '../../fixtures/os.js';

const SERVE = `import socket
s = socket.socket(fileno=5); s.setblocking(True)
if s.type == socket.SOCK_DGRAM: print(s.recv(100).decode())
else:
  c, _ = s.accept(); c.sendall(b'served'); c.close()`;
const NOBODY: SocketIdentity = { inode: 1, file: null };

(process.platform === 'linux' ? describe : describe.skip)('a socket of a supervisor that was killed', () => {
  let os: Os;
  let durable: DurableOs;
  let directory: string;
  const open: ListeningSocket[] = [];
  const takeBack = (spec: Partial<ListenSpec>, identity: SocketIdentity, from: readonly number[]): ListeningSocket | null => {
    const socket = durable.takeBack({ ...LISTEN, ...spec }, identity, from);
    if (socket) open.push(socket);
    return socket;
  };
  before(async () => {
    os = await chooseOs();
    durable = await os.durable();
  });
  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), 'ringmaster-back-'));
  });
  afterEach(async () => {
    for (const socket of open.splice(0)) socket.close();
    await new Holder({ os, durable, clock: systemClock, log: silentLogger, directory, isOurs: () => true }, 'sockets').end();
    rmSync(directory, { recursive: true, force: true });
  });
  const serve = (socket: ListeningSocket): Promise<string> =>
    outputOf(os, ['/usr/bin/python3', '-c', SERVE], { fds: new Map([[5, { kind: 'fd', fd: socket.fd }]]) });

  it('is served on, first of all to who has come meanwhile', async () => {
    const { sockets, pid } = await crashed(directory);
    const [{ port, identity } = { port: 0, identity: NOBODY }] = sockets;
    const client = connect(port, '127.0.0.1');
    await once(client, 'connect');
    const answer = once(client, 'data');
    const socket = takeBack({ port }, identity, [pid]);
    expect(socket).to.include({ port, host: '127.0.0.1', path: null });
    expect(socket?.identity()).to.deep.equal(identity);
    if (socket) await serve(socket);
    expect(String(await answer)).to.equal('served');
    client.destroy();
  });

  it('is found though it is not known who has it, and told when a connection comes', async () => {
    const { sockets } = await crashed(directory);
    const [{ port, identity } = { port: 0, identity: NOBODY }] = sockets;
    const socket = takeBack({ port }, identity, [process.pid, 2 ** 22 + 1]);
    const ready = new Promise<void>((told) => socket?.onReady(told));
    connect(port, '127.0.0.1').on('error', () => {});
    await ready;
  });

  it('is no child’s that is not given it', async () => {
    const { sockets, pid } = await crashed(directory);
    const [{ port, identity } = { port: 0, identity: NOBODY }] = sockets;
    expect(takeBack({ port }, identity, [pid])).to.not.equal(null);
    expect(await outputOf(os, ['/bin/ls', '/proc/self/fd'])).to.equal('0\n1\n2\n3\n');
  });

  it('is the very one that is asked for, or none: by inode, address, type and whether it listens', async () => {
    const { sockets, pid } = await crashed(directory, [{}, { type: 'SOCK_DGRAM' }]);
    const [tcp, udp] = sockets;
    if (!tcp || !udp) throw new Error('two were opened');
    expect(takeBack({ port: tcp.port }, { ...tcp.identity, inode: 1 }, [pid])).to.equal(null);
    expect(takeBack({ port: tcp.port + 1 }, tcp.identity, [pid])).to.equal(null);
    expect(takeBack({ port: udp.port }, udp.identity, [pid])).to.equal(null);
    expect(takeBack({ port: tcp.port, type: 'SOCK_DGRAM' }, tcp.identity, [pid])).to.equal(null);
    expect(takeBack({ port: udp.port, type: 'SOCK_DGRAM' }, udp.identity, [pid])).to.include({ port: udp.port });
    expect(takeBack({ port: tcp.port }, tcp.identity, [pid])).to.include({ port: tcp.port });
  });

  it('of a path keeps its file, and takes it away in the end', async () => {
    const path = join(directory, 's');
    const { sockets, pid } = await crashed(directory, [{ family: 'AF_UNIX', path }]);
    const [{ identity } = { identity: NOBODY }] = sockets;
    const socket = takeBack({ family: 'AF_UNIX', path }, identity, [pid]);
    expect(socket).to.include({ path, port: null });
    const client = connect(path);
    if (socket) await serve(socket);
    expect(String(await once(client, 'data'))).to.equal('served');
    client.destroy();
    socket?.leave();
    expect(existsSync(path)).to.equal(true);
    takeBack({ family: 'AF_UNIX', path }, identity, [pid])?.close();
    expect(existsSync(path)).to.equal(false);
  });

  it('of a path is not taken where its file is gone or another’s, for nobody would be heard there', async () => {
    const path = join(directory, 's');
    const { sockets, pid } = await crashed(directory, [{ family: 'AF_UNIX', path }]);
    const [{ identity } = { identity: NOBODY }] = sockets;
    expect(durable.ownsFile(path, identity)).to.equal(true);
    rmSync(path);
    expect(takeBack({ family: 'AF_UNIX', path }, identity, [pid])).to.equal(null);
    writeFileSync(path, '');
    expect(takeBack({ family: 'AF_UNIX', path }, identity, [pid])).to.equal(null);
    expect(durable.ownsFile(path, identity)).to.equal(false);
  });

  it('can be had at all where the kernel lets us, which is known before', async () => {
    expect(durable.takesBack).to.equal(true);
    const root = 'Name:\tnode\nCapEff:\t000001ffffffffff\n';
    const user = 'Name:\tnode\nCapEff:\t0000000000000000\n';
    expect([0, 1, 2, 3].map((scope) => mayTrace(scope, root))).to.deep.equal([true, true, true, false]);
    expect([0, 1, 2, 3].map((scope) => mayTrace(scope, user))).to.deep.equal([true, false, false, false]);
  });
});
