import { execFile } from 'node:child_process';
import { copyFileSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect } from 'chai';
import { eventually } from '../../core/testing.js';
import { Client } from '../../plugins/control/client.js';
import { binFile } from '../fixtures/cli/run-bin.js';
import { rejects } from '../fixtures/control/expect.js';
import { Daemon, type DaemonOptions, openFds, type Place } from '../fixtures/daemon.js';
import { OtherPackage } from '../fixtures/upgrade/package.js';

const { version: OWN }: { readonly version: string } = JSON.parse(readFileSync(new URL('../../../package.json', import.meta.url), 'utf8'));

/** A config with these watchers, and whatever else. */
const yaml = (watchers: (place: Place) => object, more: object = {}): DaemonOptions => ({
  file: 'ringmaster.yaml',
  bin: 'main',
  args: () => ['run'],
  config: (place) =>
    JSON.stringify({
      endpoint: place.endpoint,
      pubsub_endpoint: place.pubsub_endpoint,
      state_dir: join(place.directory, 'state'),
      watchers: watchers(place),
      ...more,
    }),
});
const keepers = (numprocesses: number, more: object = {}): DaemonOptions =>
  yaml(({ marker }) => ({ web: { cmd: `sleep ${marker}`, numprocesses } }), { durable: true, ...more });

/** Its workers, once all of them have executed their command. */
async function workersOf(daemon: Daemon, count: number): Promise<readonly number[]> {
  await eventually(() => daemon.workers.length === count);
  return daemon.workers;
}

/** Waits until one that was upgraded is ready again. */
async function ready(daemon: Daemon, times: number): Promise<void> {
  const count = (): number => daemon.stdout.split('"msg":"ready: ').length - 1;
  await eventually(() => count() >= times, { what: `${times} starts\n${daemon.said}` });
}

/** What was asked for, once there are so many entries: that of an upgrade comes a moment after its answer. */
async function auditOf(client: Client, count: number): Promise<readonly Readonly<Record<string, unknown>>[]> {
  let entries: readonly Readonly<Record<string, unknown>>[] = [];
  await eventually(async () => {
    entries = (await client.call('audit')).entries ?? [];
    return entries.length >= count;
  });
  return entries;
}

(process.platform === 'linux' ? describe : describe.skip)('an upgrade in place', function () {
  this.timeout(90_000);

  it('goes on as another version: the pid, the processes and the clients’ requests stay, and the new version answers', async () => {
    using other = new OtherPackage('9.9.9');
    await using daemon = await Daemon.start(keepers(5));
    const workers = await workersOf(daemon, 5);
    const client = daemon.client(60_000);
    const reads = Array.from({ length: 20 }, () => client.call('list', { name: 'web' }));
    const upgraded = await client.call('upgrade', { package: other.directory });
    expect(upgraded, daemon.said).to.include({ from: OWN, to: '9.9.9', kept: 5 });
    expect(upgraded.restarted).to.deep.equal([]);
    expect(upgraded.took_ms).to.be.within(1, 20_000);
    for (const { pids } of await Promise.all(reads)) expect(pids).to.have.members([...workers]);
    expect(daemon.workers).to.deep.equal(workers);
    expect((await client.call('dstats')).info).to.include({ pid: daemon.pid });
    await daemon.printed(new RegExp(`"to":"9.9.9".*"msg":"upgraded from ${OWN} to 9.9.9"`));
    await client.call('stop', { name: 'web' }, { waiting: true });
    expect(daemon.workers).to.deep.equal([]);
    daemon.kill('SIGTERM');
    expect(await daemon.gone(), daemon.said).to.deep.equal({ status: 0, signal: null });
  });

  it('keeps who asked for what and why a watcher is as it is, and has one entry of itself, with the time that it took', async () => {
    await using daemon = await Daemon.start(keepers(1));
    const client = daemon.client(60_000);
    await client.call('incr', { name: 'web' }, { waiting: true });
    const began = Date.now() / 1000;
    const { took_ms } = await client.call('upgrade');
    const [incr, upgrade, ...more] = await auditOf(client, 2);
    expect(more).to.deep.equal([]);
    expect(incr).to.deep.include({ seq: 1, who: 'local', command: 'incr', watcher: 'web', result: 'ok' });
    expect(upgrade).to.deep.include({ seq: 2, who: 'local', role: 'admin', command: 'upgrade', result: 'ok', properties: {} });
    expect(upgrade?.connection).to.equal(incr?.connection);
    expect(upgrade?.time).to.be.within(began, Date.now() / 1000);
    expect(upgrade?.took_ms).to.be.within(Number(took_ms), 1000 * (Date.now() / 1000 - began));
    const reasons = (await client.call('why', { name: 'web' })).decisions?.map(({ what, reason }) => `${what}: ${reason}`);
    expect(reasons).to.include('scale: asked for 2 instead of 1').and.include('adopt: taken over from the supervisor before: 2');
    daemon.kill('SIGTERM');
    expect(await daemon.gone(), daemon.said).to.deep.equal({ status: 0, signal: null });
  });

  it('refuses no client that is new meanwhile', async () => {
    await using daemon = await Daemon.start(keepers(1));
    const asked: Promise<unknown>[] = [];
    const ask = async (): Promise<unknown> => {
      using client = new Client({ endpoint: daemon.place.endpoint, timeout_ms: 60_000, reconnect_ms: 60_000 });
      return (await client.call('numprocesses', { name: 'web' })).numprocesses;
    };
    // One that waits in the gap is no new one any more, so others come all the time.
    const coming = setInterval(() => asked.push(ask()), 20);
    const client = daemon.client(60_000);
    try {
      expect(await client.call('upgrade'), daemon.said).to.include({ kept: 1 });
    } finally {
      clearInterval(coming);
    }
    expect(new Set(await Promise.all(asked))).to.deep.equal(new Set([1]));
    expect(asked.length).to.be.above(5);
    expect(readdirSync(daemon.place.directory).filter((name) => name.includes('upgrade'))).to.deep.equal([]);
  });

  it('again and again leaves nothing behind: neither descriptors nor processes', async () => {
    await using daemon = await Daemon.start(keepers(3, { sockets: { s: { host: '127.0.0.1', port: 0 } } }));
    const workers = await workersOf(daemon, 3);
    const client = daemon.client(60_000);
    const fds = (): number => Object.keys(openFds(daemon.pid)).length;
    await client.call('upgrade');
    await client.call('list');
    const before = fds();
    const left = daemon.left.length;
    for (let round = 0; round < 3; round++) expect(await client.call('upgrade'), daemon.said).to.include({ kept: 3 });
    await client.call('list');
    await eventually(() => expect(fds()).to.be.at.most(before + 2));
    await eventually(() => expect(daemon.left.length).to.equal(left));
    expect(daemon.workers).to.deep.equal(workers);
    daemon.kill('SIGTERM');
    expect(await daemon.gone(), daemon.said).to.deep.equal({ status: 0, signal: null });
  });

  it('ringmaster upgrade prints what came of it', async () => {
    await using daemon = await Daemon.start(keepers(2));
    const { stdout } = await promisify(execFile)(process.execPath, [binFile('main'), 'upgrade', '--endpoint', daemon.place.endpoint]);
    expect(stdout).to.match(new RegExp(`^upgraded from ${OWN} to ${OWN} in \\d+ ms, 2 processes kept\n$`));
  });

  it('SIGUSR2 asks for it too', async () => {
    await using daemon = await Daemon.start(keepers(2));
    const workers = await workersOf(daemon, 2);
    daemon.kill('SIGUSR2');
    await ready(daemon, 2);
    expect(daemon.workers).to.deep.equal(workers);
    expect(daemon.stdout).to.include('got SIGUSR2, upgrading');
    await daemon.printed(`"msg":"upgraded from ${OWN} to ${OWN}"`);
  });

  it('refuses by name where processes would be restarted, unless that is asked for', async () => {
    const mixed = yaml(({ marker }) => ({ kept: { cmd: `sleep ${marker}`, durable: true }, lost: { cmd: `sleep ${marker}` } }));
    await using daemon = await Daemon.start(mixed);
    const client = daemon.client(60_000);
    const pids = async (name: string): Promise<unknown> => (await client.call('list', { name })).pids;
    const [kept, lost] = [await pids('kept'), await pids('lost')];
    const error = await rejects(client.call('upgrade'), 'RM_CLIENT_REPLY');
    expect(error.message).to.match(/cannot upgrade without restarting the processes of lost: they are not durable/);
    expect(error.context.reply).to.deep.include({ code: 'RM_UPGRADE_RESTARTS' });
    expect([await pids('kept'), await pids('lost')]).to.deep.equal([kept, lost]);
    expect(await client.call('upgrade', { restart_others: true })).to.deep.include({ kept: 1, restarted: ['lost'] });
    expect(await pids('kept')).to.deep.equal(kept);
    expect(await pids('lost'))
      .to.have.length(1)
      .and.not.deep.equal(lost);
  });

  it('without any durable watcher restarts everything when it is told to', async () => {
    await using daemon = await Daemon.start(yaml(({ marker }) => ({ web: { cmd: `sleep ${marker}` } })));
    const [worker] = await workersOf(daemon, 1);
    const upgraded = await daemon.client(60_000).call('upgrade', { restart_others: true });
    expect(upgraded, daemon.said).to.deep.include({ kept: 0, restarted: ['web'] });
    expect(await workersOf(daemon, 1)).not.to.include(worker);
  });

  it('stays where the new code does not run, or finds errors in the live config', async () => {
    using other = new OtherPackage('9.9.9');
    await using daemon = await Daemon.start(keepers(2));
    const workers = await workersOf(daemon, 2);
    const client = daemon.client(60_000);
    const refusal = async (directory: string): Promise<string> =>
      (await rejects(client.call('upgrade', { package: directory }), 'RM_CLIENT_REPLY')).message;
    expect(await refusal('elsewhere')).to.include('the package must be an absolute path, got elsewhere');
    expect(await refusal('/nowhere')).to.include('ENOENT');
    const file = join(daemon.place.directory, 'ringmaster.yaml');
    const good = readFileSync(file, 'utf8');
    writeFileSync(file, good.replace('"numprocesses":2', '"numprocesses":"many"'));
    expect(await refusal(other.directory)).to.match(/version 9\.9\.9 finds errors in .*: watchers\.web\.numprocesses must be/);
    writeFileSync(file, good);
    other.prefix('throw new Error("broken build");');
    expect(await refusal(other.directory)).to.match(/the new code does not run: .+/);
    expect(daemon.workers).to.deep.equal(workers);
    expect(await client.call('list', { name: 'web' })).to.deep.include({ pids: workers });
  });

  it('goes on as the old version where the new one can not be executed in the end', async () => {
    const place = mkdtempSync(join(tmpdir(), 'rm-node-'));
    const node = join(place, 'node');
    copyFileSync(process.execPath, node);
    using other = new OtherPackage('9.9.9');
    // The check still works, and takes away what is to be executed next.
    other.prefix(`require('node:fs').rmSync(${JSON.stringify(node)}, { force: true });`);
    await using daemon = await Daemon.start({ ...keepers(3), under: ['/bin/sh', '-c', `shift; exec ${node} "$@"`, 'sh'] });
    const workers = await workersOf(daemon, 3);
    const client = daemon.client(60_000);
    const error = await rejects(client.call('upgrade', { package: other.directory }), 'RM_CLIENT_REPLY');
    expect(error.message).to.include(`cannot execute ${node}: no such file or directory (ENOENT)`);
    const entries = await auditOf(client, 1);
    expect(entries).to.have.length(1);
    expect(JSON.stringify(entries)).to.match(/"command":"upgrade".*"result":"error".*cannot execute/);
    expect(daemon.workers).to.deep.equal(workers);
    expect(await client.call('incr', { name: 'web' }, { waiting: true })).to.include({ numprocesses: 4 });
    expect(daemon.workers)
      .to.include.members([...workers])
      .and.have.length(4);
    rmSync(place, { recursive: true });
    daemon.kill('SIGTERM');
    expect(await daemon.gone(), daemon.said).to.deep.equal({ status: 0, signal: null });
  });

  it('how processes end that end in between is known exactly', async () => {
    const ends = yaml(() => ({ web: { cmd: 'sh -c "sleep 0.1; exit 42"', numprocesses: 10, max_retry: -1 } }), {
      durable: true,
      plugins: { backoff: false },
    });
    await using daemon = await Daemon.start({ ...ends, args: () => ['run', '--log-level', 'debug'] });
    const client = daemon.client(60_000);
    for (let round = 0; round < 3; round++) await client.call('upgrade');
    const { decisions } = await client.call('why', { name: 'web' });
    expect(JSON.stringify(decisions)).not.to.match(/unknown|signal/);
    expect(daemon.stdout, daemon.said).not.to.match(/unknown/);
    daemon.kill('SIGTERM');
    await daemon.ended;
  });

  it('connections to a managed socket wait, and none is refused', async () => {
    const server =
      'import socket\ns = socket.socket(fileno=int(__import__("sys").argv[1]))\nwhile True:\n c, _ = s.accept(); c.sendall(b"ok"); c.close()';
    const sockets = { web: { host: '127.0.0.1', port: 0, blocking: true } };
    await using daemon = await Daemon.start(
      yaml(({ marker }) => ({ web: { cmd: 'python3', args: ['-c', server, '$(circus.sockets.web)', marker], use_sockets: true } }), {
        durable: true,
        sockets,
      }),
    );
    const client = daemon.client(60_000);
    const listed = (await client.call('listsockets')).sockets as readonly { readonly port: number }[];
    const port = listed[0]?.port ?? 0;
    let asking = true;
    let served = 0;
    const ask = async (): Promise<void> => {
      while (asking) {
        await new Promise<void>((resolve, reject) => {
          const socket = connect(port, '127.0.0.1');
          socket.on('data', () => served++);
          socket.on('error', reject);
          socket.on('close', () => resolve());
        });
      }
    };
    const asked = Promise.all([ask(), ask()]);
    for (let round = 0; round < 2; round++) expect(await client.call('upgrade'), daemon.said).to.include({ kept: 1 });
    asking = false;
    await asked;
    expect(served).to.be.above(10);
  });

  it('tells who waits for a stop that it goes on, and carries it out', async () => {
    const deaf = yaml(
      ({ marker }) => ({ deaf: { cmd: `sh -c "trap : TERM; while :; do sleep 0.1; done" ${marker}`, graceful_timeout: 2 } }),
      {
        durable: true,
      },
    );
    await using daemon = await Daemon.start(deaf);
    const [worker] = await workersOf(daemon, 1);
    const client = daemon.client();
    const stopped = rejects(client.call('stop', { name: 'deaf' }, { waiting: true, timeout_ms: 30_000 }), 'RM_CLIENT_REPLY');
    await eventually(async () => (await client.call('status', { name: 'deaf' })).status === 'stopping');
    expect(await client.call('upgrade', {}, { timeout_ms: 20_000 })).to.include({ kept: 1 });
    expect((await stopped).context.reply).to.include({ code: 'RM_UPGRADED' });
    expect(daemon.workers, daemon.said).to.deep.equal([worker]);
    await eventually(() => daemon.workers.length === 0);
    expect(await client.call('status', { name: 'deaf' })).to.include({ status: 'stopped' });
  });

  it('a stop that comes while the new code is checked is carried out, and nothing is upgraded', async () => {
    await using daemon = await Daemon.start(keepers(2));
    daemon.kill('SIGUSR2');
    await daemon.printed('got SIGUSR2, upgrading');
    daemon.kill('SIGTERM');
    expect(await daemon.gone(), daemon.said).to.deep.equal({ status: 0, signal: null });
  });

  it('with a parent, what is sent in between reaches the new version: SIGTERM ends all in order', async () => {
    await using daemon = await Daemon.start({ ...keepers(3), args: () => ['run', '--respawn'] });
    daemon.kill('SIGUSR2');
    await daemon.printed('upgrading from');
    daemon.kill('SIGTERM');
    expect(await daemon.gone(), daemon.said).to.deep.equal({ status: 0, signal: null });
  });

  for (const parent of [[], ['--respawn']]) {
    it(`in the background${parent.length > 0 ? ', with a parent,' : ''} it stays there, with its log and its pidfile`, async () => {
      const log = ({ directory }: Place): string => join(directory, 'rm.log');
      const pidfile = ({ directory }: Place): string => join(directory, 'rm.pid');
      const args = (place: Place): readonly string[] => [
        'run',
        '--daemon',
        ...parent,
        '--log-output',
        log(place),
        '--pidfile',
        pidfile(place),
      ];
      await using daemon = await Daemon.launch({ ...keepers(2), args });
      expect(await daemon.ended, daemon.said).to.deep.equal({ status: 0, signal: null });
      const workers = await workersOf(daemon, 2);
      const holder = readFileSync(pidfile(daemon.place), 'utf8');
      const client = daemon.client(60_000);
      const { info } = await client.call('dstats');
      expect(await client.call('upgrade')).to.include({ kept: 2 });
      expect(daemon.workers).to.deep.equal(workers);
      const after = (await client.call('dstats')).info;
      expect((after as { readonly pid: unknown }).pid).to.equal((info as { readonly pid: unknown }).pid);
      expect(readFileSync(pidfile(daemon.place), 'utf8')).to.equal(holder);
      await eventually(() => expect(readFileSync(log(daemon.place), 'utf8')).to.include('"msg":"upgraded from'));
      process.kill(Number(holder), 'SIGTERM');
      await eventually(() => daemon.left.length === 0);
    });
  }
});
