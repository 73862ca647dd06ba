import { chmodSync, chownSync, lstatSync, mkdirSync, readdirSync, readFileSync, realpathSync } from 'node:fs';
import { connect } from 'node:net';
import { networkInterfaces } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { curveKeyPair } from 'zeromq';
import { eventually } from '../../core/testing.js';
import { writeAuthorized } from '../../plugins/control/curve/authorized.js';
import { writeKeyFile } from '../../plugins/control/curve/key-files.js';
import { Daemon, type DaemonOptions, openFds, type Place } from '../fixtures/daemon.js';
import { freePort } from '../fixtures/free-port.js';
import { asStranger, IS_ROOT, STRANGER_UID } from '../fixtures/stranger.js';

const LISTEN = '0A';
const LOOPBACK = ['0100007F', '00000000000000000000000001000000'];

/** What a config is that asks for no endpoint of its own. */
const plain: DaemonOptions = {
  file: 'ringmaster.json',
  bin: 'main',
  args: () => ['run'],
  config: ({ marker }) => JSON.stringify({ watchers: { web: { cmd: `sleep ${marker}`, env: { DB_PASSWORD: 'hunter2' } } } }),
};

/** The same with everything in it that listens by default, and Circus's ports where only this machine reaches them. */
const everything =
  (ports: readonly number[]): DaemonOptions['config'] =>
  ({ marker }) =>
    JSON.stringify({
      endpoint: `tcp://127.0.0.1:${ports[0]}`,
      pubsub_endpoint: `tcp://127.0.0.1:${ports[1]}`,
      stats_endpoint: `tcp://127.0.0.1:${ports[2]}`,
      watchers: { web: { cmd: `sleep ${marker}` } },
      plugins: { http: { port: ports[3] }, metrics: {}, page: {}, flapping: {} },
    });

interface Listening {
  /** Local addresses in hexadecimal, `IP:PORT`. */
  readonly ip: readonly string[];
  /** Paths; `@` before an abstract name. */
  readonly unix: readonly string[];
}

/** What a process can be reached by from outside. @source proc(5) */
function listening(pid: number): Listening {
  const inodes = new Set(Object.values(openFds(pid)).flatMap((target) => /^socket:\[(\d+)\]$/.exec(target)?.[1] ?? []));
  const rows = (table: string): string[][] =>
    readFileSync(`/proc/net/${table}`, 'latin1')
      .split('\n')
      .slice(1)
      .map((line) => line.trim().split(/\s+/));
  const ip = ['tcp', 'tcp6', 'udp', 'udp6', 'raw', 'raw6'].flatMap((table) =>
    rows(table).flatMap(([, local = '', , state, , , , , , inode = '']) =>
      inodes.has(inode) && (state === LISTEN || !table.startsWith('tcp')) ? [local] : [],
    ),
  );
  const unix = rows('unix').flatMap(([, , , , , , inode = '', path]) => (inodes.has(inode) && path !== undefined ? [path] : []));
  return { ip, unix };
}

const runDir = ({ directory }: Place): string => join(directory, 'run');

describe('an outsider on the machine', () => {
  const onLinux = process.platform === 'linux' ? it : it.skip;
  const asRoot = IS_ROOT ? it : it.skip;

  onLinux('finds no port of a daemon whose config asks for none, and sockets for its owner alone', async () => {
    await using daemon = await Daemon.start(plain);
    const { ip, unix } = listening(daemon.pid);
    expect(ip).to.deep.equal([]);
    const directory = runDir(daemon.place);
    expect(readdirSync(directory)).to.have.members(['control.sock', 'events.sock']);
    // A socket was bound in a directory of its own and then moved, which the kernel does not know.
    for (const path of unix) expect(path.startsWith(directory), path).to.equal(true);
    expect(lstatSync(directory).mode & 0o777).to.equal(0o700);
    for (const name of readdirSync(directory)) expect(lstatSync(join(directory, name)).mode & 0o777).to.equal(0o600);
  });

  onLinux('finds ports on the loopback alone, whatever is switched on', async () => {
    const ports = await Promise.all(Array.from({ length: 4 }, freePort));
    await using daemon = await Daemon.start({ ...plain, config: everything(ports) });
    const { ip } = listening(daemon.pid);
    expect(ip.map((local) => Number.parseInt(local.split(':')[1] ?? '', 16))).to.have.members(ports);
    for (const local of ip) expect(LOOPBACK, local).to.include(local.split(':')[0]);
    for (const local of ip) expect(local.split(':')[0]).to.not.match(/^0+$/);
    const [port = 0] = ports;
    for (const address of outward()) {
      const code = await new Promise((resolve) => {
        const socket = connect(port, address);
        socket.once('error', (error: NodeJS.ErrnoException) => resolve(error.code));
        socket.once('connect', () => {
          socket.destroy();
          resolve('connected');
        });
      });
      expect(code, address).to.equal('ECONNREFUSED');
    }
  });

  asRoot('can connect to nothing, read nothing and signal nothing', async () => {
    await using daemon = await Daemon.start(plain);
    chmodSync(daemon.place.directory, 0o755);
    const directory = runDir(daemon.place);
    const connecting = 'import socket, sys; socket.socket(socket.AF_UNIX).connect(sys.argv[1])';
    const [worker = 0] = daemon.workers;
    const attempts: readonly (readonly string[])[] = [
      ['/usr/bin/python3', '-c', connecting, join(directory, 'control.sock')],
      ['/usr/bin/python3', '-c', connecting, join(directory, 'events.sock')],
      ['ls', directory],
      ['touch', join(directory, 'x')],
      ['mv', directory, `${directory}2`],
      ...[daemon.pid, worker].flatMap((pid) => [
        ['cat', `/proc/${pid}/environ`],
        ['ls', `/proc/${pid}/fd`],
        ['sh', '-c', `: > /proc/${pid}/fd/1`],
        ['kill', '-TERM', String(pid)],
      ]),
    ];
    for (const [program = '', ...args] of attempts) {
      const { status, stderr } = await asStranger(program, ...args);
      expect(status, `${program} ${args.join(' ')}`).to.not.equal(0);
      expect(stderr).to.match(/permission denied|permissionerror|operation not permitted/i);
    }
    const { stdout } = await asStranger('cat', `/proc/${daemon.pid}/cmdline`, `/proc/${worker}/cmdline`);
    expect(stdout).to.include('sleep').and.not.include('hunter2');
    expect(daemon.workers).to.deep.equal([worker]);
  });

  asRoot('gets no daemon into a directory of its own', async () => {
    await using daemon = await Daemon.launch({
      ...plain,
      config: (place) => {
        mkdirSync(runDir(place), { mode: 0o700 });
        chownSync(runDir(place), STRANGER_UID, STRANGER_UID);
        return plain.config(place);
      },
    });
    expect((await daemon.ended).status).to.equal(1);
    expect(daemon.stderr).to.include(`the directory belongs to uid ${STRANGER_UID}, not to uid 0`);
    expect(readdirSync(runDir(daemon.place))).to.deep.equal([]);
  });

  onLinux('who is a process of the daemon has neither its keys nor its sockets', async () => {
    const [port, pubsub] = [await freePort(), await freePort()];
    const { publicKey, secretKey } = curveKeyPair();
    await using daemon = await Daemon.start({
      ...plain,
      config: ({ directory, marker }) => {
        writeKeyFile(join(directory, 'keys/daemon.key'), `public ${publicKey}\nsecret ${secretKey}\n`, true);
        writeKeyFile(join(directory, 'keys/authorized'), writeAuthorized([{ public_key: publicKey, role: 'read', name: 'me' }]));
        return JSON.stringify({
          endpoint: `tcp://127.0.0.1:${port}`,
          pubsub_endpoint: `tcp://127.0.0.1:${pubsub}`,
          curve: { secret_key_file: 'keys/daemon.key', authorized_keys_file: 'keys/authorized' },
          watchers: { web: { cmd: `sleep ${marker}`, copy_env: true } },
          env: { HOME: '/' },
        });
      },
    });
    const [worker = 0] = await eventually(() => (daemon.workers.length > 0 ? daemon.workers : undefined));
    await eventually(() => readFileSync(`/proc/${worker}/comm`, 'latin1') === 'sleep\n');
    expect(readFileSync(`/proc/${worker}/environ`, 'latin1'))
      .to.include('HOME=')
      .and.not.include(secretKey);
    expect(Object.keys(openFds(worker))).to.deep.equal(['0', '1', '2']);
    expect(
      Object.values(openFds(daemon.pid)).filter((target) => target.startsWith(realpathSync(join(daemon.place.directory, 'keys')))),
    ).to.deep.equal([]);
    expect(readFileSync(`/proc/${daemon.pid}/environ`, 'latin1') + daemon.stdout).to.not.include(secretKey);
  });
});

/** Addresses of this machine by which another could reach it. */
function outward(): readonly string[] {
  return Object.values(networkInterfaces()).flatMap((found = []) =>
    found.flatMap(({ internal, address }) => (internal || address.startsWith('fe80') ? [] : [address])),
  );
}
