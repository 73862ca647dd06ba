import { expect } from 'chai';
import type { SocketOptions } from '../../../core/config/schema/socket.js';
import { SocketKeeper } from '../../../core/durable/socket-keeper.js';
import { Journal } from '../../../core/journal/journal.js';
import { SocketTable } from '../../../core/sockets.js';
import { MemoryJournalFile } from '../../../core/testing/memory-journal.js';
import { FakeOs, type LogLine, recordingLogger, VirtualClock } from '../../../core/testing.js';

const SOCKET: SocketOptions = {
  host: 'localhost',
  port: 0,
  path: null,
  family: 'AF_INET',
  type: 'SOCK_STREAM',
  proto: null,
  interface: null,
  umask: null,
  replace: false,
  so_reuseport: false,
  backlog: 2048,
  blocking: false,
};
type Sockets = Readonly<Record<string, Partial<SocketOptions>>>;

/** Tables of one machine, one after the other, each with what the one before has left. */
class Tables {
  readonly clock = new VirtualClock();
  readonly os = new FakeOs(this.clock);
  readonly lines: LogLine[] = [];
  readonly file = new MemoryJournalFile();
  survivors: readonly number[] = [];
  used: readonly string[] = [];
  table = this.#table();

  /** The one before has been killed. @returns those whose users hear nobody any more */
  next(): Promise<readonly string[]> {
    this.table = this.#table();
    return this.table.resume();
  }

  async open(sockets: Sockets): Promise<void> {
    await this.table.open(optionsOf(sockets));
    await this.clock.advanceAsync(0);
  }

  async change(sockets: Sockets): Promise<void> {
    {
      using change = await this.table.change(optionsOf(sockets));
      change.commit();
    }
    await this.table.keep();
    await this.clock.advanceAsync(0);
  }

  /** A worker with a socket, by name. @returns its pid */
  async worker(name: string): Promise<number> {
    const { fds } = await this.table.lend([name]);
    let started = 0;
    const spawned = (pid: number): void => {
      started = pid;
    };
    const listener = { spawned, failed() {}, exited() {} };
    this.os.spawn({ file: 'web', argv: ['web'], env: {}, cwd: '/', fds, rlimits: {} }, listener);
    return started;
  }

  /** Inodes of what is open in the table, by name. */
  get inodes(): Readonly<Record<string, number>> {
    return Object.fromEntries([...this.table.sockets()].map(([name, socket]) => [name, socket.identity().inode]));
  }

  /** Inodes of what the holders have that live. */
  get held(): readonly (readonly number[])[] {
    const holders = this.os.of('spawn').filter(({ pid, request }) => this.os.alive.includes(pid) && request.file === '/bin/sh');
    const inodeOf = (fd: number): number => this.os.sockets.find((socket) => socket.fd === fd)?.inode ?? -1;
    return holders.map(({ request }) => [...request.fds.values()].flatMap((source) => (source.kind === 'fd' ? [inodeOf(source.fd)] : [])));
  }

  #table(): SocketTable {
    const log = recordingLogger(this.lines);
    const { os, clock, survivors } = this;
    const journal = new Journal(this.file, { boot_id: 'one', id: 'id', log, clock, failing: () => {} });
    const isUsed = (name: string): boolean => this.used.includes(name);
    const keeper = new SocketKeeper({
      os,
      durable: os.state,
      clock,
      log,
      directory: '/state/holders',
      isOurs: () => true,
      journal,
      survivors,
      isUsed,
    });
    return new SocketTable(os, () => keeper);
  }
}

function optionsOf(sockets: Sockets): Record<string, SocketOptions> {
  return Object.fromEntries(Object.entries(sockets).map(([name, options]) => [name, { ...SOCKET, ...options }]));
}

describe('managed sockets that outlive a supervisor', () => {
  let tables: Tables;
  beforeEach(() => {
    tables = new Tables();
  });

  it('are the same, with their numbers and addresses, though the config gives each any free port', async () => {
    await tables.open({ a: {}, b: {}, c: { path: '/run/c' } });
    await tables.change({ b: {}, c: { path: '/run/c' }, d: {} });
    const [list, inodes] = [tables.table.list(), tables.inodes];
    expect(list.map(({ name, number }) => [name, number])).to.deep.equal([
      ['b', 4],
      ['c', 5],
      ['d', 3],
    ]);
    await tables.next();
    await tables.open({ b: {}, c: { path: '/run/c' }, d: {} });
    expect(tables.table.list()).to.have.deep.members([...list]);
    expect(tables.inodes).to.deep.equal(inodes);
  });

  it('are held by one process at a time, which has just what there is', async () => {
    await tables.open({ a: {}, own: { so_reuseport: true } });
    const { a = 0 } = tables.inodes;
    expect(tables.held).to.deep.equal([[a]]);
    await tables.change({ a: {}, own: { so_reuseport: true }, b: {} });
    const { b = 0 } = tables.inodes;
    expect(tables.held).to.deep.equal([[a, b]]);
    await tables.change({ b: {}, own: { so_reuseport: true } });
    expect(tables.held).to.deep.equal([[b]]);
    const spawned = tables.os.of('spawn').length;
    await tables.change({ b: { backlog: 7 } });
    expect(tables.os.of('spawn').length).to.equal(spawned);
    await tables.change({});
    expect(tables.held).to.deep.equal([]);
  });

  it('are taken from the holder, and from a survivor where there is none', async () => {
    await tables.open({ a: {} });
    const worker = await tables.worker('a');
    const [holder = 0] = tables.os.alive;
    tables.survivors = [worker];
    await tables.next();
    tables.os.exit(tables.os.alive.find((pid) => pid !== worker) ?? 0);
    await tables.next();
    expect(tables.os.of('take_socket').map(({ pid }) => pid)).to.deep.equal([holder, worker]);
  });

  it('that are on record before anybody has them are found after a crash at once', async () => {
    await tables.open({});
    const change = await tables.table.change(optionsOf({ a: {} }));
    change.commit();
    // It is killed before the holder is there: nobody has it, and its port is taken again.
    const [before] = tables.table.list();
    tables.os.behave({ fails: 'EAGAIN' });
    await tables.next();
    expect(tables.table.list()).to.deep.equal([before]);
  });

  it('are opened anew as the config says where they are no longer what it asks for', async () => {
    await tables.open({ a: { port: 80 }, gone: { port: 81 } });
    await tables.next();
    await tables.open({ a: { port: 8080 } });
    expect(tables.table.list().map(({ name, port }) => [name, port])).to.deep.equal([['a', 8080]]);
    expect(tables.held).to.deep.equal([[tables.inodes.a]]);
    await tables.next();
    expect(tables.table.list().map(({ name, port }) => [name, port])).to.deep.equal([['a', 8080]]);
  });

  it('that can’t be opened again where they were are left to who opens them by the config, which is said', async () => {
    await tables.open({ a: {} });
    const [{ port } = { port: 0 }] = tables.table.list();
    for (const pid of tables.os.alive) tables.os.exit(pid);
    tables.os.refuse = (spec) => (spec.port === port ? 'EADDRINUSE' : undefined);
    await tables.next();
    expect(tables.table.list()).to.deep.equal([]);
    expect(tables.lines.map(({ message }) => message).join()).to.match(/socket a is not opened where it was before: .*EADDRINUSE/);
    await tables.open({ a: {} });
    expect(tables.table.list()[0]?.port).to.not.equal(port);
  });

  it('go on without a holder where none can be started, which is said, and with one as soon as anything changes', async () => {
    tables.os.behave({ fails: 'EAGAIN' });
    await tables.open({ a: {} });
    expect(tables.lines.map(({ message }) => message).join()).to.match(/no process keeps the sockets open over a crash: .*EAGAIN/);
    expect(tables.table.list()).to.have.length(1);
    tables.os.behave({});
    await tables.change({ a: {} });
    expect(tables.held).to.deep.equal([[tables.inodes.a]]);
  });

  describe('where none can be taken back', () => {
    beforeEach(() => {
      tables.os.state.takesBack = false;
    });

    it('may have others bound beside them, and are not held, for nobody could have them back', async () => {
      await tables.open({ a: {}, c: { path: '/run/c' } });
      expect(tables.os.sockets.map(({ shared }) => shared)).to.deep.equal([true, false]);
      expect(tables.held).to.deep.equal([]);
    });

    it('are for each new process one of its own while users of the old one live, and common again with none', async () => {
      await tables.open({ a: { port: 80 }, c: { path: '/run/c' } });
      tables.used = ['a', 'c'];
      expect(await tables.next()).to.deep.equal(['c']);
      expect([...tables.table.sockets().keys()]).to.deep.equal(['c']);
      await tables.open({ a: { port: 80, backlog: 7 }, c: { path: '/run/c' } });
      const { fds, settle } = await tables.table.lend(['a']);
      expect(fds.size).to.equal(1);
      expect(tables.os.sockets.at(-1)?.spec).to.include({ port: 80, so_reuseport: true, backlog: 7 });
      settle();
      tables.used = [];
      tables.os.state.takesBack = true;
      expect(await tables.next()).to.deep.equal([]);
      await tables.open({ a: { port: 80 }, c: { path: '/run/c' } });
      expect(tables.os.sockets.filter(({ closed, spec }) => !closed && spec.path === '/run/c.new')).to.have.length(2);
    });
  });
});
