import { execFileSync, spawnSync } from 'node:child_process';
import { chownSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { eventually } from '../../core/testing.js';
import { Daemon, type Place } from '../fixtures/daemon.js';
import { again, killed } from '../fixtures/durable/lives.js';
import { freePort } from '../fixtures/free-port.js';
import { answer } from '../fixtures/load.js';
import { AS_OTHER_USER, OTHER_UID } from '../fixtures/other-user.js';

/** Answers with its pid. With `undumpable` not even its own user may look at its descriptors. @source prctl(2), PR_SET_DUMPABLE */
const SERVER = `import ctypes, os, signal, socket, sys
if sys.argv[2] == 'undumpable': ctypes.CDLL(None).prctl(4, 0, 0, 0, 0)
s = socket.socket(fileno=int(sys.argv[1])); s.setblocking(True)
body = str(os.getpid()).encode()
while True:
  c, _ = s.accept(); c.recv(4096)
  c.sendall(b'HTTP/1.1 200 OK\\r\\nConnection: close\\r\\nContent-Length: %d\\r\\n\\r\\n%s' % (len(body), body)); c.close()`;

/** Has the kernel refuse pidfd_getfd(2), number 438 everywhere, to a program and all that it starts. @source seccomp(2) */
const FILTER = `import ctypes, os, struct, sys
code = b''.join(struct.pack('HBBI', *one) for one in [(0x20, 0, 0, 0), (0x15, 0, 1, 438), (6, 0, 0, 0x50001), (6, 0, 0, 0x7fff0000)])
held = ctypes.create_string_buffer(code); program = struct.pack('HxxxxxxP', 4, ctypes.addressof(held))
libc = ctypes.CDLL(None, use_errno=True)
if libc.prctl(38, 1, 0, 0, 0) or libc.prctl(22, 2, program): sys.exit('no filter: %s' % os.strerror(ctypes.get_errno()))
os.execvp(sys.argv[1], sys.argv[1:])`;

interface Web {
  readonly port: number;
  readonly numprocesses: number;
  readonly how: 'plain' | 'undumpable';
}

function config({ directory, endpoint, pubsub_endpoint, marker }: Place, { port, numprocesses, how }: Web): string {
  mkdirSync(directory, { recursive: true });
  writeFileSync(join(directory, 'server.py'), SERVER);
  const quiet = { stdout: { type: 'null' }, stderr: { type: 'null' } };
  const cmd = `/usr/bin/python3 ${directory}/server.py $(circus.sockets.web) ${how} ${marker}`;
  const watchers = { web: { cmd, use_sockets: true, numprocesses, graceful_timeout: 5, ...quiet } };
  const sockets = { web: { host: '127.0.0.1', port, backlog: 1024 } };
  return JSON.stringify({ durable: true, state_dir: `${directory}/state`, endpoint, pubsub_endpoint, watchers, sockets });
}

const start = (web: Web, under: readonly string[], made: (place: Place) => void = () => {}): Promise<Daemon> =>
  Daemon.start({
    bin: 'main',
    file: 'rm.json',
    args: () => ['run'],
    under,
    config: (place) => {
      made(place);
      return config(place, web);
    },
  });

const askOften = async (port: number): Promise<ReadonlySet<number>> =>
  new Set((await Promise.all(Array.from({ length: 40 }, () => answer(port)))).map(Number));

(process.platform === 'linux' ? describe : describe.skip)('a durable daemon to which the kernel gives no descriptors of others', () => {
  it('because a filter refuses that, has new processes bound beside those that live on, and no connection refused', async () => {
    const port = await freePort();
    await using first = await start({ port, numprocesses: 2, how: 'plain' }, ['/usr/bin/python3', '-c', FILTER]);
    const before = first.workers.filter((pid) => pid !== first.pid);
    await eventually(async () => before.includes(Number(await answer(port))), { what: 'an answer' });
    expect(existsSync(join(first.place.directory, 'state/holders/sockets.json'))).to.equal(false);
    await killed(first);
    expect([...(await askOften(port))].filter((pid) => !before.includes(pid))).to.deep.equal([]);
    writeFileSync(join(first.place.directory, 'rm.json'), config(first.place, { port, numprocesses: 3, how: 'plain' }));
    await using second = await again(first);
    const fresh = second.workers.filter((pid) => !before.includes(pid));
    expect([second.workers.length, fresh.length], second.said).to.deep.equal([3, 1]);
    const seen = new Set<number>();
    await eventually(async () => {
      for (const pid of await askOften(port)) seen.add(pid);
      return fresh.every((pid) => seen.has(pid)) && before.some((pid) => seen.has(pid));
    });
    expect([...seen].filter((pid) => !second.workers.includes(pid))).to.deep.equal([]);
    await killed(second);
  });

  it('of the workers, which may not be looked at, has the sockets back from the one that holds them', async () => {
    const port = await freePort();
    const mine = ({ directory }: Place): void => chownSync(directory, OTHER_UID, process.getgid?.() ?? 0);
    await using first = await start({ port, numprocesses: 2, how: 'undumpable' }, AS_OTHER_USER, mine);
    const before = [...first.workers].sort();
    await eventually(async () => before.includes(Number(await answer(port))), { what: 'an answer' });
    const [program = '', ...words] = AS_OTHER_USER;
    const take = 'import ctypes, os, sys; sys.exit(ctypes.CDLL(None).syscall(438, os.pidfd_open(int(sys.argv[1])), 0, 0) < 0)';
    const taken = (pid = 0): number | null => spawnSync(program, [...words, '/usr/bin/python3', '-c', take, String(pid)]).status;
    expect([taken(before[0]), taken(first.pid)]).to.deep.equal([1, 0]);
    await killed(first);
    await using second = await again(first);
    expect([...second.workers].sort(), second.said).to.deep.equal(before);
    expect([...(await askOften(port))].filter((pid) => !before.includes(pid))).to.deep.equal([]);
    const holder: { readonly pid: number } = JSON.parse(readFileSync(join(second.place.directory, 'state/holders/sockets.json'), 'utf8'));
    expect(existsSync(`/proc/${holder.pid}`)).to.equal(true);
    execFileSync('kill', ['-KILL', String(second.pid), String(holder.pid)]);
    await second.ended;
    await using third = await again(second);
    expect([...third.workers].sort(), third.said).to.deep.equal(before);
    expect([...(await askOften(port))].filter((pid) => !before.includes(pid))).to.deep.equal([]);
    // Nobody gives it to a new one any more: that is said, and the others serve on.
    process.kill(before[0] ?? 0, 'SIGKILL');
    await third.printed('address already in use');
    expect([...(await askOften(port))]).to.deep.equal([before[1]]);
    await killed(third);
  });
});
