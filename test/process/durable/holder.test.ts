import { once } from 'node:events';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, readlinkSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { Holder } from '../../../core/durable/holder.js';
import { silentLogger, systemClock } from '../../../core/index.js';
import { chooseOs } from '../../../core/os/choose.js';
import type { DurableOs } from '../../../core/os/durable.js';
import type { ListeningSocket, Os } from '../../../core/os/port.js';
import { eventually } from '../../../core/testing.js';
import { openFds } from '../../fixtures/daemon.js';
import { crashed } from '../../fixtures/durable/crashed.js';
import { LISTEN } from '../../fixtures/durable/listen.js';

const fdsOf = (pid: number): readonly string[] => Object.values(openFds(pid));
const inode = (fd: number): string => readlinkSync(`/proc/self/fd/${fd}`);
const pidfds = (): number => fdsOf(process.pid).filter((name) => name.includes('pidfd')).length;
const isThere = (pid: number): boolean => existsSync(`/proc/${pid}/fd`) && !/\) Z /.test(readFileSync(`/proc/${pid}/stat`, 'latin1'));

(process.platform === 'linux' ? describe : describe.skip)('a holder', () => {
  let os: Os;
  let durable: DurableOs;
  let directory: string;
  const sockets: ListeningSocket[] = [];
  const holders: Holder[] = [];
  const make = (): Holder => {
    const holder = new Holder({ os, durable, clock: systemClock, log: silentLogger, directory, isOurs: () => true }, 'sockets');
    holders.push(holder);
    return holder;
  };
  const listen = async (): Promise<ListeningSocket> => {
    const socket = await os.listen(LISTEN);
    sockets.push(socket);
    return socket;
  };
  before(async () => {
    os = await chooseOs();
    durable = await os.durable();
  });
  beforeEach(() => {
    directory = join(mkdtempSync(join(tmpdir(), 'ringmaster-holder-')), 'holders');
  });
  afterEach(async () => {
    for (const holder of holders.splice(0)) await holder.end();
    for (const socket of sockets.splice(0)) socket.close();
    rmSync(join(directory, '..'), { recursive: true });
  });

  it('is one process in a session of its own that has nothing but what it keeps, and says what it is', async () => {
    const [one, other] = [await listen(), await listen()];
    const holder = make();
    await holder.hold([one.fd, other.fd]);
    const pid = holder.pid ?? 0;
    // While the shell is loaded it has files of its own open.
    await eventually(() => expect(fdsOf(pid)).to.deep.equal(['/dev/null', '/dev/null', '/dev/null', inode(one.fd), inode(other.fd)]));
    const [, , pgid, sid] = readFileSync(`/proc/${pid}/stat`, 'latin1')
      .replace(/^.*\) /, '')
      .split(' ');
    expect([pgid, sid]).to.deep.equal([String(pid), String(pid)]);
    // The kernel lets the parent go on a moment before the program has its words.
    await eventually(() => /ringmaster-holder\0.*\/holders\/sockets\.[0-9a-f]{12}\0$/.test(readFileSync(`/proc/${pid}/cmdline`, 'utf8')));
    expect(readFileSync(`/proc/${pid}/environ`, 'utf8')).to.equal('');
    expect(os.children(pid, true)).to.deep.equal([]);
    expect(statSync(directory).mode & 0o777).to.equal(0o700);
  });

  it('keeps a socket open when the one that opened it is killed, so that a connection waits', async () => {
    const { sockets: held, pid } = await crashed(directory);
    const [{ port } = { port: 0 }] = held;
    const client = connect(port, '127.0.0.1');
    await once(client, 'connect');
    client.destroy();
    const found = make();
    expect(found.pid).to.equal(pid);
    await found.end();
    expect(isThere(pid)).to.equal(false);
    expect(existsSync(directory)).to.equal(false);
  });

  it('is found by pid and start, so that a stranger is never taken for it', async () => {
    const { pid } = await crashed(directory);
    const path = join(directory, 'sockets.json');
    const record = JSON.parse(readFileSync(path, 'utf8'));
    writeFileSync(path, JSON.stringify({ ...record, start_ticks: record.start_ticks + 1 }));
    const holder = make();
    expect(holder.pid).to.equal(null);
    // It is on no record now, and ends all the same as soon as its files are looked through.
    await holder.end();
    await eventually(() => !isThere(pid));
    mkdirSync(directory);
    for (const text of ['', '{}', 'null', '[1', '{"pid":1,"start_ticks":1,"fifo":"x"}']) {
      writeFileSync(path, text);
      expect(make().pid, text).to.equal(null);
    }
  });

  it('is ended when another has what it kept, also one of an earlier life', async () => {
    const { pid: former } = await crashed(directory);
    const [one, other] = [await listen(), await listen()];
    const before = pidfds();
    const holder = make();
    expect(pidfds()).to.equal(before + 1);
    await holder.hold([one.fd]);
    const first = holder.pid ?? 0;
    expect(fdsOf(first)).to.include(inode(one.fd));
    await eventually(() => !isThere(former));
    // Nothing is left of having watched it.
    await eventually(() => pidfds() <= before, { what: 'the descriptor of the former to be closed' });
    await Promise.all([holder.hold([other.fd]), holder.hold([one.fd, other.fd])]);
    await eventually(() => !isThere(first));
    expect(fdsOf(holder.pid ?? 0)).to.include.members([inode(one.fd), inode(other.fd)]);
    expect(readdirSync(directory)).to.have.length(2);
  });

  it('is gone with all its files when it is ended', async () => {
    const socket = await listen();
    const holder = make();
    await holder.hold([socket.fd]);
    const pid = holder.pid ?? 0;
    await holder.end();
    expect(isThere(pid)).to.equal(false);
    expect(holder.pid).to.equal(null);
    expect(existsSync(directory)).to.equal(false);
    await holder.end();
  });

  it('takes no notice of SIGHUP', async () => {
    const socket = await listen();
    const holder = make();
    await holder.hold([socket.fd]);
    const pid = holder.pid ?? 0;
    // The shell has read its command when it waits at the FIFO.
    await eventually(() => readFileSync(`/proc/${pid}/status`, 'utf8').match(/SigIgn:\s*[0-9a-f]*1$/m) !== null);
  });

  it('leaves what was held as it was where another can not be started', async () => {
    const socket = await listen();
    const holder = make();
    await holder.hold([socket.fd]);
    const pid = holder.pid ?? 0;
    const error = await holder.hold([socket.fd, 12_345]).then(
      () => 'held',
      (reason: Error) => reason.message,
    );
    expect(error).to.match(/EBADF/);
    expect(holder.pid).to.equal(pid);
    expect(isThere(pid)).to.equal(true);
    expect(readdirSync(directory)).to.have.length(2);
  });
});
