import { expect } from 'chai';
import type { SocketOptions } from '../../core/index.js';
import { SocketHits } from '../../core/socket-hits.js';
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

  const refusals: readonly [string, Partial<SocketOptions>, RegExp][] = [
    ['EACCES', { port: 80 }, /"bad" at localhost:80: .*ports below 1024 are for root, or for who has CAP_NET_BIND_SERVICE/],
    ['EACCES', { path: '/run/x' }, /"bad" at \/run\/x: .*must be able to write to that directory/],
    ['ENODEV', { interface: 'eth9' }, /no interface eth9/],
    ['EPROTONOSUPPORT', { proto: 'nope' }, /"bad" at localhost:8080: cannot listen at 8080/],
  ];
  for (const [errno, options, message] of refusals) {
    it(`says what to do about ${errno}, and keeps nothing open: ${JSON.stringify(options)}`, async () => {
      const os = new FakeOs(new VirtualClock());
      os.refuse = () => (os.sockets.length === 1 ? errno : undefined);
      const table = new SocketTable(os);
      const error = await table.open({ good: OPTIONS, bad: { ...OPTIONS, ...options } }).catch((thrown: unknown) => thrown);
      expect(error).to.have.property('message').that.matches(message);
      expect(error).to.have.nested.property('context.errno', errno);
      expect([os.sockets.map(({ closed }) => closed), table.list()]).to.deep.equal([[true], []]);
    });
  }

  it('keeps what is the same open, and undoes a change that is not committed', async () => {
    const { os, table } = await opened({ web: {}, admin: {} });
    const before = table.list();
    {
      using _ = await table.change({ web: { ...OPTIONS, backlog: 9 }, more: { ...OPTIONS, port: 1 } });
      expect(os.sockets[0]?.adjusted?.backlog).to.equal(9);
    }
    expect(os.sockets.map(({ closed }) => closed)).to.deep.equal([false, false, true]);
    expect(os.sockets[0]?.adjusted?.backlog).to.equal(2048);
    expect(table.list()).to.deep.equal(before);
  });

  it('does not close what a process is just being given', async () => {
    const { os, table } = await opened({ web: {}, own: { so_reuseport: true } });
    const loan = await table.lend();
    await table.open({});
    expect(os.sockets[0]?.closed).to.equal(false);
    loan.settle();
    expect(os.sockets.every(({ closed }) => closed)).to.equal(true);
  });

  it('lends only those that a command names, under the numbers of the table', async () => {
    const { os, table } = await opened({ web: {}, Admin: {} });
    const { fds, env } = await table.lend(['admin']);
    expect([...fds]).to.deep.equal([[4, { kind: 'fd', fd: os.sockets[1]?.fd }]]);
    expect(env).to.deep.equal({ LISTEN_FDS: '1', LISTEN_FDNAMES: 'Admin' });
  });

  it('shares an address with one that goes, and takes that back where it is in vain', async () => {
    const { os, table } = await opened({ old: {} });
    os.refuse = ({ so_reuseport }) => (so_reuseport ? undefined : 'EADDRINUSE');
    {
      using _ = await table.change({ new: OPTIONS });
      expect([os.sockets[0]?.shared, os.sockets[1]?.spec.so_reuseport]).to.deep.equal([true, true]);
    }
    expect([os.sockets[0]?.shared, os.sockets[0]?.closed, os.sockets[1]?.closed]).to.deep.equal([false, false, true]);
    os.refuse = () => 'EADDRINUSE';
    const error = await table.change({ new: OPTIONS }).catch((thrown: unknown) => thrown);
    expect(error).to.have.nested.property('context.errno', 'EADDRINUSE');
    expect(os.sockets[0]?.shared).to.equal(false);
  });

  it('counts what comes, and follows a socket that takes the place of another', async () => {
    const { os, table } = await opened({ web: {}, own: { so_reuseport: true } });
    using hits = new SocketHits(table);
    os.sockets[0]?.connect();
    os.sockets[0]?.connect();
    const counts = (): readonly string[] => hits.take().map(({ socket: { name, port }, hits: count }) => `${name} ${port} ${count}`);
    expect([counts(), counts()]).to.deep.equal([['web 8080 2'], ['web 8080 0']]);
    await table.open({ web: { ...OPTIONS, port: 81 } });
    expect(counts()).to.deep.equal(['web 81 0']);
    os.sockets.at(-1)?.connect();
    expect(counts()).to.deep.equal(['web 81 1']);
    hits[Symbol.dispose]();
    os.sockets.at(-1)?.connect();
    await table.open({});
    expect(counts()).to.deep.equal([]);
  });

  it('closes all at its end', async () => {
    const { os, table } = await opened({ web: {}, admin: {} });
    table[Symbol.dispose]();
    expect(os.sockets.map(({ closed }) => closed)).to.deep.equal([true, true]);
    expect(table.list()).to.deep.equal([]);
  });
});
