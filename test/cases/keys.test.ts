import { randomBytes } from 'node:crypto';
import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { curveKeyPair, Dealer } from 'zeromq';
import { eventually, rejects } from '../../core/testing.js';
import { Client, type ClientKeys } from '../../plugins/control/client.js';
import { writeAuthorized } from '../../plugins/control/curve/authorized.js';
import { newKeyPair, readKeyPair, writeKeyFile } from '../../plugins/control/curve/key-files.js';
import { ROLES } from '../../plugins/control/roles.js';
import { type Bin, RunningBin, runBin } from '../fixtures/cli/run-bin.js';
import { Sshd } from '../fixtures/cli/sshd.js';
import { Daemon } from '../fixtures/daemon.js';
import { freePort } from '../fixtures/free-port.js';

async function keys(directory: string, ...words: readonly string[]): Promise<string> {
  const { stdout, stderr, status } = await runBin('main', ['keys', ...words, '--directory', join(directory, 'keys')]);
  if (status !== 0) throw new Error(stderr);
  return stdout.trim();
}

/** A daemon over TCP that wants keys, and clients with some. */
class KeyedDaemon implements AsyncDisposable {
  readonly daemon: Daemon;
  readonly endpoint: string;
  readonly stats_endpoint: string;
  readonly #server_key: string;
  readonly #clients: Client[] = [];

  private constructor(daemon: Daemon, at: { readonly endpoint: string; readonly stats_endpoint: string }, server_key: string) {
    this.daemon = daemon;
    this.endpoint = at.endpoint;
    this.stats_endpoint = at.stats_endpoint;
    this.#server_key = server_key;
  }

  static async start(): Promise<KeyedDaemon> {
    const [port, pubsub, stats] = [await freePort(), await freePort(), await freePort()];
    const endpoint = `tcp://127.0.0.1:${port}`;
    // The config names the keys, which are made in its directory: the first start tells where that is, and fails for want of them.
    const options = {
      file: 'ringmaster.json',
      bin: 'main',
      args: () => ['run'],
      config: ({ directory, marker }: { directory: string; marker: string }) =>
        JSON.stringify({
          endpoint,
          pubsub_endpoint: `tcp://127.0.0.1:${pubsub}`,
          stats_endpoint: `tcp://127.0.0.1:${stats}`,
          curve: { secret_key_file: join(directory, 'keys/daemon.key'), authorized_keys_file: join(directory, 'keys/authorized') },
          watchers: { web: { cmd: `sleep ${marker}`, env: { DB_PASSWORD: 'hunter2' } } },
        }),
    } as const;
    const first = await Daemon.launch(options);
    expect((await first.ended).status).to.equal(1);
    expect(first.stderr).to.include('cannot use the key file').and.include('ringmaster keys new');
    const { directory } = first.place;
    const names = ['daemon', 'read', 'operate', 'admin', 'stranger'] as const;
    const pairs = names.map((name) => ({ name, ...newKeyPair(curveKeyPair) }));
    for (const { name, publicKey, secretKey } of pairs) {
      writeKeyFile(join(directory, `keys/${name}.key`), `public ${publicKey}\nsecret ${secretKey}\n`, true);
    }
    const authorized = ROLES.map((role) => ({ role, name: role, public_key: pairs.find(({ name }) => name === role)?.publicKey ?? '' }));
    writeKeyFile(join(directory, 'keys/authorized'), writeAuthorized(authorized));
    const server_key = pairs[0]?.publicKey ?? '';
    const daemon = await Daemon.program([join(process.cwd(), 'dist/core/main.js'), 'run', join(directory, 'ringmaster.json')]);
    await daemon.ready();
    const keyed = new KeyedDaemon(daemon, { endpoint, stats_endpoint: `tcp://127.0.0.1:${stats}` }, server_key);
    keyed.#directory = directory;
    keyed.#first = first;
    return keyed;
  }

  #directory = '';
  #first: Daemon | undefined;

  get directory(): string {
    return this.#directory;
  }

  keysOf(name: string): ClientKeys {
    return { ...readKeyPair(join(this.directory, `keys/${name}.key`)), server_key: this.#server_key };
  }

  /** Options of the command line for a key. */
  words(name: string): readonly string[] {
    return ['--key', join(this.directory, `keys/${name}.key`), '--server-key', this.#server_key];
  }

  client(curve?: ClientKeys): Client {
    const client = new Client({ endpoint: this.endpoint, curve });
    this.#clients.push(client);
    return client;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const client of this.#clients) client.close();
    await this.daemon[Symbol.asyncDispose]();
    await this.#first?.[Symbol.asyncDispose]();
  }
}

describe('keys verbs', () => {
  it('tell people which file they wrote, and scripts nothing else than before', async () => {
    const directory = await mkdtemp(join(tmpdir(), 'ringmaster-keys-'));
    try {
      const made = await runBin('main', ['keys', 'new', 'laptop', '--directory', directory]);
      const { public_key } = readKeyPair(join(directory, 'laptop.key'));
      expect(made.stdout).to.equal(`${public_key}\n`);
      expect(made.stderr).to.equal(`wrote ${directory}/laptop.key, for its owner only; the public key, which others are given:\n`);
      const let_in = await runBin('main', ['keys', 'authorize', public_key, 'laptop', '--directory', directory]);
      expect(let_in.stdout).to.equal('laptop may connect, with the role read\n');
      expect(let_in.stderr).to.equal(`wrote ${directory}/authorized\n`);
    } finally {
      await rm(directory, { recursive: true });
    }
  });
});

describe('a daemon that wants keys', () => {
  it('lets each key do what its role says, and nobody without a key do anything', async () => {
    await using keyed = await KeyedDaemon.start();
    const [read, operate, admin] = ['read', 'operate', 'admin'].map((name) => keyed.client(keyed.keysOf(name)));
    if (read === undefined || operate === undefined || admin === undefined) throw new Error('no clients');
    expect((await read.call('status', { name: 'web' })).status).to.equal('active');
    for (const command of ['stop', 'quit', 'set'] as const) {
      const error = await rejects(read.call(command as string, { name: 'web', options: {} }), 'RM_CLIENT_REPLY');
      expect(error).to.deep.include({ errno: 7 });
      expect(error.message).to.include('needs the role').and.include('key read has read');
    }
    expect((await operate.call('incr', { name: 'web' }, { waiting: true })).numprocesses).to.equal(2);
    await rejects(operate.call('add', { name: 'x', cmd: 'id' }), 'RM_CLIENT_REPLY');
    const secret = { name: 'web', show_secrets: true };
    await rejects(operate.call('options', secret), 'RM_CLIENT_REPLY');
    expect(JSON.stringify(await operate.call('options', { name: 'web' })))
      .to.include('***')
      .and.not.include('hunter2');
    expect(JSON.stringify(await admin.call('options', secret))).to.include('hunter2');

    const set = { name: 'web', options: { env: { DB_PASSWORD: 'hunter3' } } };
    await admin.call('set', set, { waiting: true });
    await keyed.daemon.printed('key admin asks for set');
    expect(keyed.daemon.stdout).to.include('key operate asks for incr').and.include('key read was refused quit');
    expect(keyed.daemon.stdout).to.not.include('asks for status').and.not.include('hunter3');

    const { entries } = await read.call('audit', { name: 'web' });
    const told = (entries as readonly { who: string; command: string; result: string }[]).map(({ who, command, result }) => [
      who,
      command,
      result,
    ]);
    expect(told).to.deep.include.members([
      ['key read', 'stop', 'refused'],
      ['key operate', 'incr', 'ok'],
      ['key operate', 'options', 'refused'],
      ['key admin', 'set', 'ok'],
    ]);
    expect(JSON.stringify(entries)).to.not.include('hunter3');

    await rejects(keyed.client().call('status'), 'RM_CLIENT_REFUSED');
    await rejects(keyed.client(keyed.keysOf('stranger')).call('status'), 'RM_CLIENT_REFUSED');
    const impostor = { ...keyed.keysOf('read'), server_key: keyed.keysOf('stranger').public_key };
    await rejects(keyed.client(impostor).call('status'), 'RM_CLIENT_REFUSED');
  });

  it('has a request without a proof, or with one that is made up, do no more than look', async () => {
    await using keyed = await KeyedDaemon.start();
    const { public_key, secret_key, server_key } = keyed.keysOf('read');
    const socket = new Dealer({
      linger: 0,
      receiveTimeout: 10_000,
      curvePublicKey: public_key,
      curveSecretKey: secret_key,
      curveServerKey: server_key,
    });
    socket.connect(keyed.endpoint);
    const ask = async (request: object): Promise<Record<string, unknown>> => {
      await socket.send(JSON.stringify(request));
      const [body] = await socket.receive();
      return JSON.parse(String(body));
    };
    expect(await ask({ id: 1, command: 'list' })).to.include({ status: 'ok' });
    expect(await ask({ id: 2, command: 'quit' })).to.include({ status: 'error', errno: 7, code: 'RM_FORBIDDEN' });
    expect(await ask({ id: 3, command: 'list', auth: 'made-up' })).to.include({ status: 'error', errno: 7 });
    socket.close();
  });

  it('refuses a key from the moment that it is revoked, on a connection that stands', async () => {
    await using keyed = await KeyedDaemon.start();
    const operate = keyed.client(keyed.keysOf('operate'));
    await operate.call('incr', { name: 'web' });
    await keys(keyed.directory, 'revoke', 'operate');
    const error = await rejects(operate.call('incr', { name: 'web' }), 'RM_CLIENT_REPLY');
    expect(error).to.deep.include({ errno: 7 });
    const admin = keyed.client(keyed.keysOf('admin'));
    await admin.call('list');
    await chmod(join(keyed.directory, 'keys/authorized'), 0o666);
    await rejects(admin.call('list'), 'RM_CLIENT_REPLY');
    await rm(join(keyed.directory, 'keys/authorized'));
    await rejects(admin.call('list'), 'RM_CLIENT_REPLY');
  });

  it('ends the subscription of a key that is revoked, and tells the others everything', async () => {
    await using keyed = await KeyedDaemon.start();
    const admin = keyed.client(keyed.keysOf('admin'));
    const seen = { read: [] as number[], operate: [] as number[] };
    const ends = (['read', 'operate'] as const).map(async (name) => {
      const stream = keyed.client(keyed.keysOf(name)).events(['watcher.']);
      for await (const { watcher } of stream) seen[name].push(Number(watcher.slice(1)));
    });
    const [, revoked] = ends.map((end) =>
      end.then(
        () => 'nothing',
        (error: unknown) => String(error),
      ),
    );
    let count = 0;
    /** Each is told as the event of a watcher of that number. */
    const tell = async (): Promise<void> => {
      const name = `n${++count}`;
      await admin.call('add', { name, cmd: 'true', options: { autostart: false } }, { waiting: true });
      await admin.call('rm', { name }, { waiting: true });
    };
    await eventually(
      async () => {
        await tell();
        return seen.read.length > 0 && seen.operate.length > 0;
      },
      { what: 'both to be told' },
    );
    const first = count;
    await keys(keyed.directory, 'revoke', 'operate');
    let is_over = false;
    void revoked?.then(() => {
      is_over = true;
    });
    await eventually(
      async () => {
        await tell();
        return is_over;
      },
      { what: 'the end of the revoked subscription' },
    );
    expect(await revoked).to.include('the key is no longer authorised there');
    const last_told = seen.operate.at(-1);
    const last = count + 1;
    await tell();
    await eventually(() => seen.read.includes(last), { what: 'the other one to be told' });
    const wanted = Array.from({ length: last - first }, (_, at) => first + 1 + at);
    expect([...new Set(seen.read)].filter((number) => number > first)).to.deep.equal(wanted);
    expect(seen.operate.at(-1)).to.equal(last_told);
    await keyed.daemon.printed('keys are no longer authorised');
  });

  it('gets its keys from the command line, which never prints a secret one nor replaces a pair', async () => {
    await using keyed = await KeyedDaemon.start();
    const public_key = await keys(keyed.directory, 'new', 'laptop');
    expect(await keys(keyed.directory, 'show', 'laptop')).to.equal(public_key);
    await keys(keyed.directory, 'authorize', public_key, 'laptop', '--role', 'operate');
    expect(await keys(keyed.directory, 'list')).to.match(/laptop +operate +\S{40}/);
    const again = await keys(keyed.directory, 'new', 'laptop').catch((error: unknown) => String(error));
    expect(again).to.include('it is there already');
    const file = join(keyed.directory, 'keys/laptop.key');
    const args = ['incr', 'web', '--endpoint', keyed.endpoint, '--key', file, '--server-key', keyed.keysOf('read').server_key];
    expect((await runBin('main', args)).stdout).to.equal('ok\n');
  });

  it('is reached by circusctl and circus-top with a key, and by nobody with another, nor without', async () => {
    await using keyed = await KeyedDaemon.start();
    const ctl = (...words: readonly string[]) => runBin('circusctl', ['--endpoint', keyed.endpoint, ...words]);
    expect(await ctl(...keyed.words('operate'), 'incr', 'web')).to.deep.include({ stdout: 'ok\n', status: 0 });
    const prompt = await runBin('circusctl', ['--endpoint', keyed.endpoint, ...keyed.words('read')], { input: 'list\nquit\n' });
    expect(prompt.stdout).to.include('(circusctl) web');
    expect(prompt.stderr).to.include('needs the role admin');
    const { RINGMASTER_KEY, RINGMASTER_SERVER_KEY } = {
      RINGMASTER_KEY: keyed.words('read')[1] ?? '',
      RINGMASTER_SERVER_KEY: keyed.words('read')[3] ?? '',
    };
    const fromEnvironment = await runBin('circusctl', ['--endpoint', keyed.endpoint, 'list'], {
      env: { RINGMASTER_KEY, RINGMASTER_SERVER_KEY },
    });
    expect(fromEnvironment.stdout).to.equal('web\n');

    const top = (...words: readonly string[]) => runBin('circus-top', ['--once', '--endpoint', keyed.stats_endpoint, ...words]);
    expect((await top(...keyed.words('read'))).stdout).to.match(/^web\b/m);
    for (const refused of [await ctl(...keyed.words('stranger'), 'list'), await top(...keyed.words('stranger'))]) {
      expect(refused).to.deep.include({ stdout: '', status: 1 });
      expect(refused.stderr).to.match(/^cannot connect to tcp:\/\/127\.0\.0\.1:\d+: the key is not authorised there\n$/);
    }
    for (const refused of [await ctl('list'), await top()]) {
      expect(refused).to.deep.include({ stdout: '', status: 1 });
      expect(refused.stderr).to.include('wants a key (--key and --server-key)');
    }
    const [, own = ''] = keyed.words('read');
    const impostor = await ctl('--key', own, '--server-key', keyed.keysOf('stranger').public_key, 'list');
    expect(impostor.stderr).to.match(/wants no keys, or has another key than --server-key says\n$/);
    const broken = await ctl('--key', '/nonexistent', '--server-key', keyed.words('read')[3] ?? '');
    expect(broken).to.deep.include({ status: 1 });
    expect(broken.stderr).to.include('cannot use the key file /nonexistent');
  });

  it('is reached through ssh with a key, with its events and statistics, and by no other key', async () => {
    await using keyed = await KeyedDaemon.start();
    await using sshd = await Sshd.start();
    const through = ['--ssh', sshd.server, '--ssh_keyfile', sshd.keyfile];
    const run = (bin: Bin, endpoint: string, name: string, ...words: readonly string[]) =>
      runBin(bin, [...words, ...through, '--endpoint', endpoint, ...keyed.words(name)], { env: sshd.env });
    expect(await run('main', keyed.endpoint, 'operate', 'incr', 'web')).to.deep.include({ stdout: 'ok\n', stderr: '', status: 0 });
    expect(await run('circusctl', keyed.endpoint, 'read', 'list')).to.deep.include({ stdout: 'web\n', stderr: '', status: 0 });
    expect((await run('circus-top', keyed.stats_endpoint, 'read', '--once')).stdout).to.match(/^web\b/m);
    const refused = await run('main', keyed.endpoint, 'stranger', 'list');
    expect(refused).to.deep.include({ stdout: '', status: 1 });
    expect(refused.stderr).to.match(/^cannot reach tcp:\S+ through ssh \S+: the key is not authorised there/);

    const words = ['listen', 'watcher.web.', ...through, '--endpoint', keyed.endpoint, ...keyed.words('read')];
    const listening = new RunningBin('main', words, { env: sshd.env });
    const operate = keyed.client(keyed.keysOf('operate'));
    let is_told = false;
    void listening.printed('watcher.web.kill').then(() => {
      is_told = true;
    });
    await eventually(
      async () => {
        await operate.call('incr', { name: 'web' }, { waiting: true });
        await operate.call('decr', { name: 'web' }, { waiting: true });
        return is_told;
      },
      { what: 'an event' },
    );
    listening.child.kill('SIGINT');
    expect(await listening.ended).to.deep.include({ status: 0, stderr: '' });
  });

  it('takes nothing long from who has no key, be it for requests or for what is published', async () => {
    await using keyed = await KeyedDaemon.start();
    const greeting = Buffer.alloc(64);
    greeting.set([0xff, 0, 0, 0, 0, 0, 0, 0, 1, 0x7f, 3, 0]);
    greeting.write('CURVE', 12, 'latin1');
    // A command that says it has a GiB.
    const long = Buffer.from([0x06, 0, 0, 0, 0, 0x40, 0, 0, 0]);
    for (const endpoint of [keyed.endpoint, keyed.stats_endpoint]) {
      const socket = connect(Number(endpoint.split(':').at(-1)), '127.0.0.1');
      const closed = new Promise((resolve) => socket.once('close', () => resolve('closed')));
      socket.on('error', () => socket.destroy());
      socket.resume();
      socket.write(Buffer.concat([greeting, long]));
      // ZeroMQ itself cuts off who has not shaken hands within 30 s.
      const late = new Promise((resolve) => setTimeout(() => resolve('open'), 15_000).unref());
      expect(await Promise.race([closed, late]), endpoint).to.equal('closed');
    }
  });

  it('stands what a port scan sends, and serves others meanwhile', async () => {
    await using keyed = await KeyedDaemon.start();
    const port = Number(keyed.endpoint.split(':').at(-1));
    const probes = [
      'GET / HTTP/1.0\r\n\r\n',
      '\x16\x03\x01\x02\x00\x01',
      'SSH-2.0-x\r\n',
      '{"command":"quit"}',
      '\xff\0\0\0\0\0\0\0\x01\x7f\x03\0NULL',
      '',
    ];
    const all = [...probes.map((text) => Buffer.from(text, 'latin1')), ...Array.from({ length: 60 }, (_, at) => randomBytes(1 + at * 37))];
    await Promise.all(
      all.map(async (bytes) => {
        const socket = connect(port, '127.0.0.1');
        const closed = new Promise((resolve) => socket.once('close', resolve));
        socket.on('error', () => socket.destroy());
        socket.resume();
        socket.end(bytes);
        await closed;
      }),
    );
    expect((await keyed.client(keyed.keysOf('read')).call('status', { name: 'web' })).status).to.equal('active');
  });
});
