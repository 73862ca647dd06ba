import { once } from 'node:events';
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { isRingmasterError, type SocketOptions } from '../../core/index.js';
import { chooseOs } from '../../core/os/choose.js';
import { SocketTable } from '../../core/sockets.js';
import { outputOf } from '../fixtures/os.js';

const OPTIONS: SocketOptions = {
  host: '127.0.0.1',
  port: 0,
  family: 'AF_INET',
  type: 'SOCK_STREAM',
  proto: null,
  interface: null,
  path: null,
  umask: null,
  replace: false,
  so_reuseport: false,
  backlog: 16,
  blocking: false,
};

(process.platform === 'linux' ? describe : describe.skip)('the table of managed sockets, for real', () => {
  let directory: string;
  before(() => {
    directory = mkdtempSync(join(tmpdir(), 'ringmaster-table-'));
  });
  after(() => rmSync(directory, { recursive: true }));

  it('gives a process listening sockets under the numbers that it says', async () => {
    using table = new SocketTable(await chooseOs());
    await table.open({ web: OPTIONS, admin: { ...OPTIONS, path: join(directory, 'admin') }, own: { ...OPTIONS, so_reuseport: true } });
    const { fds, settle } = await table.lend();
    const script = `import socket
for n in 3, 4, 5:
  s = socket.socket(fileno=n); print(s.family.name, s.getsockopt(socket.SOL_SOCKET, socket.SO_ACCEPTCONN))`;
    const text = await outputOf(await chooseOs(), ['/usr/bin/python3', '-c', script], { fds });
    settle();
    expect(text).to.equal('AF_INET 1\nAF_UNIX 1\nAF_INET 1\n');
  });

  it('opens all or none, and says what is wrong, who holds the address and what to do', async () => {
    const taken = createServer().listen(0, '127.0.0.1');
    await once(taken, 'listening');
    const address = taken.address();
    const port = typeof address === 'object' && address ? address.port : 0;
    writeFileSync(join(directory, 'plain'), 'kept');
    await outputOf(await chooseOs(), [
      '/usr/bin/python3',
      '-c',
      'import socket, sys; socket.socket(socket.AF_UNIX).bind(sys.argv[1])',
      join(directory, 'stale'),
    ]);
    const cases: readonly [Partial<SocketOptions>, RegExp][] = [
      [
        { port },
        new RegExp(
          `cannot open socket "bad" at 127\\.0\\.0\\.1:${port}: .*address already in use.*held by pid ${process.pid} \\(.*stop that first`,
        ),
      ],
      [{ path: join(directory, 'plain') }, /plain: .*nobody listens there.*remove it, or set replace/],
      [{ path: join(directory, 'plain'), replace: true }, /no socket and not empty: move it away/],
      [{ path: join(directory, 'stale') }, /stale: .*EADDRINUSE|stale: .*address already in use.*nobody listens there.*set replace/],
      [{ interface: 'nowhere0' }, /cannot open socket "bad" at 127\.0\.0\.1:0: .*this machine has no interface nowhere0/],
      [{ host: 'no-such-host.invalid' }, /"bad" at no-such-host\.invalid:0: .*no AF_INET address/],
      [{ path: '/no/such/place/s' }, /make the directory first/],
      [{ host: '203.0.113.7' }, /203\.0\.113\.7 is not an address of this machine/],
    ];
    const os = await chooseOs();
    const before = readdirSync('/proc/self/fd').length;
    for (const [bad, message] of cases) {
      const error = await new SocketTable(os).open({ good: OPTIONS, bad: { ...OPTIONS, ...bad } }).catch((thrown: unknown) => thrown);
      expect(isRingmasterError(error, 'RM_SOCKET_OPEN')).to.equal(true);
      expect(error).to.have.property('message').that.matches(message);
    }
    expect(readdirSync('/proc/self/fd').length).to.equal(before);
    taken.close();
  });

  it('tells of the first connection', async () => {
    using table = new SocketTable(await chooseOs());
    await table.open({ one: OPTIONS, other: OPTIONS });
    const told = new Promise<void>((resolve) => void table.onReady(new Set(table.list().map(({ name }) => name)), () => resolve()));
    const client = connect(table.list()[1]?.port ?? 0, '127.0.0.1');
    await told;
    client.destroy();
  });
});
