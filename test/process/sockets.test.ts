import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { chmodSync, existsSync, mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { chooseOs } from '../../core/os/choose.js';
import type { ListeningSocket, ListenSpec, Os } from '../../core/os/port.js';
import { portableOs } from '../../core/os/portable.js';
import { eventually } from '../../core/testing.js';
import { LISTEN } from '../fixtures/durable/listen.js';
import { outputOf, run } from '../fixtures/os.js';
import { quantile } from '../fixtures/respawns.js';

/** A program that serves one connection or datagram on descriptor 5. */
const SERVE = `import socket, sys
s = socket.socket(fileno=5); s.setblocking(True)
if s.type in (socket.SOCK_STREAM, socket.SOCK_SEQPACKET):
  c, _ = s.accept(); c.sendall(b'served ' + c.recv(100)); c.close()
else: sys.stdout.write(s.recv(100).decode())`;
const SEND = `import socket, sys
family, kind, where = sys.argv[1:]
s = socket.socket(getattr(socket, family), getattr(socket, kind)); s.connect(where); s.sendall(b'hello')
if kind != 'SOCK_DGRAM': sys.stdout.write(s.recv(100).decode())`;

async function failure(promise: Promise<unknown>): Promise<Error & { code?: unknown }> {
  return promise.then(
    () => new Error('nothing failed'),
    (error: Error) => error,
  );
}

(process.platform === 'linux' ? describe : describe.skip)('managed sockets of the native form', () => {
  let os: Os;
  let directory: string;
  let path: string;
  const open: ListeningSocket[] = [];
  const listen = async (spec: Partial<ListenSpec>): Promise<ListeningSocket> => {
    const socket = await os.listen({ ...LISTEN, ...spec });
    open.push(socket);
    return socket;
  };
  before(async () => {
    os = await chooseOs();
  });
  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), 'ringmaster-sockets-'));
    path = join(directory, 's');
  });
  afterEach(() => {
    for (const socket of open.splice(0)) socket.close();
    rmSync(directory, { recursive: true });
  });

  const inet: readonly [string, Partial<ListenSpec>, string][] = [
    ['an address', {}, '127.0.0.1'],
    ['a name', { host: 'localhost' }, '127.0.0.1'],
    ['any address', { host: '0.0.0.0' }, '127.0.0.1'],
    ['an IPv6 address', { family: 'AF_INET6', host: '::1' }, '::1'],
    ['a protocol by name', { proto: 'tcp' }, '127.0.0.1'],
    ['an interface', { interface: 'lo' }, '127.0.0.1'],
  ];
  for (const [title, spec, host] of inet) {
    (spec.interface && process.getuid?.() !== 0 ? it.skip : it)(`are served by a child: a TCP port of ${title}`, async () => {
      const socket = await listen(spec);
      expect(socket.port).to.be.greaterThan(0);
      void run(os, ['/usr/bin/python3', '-c', SERVE], { fds: new Map([[5, { kind: 'fd', fd: socket.fd }]]) });
      const client = connect({ host, port: socket.port ?? 0 });
      client.write('hello');
      const [answer] = await once(client, 'data');
      expect(String(answer)).to.equal('served hello');
      client.destroy();
    });
  }

  for (const type of ['SOCK_STREAM', 'SOCK_SEQPACKET', 'SOCK_DGRAM'] as const) {
    it(`are served by a child: a unix socket ${type}`, async () => {
      const socket = await listen({ family: 'AF_UNIX', type, path });
      expect(socket).to.include({ path, host: null, port: null });
      const server = outputOf(os, ['/usr/bin/python3', '-c', SERVE], { fds: new Map([[5, { kind: 'fd', fd: socket.fd }]]) });
      const client = await outputOf(os, ['/usr/bin/python3', '-c', SEND, 'AF_UNIX', type, path]);
      const served = await server;
      expect(type === 'SOCK_DGRAM' ? served : client).to.equal(type === 'SOCK_DGRAM' ? 'hello' : 'served hello');
    });
  }

  it('are served by a child: UDP', async () => {
    const socket = await listen({ type: 'SOCK_DGRAM' });
    const server = outputOf(os, ['/usr/bin/python3', '-c', SERVE], { fds: new Map([[5, { kind: 'fd', fd: socket.fd }]]) });
    const client = createSocket('udp4');
    client.send('hello', socket.port ?? 0, '127.0.0.1', () => client.close());
    expect(await server).to.equal('hello');
  });

  it('tell IPv6 addresses in their short form', async () => {
    expect((await listen({ family: 'AF_INET6', host: '::' })).host).to.equal('::');
    expect((await listen({ family: 'AF_INET6', host: '0:0:0:0:0:0:0:1' })).host).to.equal('::1');
  });

  it('are not inherited by a child that is not given them', async () => {
    const socket = await listen({});
    expect(await outputOf(os, ['/bin/ls', '/proc/self/fd'])).to.equal('0\n1\n2\n3\n');
    expect(socket.fd).to.be.greaterThan(2);
  });

  it('share a port with so_reuseport, and only with it', async () => {
    const first = await listen({ so_reuseport: true });
    const second = await listen({ so_reuseport: true, port: first.port ?? 0 });
    expect(second.port).to.equal(first.port);
    expect(await failure(listen({ port: first.port ?? 0 }))).to.include({ code: 'EADDRINUSE' });
  });

  it('are blocking or not as asked for, also after a child has changed that', async () => {
    for (const blocking of [true, false]) {
      const socket = await listen({ blocking });
      const mode = (): Promise<string> =>
        outputOf(os, ['/usr/bin/python3', '-c', 'import os; print(os.get_blocking(5))'], {
          fds: new Map([[5, { kind: 'fd', fd: socket.fd }]]),
        });
      const change = `import os; os.set_blocking(5, ${blocking ? 'False' : 'True'})`;
      await outputOf(os, ['/usr/bin/python3', '-c', change], { fds: new Map([[5, { kind: 'fd', fd: socket.fd }]]) });
      expect(await mode()).to.equal(blocking ? 'False\n' : 'True\n');
      socket.resetMode();
      expect(await mode()).to.equal(blocking ? 'True\n' : 'False\n');
    }
  });

  it('have the mode that umask leaves, whatever the umask of the daemon', async () => {
    for (const umask of [0, 0o077, 0o117]) {
      const socket = await listen({ family: 'AF_UNIX', path, umask });
      expect(statSync(path).mode & 0o777).to.equal(0o777 & ~umask);
      socket.close();
      open.pop();
    }
  });

  it('take their file with them, but not that of another', async () => {
    const first = await listen({ family: 'AF_UNIX', path });
    first.close();
    open.pop();
    expect(existsSync(path)).to.equal(false);
    const second = await listen({ family: 'AF_UNIX', path });
    await listen({ family: 'AF_UNIX', path, replace: true });
    second.close();
    open.shift();
    expect(existsSync(path)).to.equal(true);
  });

  it('say what can not be done, by errno', async () => {
    const taken = createServer().listen(0, '127.0.0.1');
    await once(taken, 'listening');
    const address = taken.address();
    const port = typeof address === 'object' && address ? address.port : 0;
    writeFileSync(join(directory, 'plain'), 'kept');
    const cases: readonly [Partial<ListenSpec>, string, RegExp][] = [
      [{ port }, 'EADDRINUSE', /cannot bind to 127\.0\.0\.1:\d+: address already in use/],
      [{ host: '203.0.113.7' }, 'EADDRNOTAVAIL', /cannot bind to 203\.0\.113\.7:0/],
      [{ host: 'no-such-host.invalid' }, 'E', /there is no AF_INET address of "no-such-host.invalid"|getaddrinfo/],
      [{ interface: 'nosuch0' }, process.getuid?.() === 0 ? 'ENODEV' : 'EPERM', /interface nosuch0/],
      [{ proto: 'nonsense' }, 'EPROTONOSUPPORT', /there is no protocol "nonsense"/],
      [{ type: 'SOCK_SEQPACKET' }, 'ESOCKTNOSUPPORT', /cannot open a socket AF_INET SOCK_SEQPACKET/],
      [{ family: 'AF_UNIX', path: join(directory, 'plain') }, 'EADDRINUSE', /plain/],
      [{ family: 'AF_UNIX', path: join(directory, 'plain'), replace: true }, 'EADDRINUSE', /plain/],
      [{ family: 'AF_UNIX', path: '/no/such/place/s' }, 'ENOENT', /\/no\/such\/place\/s/],
      [{ family: 'AF_UNIX', path: `/tmp/${'x'.repeat(120)}` }, 'ENAMETOOLONG', /125 bytes, at most 107/],
      [{ family: 'AF_UNIX', path: null }, 'EINVAL', /needs a path/],
    ];
    const fds = readdirSync('/proc/self/fd').length;
    for (const [spec, code, message] of cases) {
      const error = await failure(listen(spec));
      expect(error.code, message.source).to.match(new RegExp(`^${code}`));
      expect(error.message).to.match(message);
    }
    expect(readdirSync('/proc/self/fd').length).to.be.at.most(fds);
    taken.close();
    chmodSync(directory, 0o700);
  });

  describe('tell of what comes', () => {
    const arrivals = async (socket: ListeningSocket): Promise<{ count: number; watching: Disposable }> => {
      const seen = { count: 0, watching: socket.onArrival(() => seen.count++) };
      return seen;
    };
    /** One after the other, each in a millisecond of its own, whether anybody accepts or not. */
    const visit = async (port: number, times: number): Promise<void> => {
      for (let visit = 0; visit < times; visit++) {
        const client = connect(port, '127.0.0.1');
        await once(client, 'connect');
        client.destroy();
        await new Promise((resolve) => setTimeout(resolve, 5));
      }
    };

    it('each connection, also while others wait, as long as somebody listens', async () => {
      const socket = await listen({});
      const [one, other] = [await arrivals(socket), await arrivals(socket)];
      await visit(socket.port ?? 0, 10);
      await eventually(() => one.count === 10);
      one.watching[Symbol.dispose]();
      await visit(socket.port ?? 0, 3);
      await eventually(() => other.count === 13);
      expect(one.count).to.equal(10);
      other.watching[Symbol.dispose]();
    });

    it('beside who waits for the first one', async () => {
      const socket = await listen({});
      const seen = await arrivals(socket);
      let told = 0;
      socket.onReady(() => told++);
      await visit(socket.port ?? 0, 3);
      await eventually(() => seen.count === 3 && told === 1);
    });

    it('each datagram, and each connection of a unix socket', async () => {
      const [udp, unix] = [await listen({ type: 'SOCK_DGRAM' }), await listen({ family: 'AF_UNIX', path })];
      const [datagrams, connections] = [await arrivals(udp), await arrivals(unix)];
      const client = createSocket('udp4');
      await new Promise((sent) => client.send('hello', udp.port ?? 0, '127.0.0.1', sent));
      client.close();
      connect(path).on('error', () => {});
      await eventually(() => datagrams.count === 1 && connections.count === 1);
    });

    it('and leave no descriptor behind, nor keep counting when they are closed', async () => {
      const before = readdirSync('/proc/self/fd').length;
      const socket = await os.listen(LISTEN);
      const seen = await arrivals(socket);
      await visit(socket.port ?? 0, 2);
      await eventually(() => seen.count === 2);
      socket.close();
      socket.close();
      await eventually(() => readdirSync('/proc/self/fd').length <= before);
    });
  });

  describe('can be changed while they are open', () => {
    /** How many connections the kernel lets wait before it refuses more. */
    const room = async (where: string): Promise<number> =>
      Number(
        await outputOf(os, [
          '/usr/bin/python3',
          '-c',
          `import socket, sys
n = 0; kept = []
try:
  while True:
    s = socket.socket(socket.AF_UNIX); s.setblocking(False); s.connect(sys.argv[1]); kept.append(s); n += 1
except BlockingIOError: print(n)`,
          where,
        ]),
      );

    it('to another backlog', async () => {
      const socket = await listen({ family: 'AF_UNIX', path, backlog: 2 });
      const few = await room(path);
      socket.adjust({ ...LISTEN, family: 'AF_UNIX', path, backlog: 40 });
      expect([few, await room(path)]).to.deep.equal([3, 41 - 3]);
    });

    it('to another mode of the file', async () => {
      const socket = await listen({ family: 'AF_UNIX', path, umask: 0o77 });
      socket.adjust({ ...LISTEN, family: 'AF_UNIX', path, umask: 0o7 });
      expect(statSync(path).mode & 0o777).to.equal(0o770);
      socket.adjust({ ...LISTEN, family: 'AF_UNIX', path, umask: null });
      expect(statSync(path).mode & 0o777).to.equal(0o777 & ~process.umask());
    });

    it('to let another have their address, or not any more', async () => {
      const socket = await listen({});
      const again = { port: socket.port ?? 0, so_reuseport: true };
      expect((await failure(listen(again))).code).to.equal('EADDRINUSE');
      socket.share(true);
      socket.share(false);
      expect((await failure(listen(again))).code).to.equal('EADDRINUSE');
      socket.share(true);
      expect((await listen(again)).port).to.equal(socket.port);
      expect((await failure(listen({ ...again, so_reuseport: false }))).code).to.equal('EADDRINUSE');
    });

    it('to another path, in place of what is there', async () => {
      const old = await listen({ family: 'AF_UNIX', path });
      const socket = await listen({ family: 'AF_UNIX', path: `${path}.new` });
      socket.moveTo(path);
      old.close();
      const client = connect(path);
      await once(client, 'connect');
      client.destroy();
      socket.close();
      expect(readdirSync(directory)).to.deep.equal([]);
    });
  });

  describe('tell when something waits', () => {
    it('once, without accepting it, and again when asked again', async () => {
      const socket = await listen({});
      let told = 0;
      const ask = (): void => void socket.onReady(() => told++);
      ask();
      const first = connect(socket.port ?? 0, '127.0.0.1');
      await eventually(() => told === 1);
      const second = connect(socket.port ?? 0, '127.0.0.1');
      await once(second, 'connect');
      expect(told).to.equal(1);
      // Both still wait.
      ask();
      await eventually(() => told === 2);
      const served = outputOf(os, ['/usr/bin/python3', '-c', SERVE], { fds: new Map([[5, { kind: 'fd', fd: socket.fd }]]) });
      first.write('me');
      const [answer] = await once(first, 'data');
      expect(String(answer)).to.equal('served me');
      await served;
      first.destroy();
      second.destroy();
    });

    it('for every kind of socket', async () => {
      const sockets = [
        await listen({ type: 'SOCK_DGRAM' }),
        await listen({ family: 'AF_UNIX', path: `${path}1` }),
        await listen({ family: 'AF_UNIX', path: `${path}2`, type: 'SOCK_DGRAM' }),
        await listen({ family: 'AF_UNIX', path: `${path}3`, type: 'SOCK_SEQPACKET' }),
      ];
      const told: number[] = [];
      for (const [index, socket] of sockets.entries()) socket.onReady(() => told.push(index));
      const client = createSocket('udp4');
      client.send('x', sockets[0]?.port ?? 0, '127.0.0.1', () => client.close());
      await eventually(() => told.length === 1);
      const unix = connect(`${path}1`);
      await eventually(() => told.length === 2);
      unix.destroy();
      const send = (type: string, at: string): Promise<string> =>
        outputOf(os, [
          '/usr/bin/python3',
          '-c',
          `import socket,sys\ns=socket.socket(socket.AF_UNIX, socket.${type}); s.connect('${at}'); s.send(b'x')`,
        ]);
      await send('SOCK_DGRAM', `${path}2`);
      await eventually(() => told.length === 3);
      await send('SOCK_SEQPACKET', `${path}3`);
      await eventually(() => told.length === 4);
      expect(told).to.deep.equal([0, 1, 2, 3]);
    });

    it('everybody who asked, and nobody who asked no longer', async () => {
      const socket = await listen({});
      const told: string[] = [];
      socket.onReady(() => told.push('one'));
      const other = socket.onReady(() => told.push('other'));
      socket.onReady(() => told.push('third'));
      other[Symbol.dispose]();
      const client = connect(socket.port ?? 0, '127.0.0.1');
      await eventually(() => told.length === 2);
      client.destroy();
      expect(told).to.deep.equal(['one', 'third']);
    });

    it('within 20 ms of when Node would know, two hundred times, and cost nothing while nothing comes', async () => {
      const socket = await listen({ backlog: 512 });
      const [late, usual]: [number[], number[]] = [[], []];
      // A machine that is busy is late with everything.
      const plain = createServer().listen(0, '127.0.0.1');
      await once(plain, 'listening');
      const usually = async (): Promise<number> => {
        const start = performance.now();
        const address = plain.address();
        const client = connect(typeof address === 'object' && address !== null ? address.port : 0, '127.0.0.1');
        const [served] = await once(plain, 'connection');
        const took_ms = performance.now() - start;
        for (const socket of [client, served]) socket.destroy();
        return took_ms;
      };
      const clients = [];
      for (let round = 0; round < 200; round++) {
        const fresh = await listen({});
        const told = new Promise<void>((resolve) => void fresh.onReady(resolve));
        const start = performance.now();
        clients.push(connect(fresh.port ?? 0, '127.0.0.1'));
        await told;
        late.push(performance.now() - start);
        usual.push(await usually());
      }
      plain.close();
      for (const client of clients) client.destroy();
      expect(quantile(late, 0.5) - quantile(usual, 0.5)).to.be.below(20);
      socket.onReady(() => {});
      await new Promise((resolve) => setTimeout(resolve, 100));
      const before = process.cpuUsage();
      await new Promise((resolve) => setTimeout(resolve, 1000));
      const { user, system } = process.cpuUsage(before);
      expect((user + system) / 1000).to.be.below(30);
    });

    it('and leave no descriptor behind', async () => {
      const fds = (): number => readdirSync('/proc/self/fd').length;
      const before = fds();
      for (let round = 0; round < 50; round++) {
        const socket = await listen({});
        socket.onReady(() => {});
        const waiting = socket.onReady(() => {});
        if (round % 2) waiting[Symbol.dispose]();
        socket.close();
        open.pop();
      }
      await eventually(() => expect(fds()).to.equal(before));
    });
  });
});

describe('managed sockets of the portable form', () => {
  it('are refused with a clear error', async () => {
    expect((await failure(portableOs().listen(LISTEN))).message).to.match(/managed sockets need the native form/);
  });
});
