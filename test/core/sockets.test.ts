import { expect } from 'chai';
import type { SocketOptions } from '../../core/index.js';
import { SocketTable } from '../../core/sockets.js';
import { FakeOs, VirtualClock } from '../../core/testing.js';

const OPTIONS: SocketOptions = {
  host: 'localhost',
  port: 8080,
  family: 'AF_INET',
  type: 'SOCK_STREAM',
  proto: null,
  interface: null,
  path: null,
  umask: null,
  replace: false,
  so_reuseport: false,
  backlog: 2048,
  blocking: false,
};

async function opened(sockets: Readonly<Record<string, Partial<SocketOptions>>>): Promise<{ os: FakeOs; table: SocketTable }> {
  const os = new FakeOs(new VirtualClock());
  const table = new SocketTable(os);
  await table.open(Object.fromEntries(Object.entries(sockets).map(([name, options]) => [name, { ...OPTIONS, ...options }])));
  return { os, table };
}

describe('the table of managed sockets', () => {
  it('numbers them for processes from three on, in the order of the config', async () => {
    const { os, table } = await opened({ web: {}, admin: { path: '/run/admin.sock' } });
    const loan = await table.lend();
    expect([...loan.fds]).to.deep.equal(os.sockets.map(({ fd }, index) => [3 + index, { kind: 'fd', fd }]));
    expect(loan.env).to.deep.equal({ LISTEN_FDS: '2', LISTEN_FDNAMES: 'web:admin' });
    expect(table.list()).to.deep.equal([
      { name: 'web', number: 3, backlog: 2048, host: 'localhost', port: 8080, path: null },
      { name: 'admin', number: 4, backlog: 2048, host: null, port: null, path: '/run/admin.sock' },
    ]);
  });

  it('takes a path for AF_UNIX, whatever the family says', async () => {
    const { os } = await opened({ admin: { path: '/run/admin.sock', so_reuseport: true } });
    expect(os.sockets[0]?.spec).to.include({ family: 'AF_UNIX', so_reuseport: false });
  });

  it('gives each process a socket of its own with so_reuseport, at one port, and keeps none', async () => {
    const { os, table } = await opened({ web: { so_reuseport: true, port: 0 } });
    const [first] = os.sockets;
    expect(first?.closed).to.equal(true);
    const loans = [await table.lend(), await table.lend()];
    const own = os.sockets.slice(1);
    expect(own.map(({ port }) => port)).to.deep.equal([first?.port, first?.port]);
    expect(loans.map((loan) => [...loan.fds])).to.deep.equal(own.map(({ fd }) => [[3, { kind: 'fd', fd }]]));
    for (const loan of loans) loan.settle();
    expect(own.every(({ closed }) => closed)).to.equal(true);
  });

  it('puts the blocking mode back before a process gets a socket', async () => {
    const { os, table } = await opened({ web: {} });
    await table.lend();
    expect(table.stdin('web')).to.deep.equal({ kind: 'fd', fd: os.sockets[0]?.fd });
    expect(os.sockets[0]?.resets).to.equal(2);
    expect(table.stdin('nobody')).to.equal(undefined);
  });

  it('tells once when something waits at any of them', async () => {
    const { os, table } = await opened({ web: {}, admin: {} });
    let told = 0;
    const both = new Set(['web', 'admin']);
    const names: string[] = [];
    table.onReady(both, (name) => {
      told++;
      names.push(name);
    });
    os.sockets[1]?.connect();
    os.sockets[0]?.connect();
    expect(told).to.equal(1);
    expect(names).to.deep.equal(['admin']);
    const waiting = table.onReady(both, () => told++);
    waiting[Symbol.dispose]();
    os.sockets[0]?.connect();
    expect(told).to.equal(1);
  });

  it('closes all at its end', async () => {
    const { os, table } = await opened({ web: {}, admin: {} });
    table[Symbol.dispose]();
    expect(os.sockets.map(({ closed }) => closed)).to.deep.equal([true, true]);
    expect(table.list()).to.deep.equal([]);
  });
});
