import { spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  chmodSync,
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { RingmasterError } from '../../../core/index.js';
import { defaultEndpoints, prepareRuntimeDir } from '../../../plugins/control/endpoints.js';
import { rejects } from '../../fixtures/control/expect.js';
import { openHost } from '../../fixtures/control/host.js';
import { Wire } from '../../fixtures/control/wire.js';

describe('control: endpoints', () => {
  let dir: string;
  beforeEach(() => {
    dir = mkdtempSync(join(tmpdir(), 'rm-bind-'));
  });
  afterEach(() => rmSync(dir, { recursive: true }));

  it('are by default sockets in the runtime directory of the user', () => {
    const of = (env: Record<string, string>, uid: number): string => defaultEndpoints(env, uid).endpoint;
    expect(of({ RINGMASTER_RUNTIME_DIR: '/x', XDG_RUNTIME_DIR: '/y' }, 7)).to.equal('ipc:///x/control.sock');
    expect(of({ XDG_RUNTIME_DIR: '/y' }, 0)).to.equal('ipc:///run/ringmaster/control.sock');
    expect(of({ XDG_RUNTIME_DIR: '/y' }, 7)).to.equal('ipc:///y/ringmaster/control.sock');
    expect(of({}, 7)).to.equal(`ipc://${tmpdir()}/ringmaster-7/control.sock`);
    expect(defaultEndpoints({ RINGMASTER_RUNTIME_DIR: '/x' }).pubsub_endpoint).to.equal('ipc:///x/events.sock');
  });

  it('make the runtime directory for its owner only', () => {
    prepareRuntimeDir(join(dir, 'a'));
    prepareRuntimeDir(join(dir, 'a'));
    expect(statSync(join(dir, 'a')).mode & 0o777).to.equal(0o700);
  });

  it('refuse a runtime directory that is a link, a file, or open to others', () => {
    mkdirSync(join(dir, 'real'));
    symlinkSync(join(dir, 'real'), join(dir, 'link'));
    writeFileSync(join(dir, 'file'), '');
    mkdirSync(join(dir, 'open'));
    chmodSync(join(dir, 'open'), 0o777);
    for (const [name, why] of [
      ['link', 'it is a symbolic link'],
      ['file', ''],
      ['open', 'others may write to the directory (mode 777)'],
    ] as const) {
      expect(() => prepareRuntimeDir(join(dir, name)), name).to.throw(RingmasterError, `cannot listen on ${join(dir, name)}: ${why}`);
    }
  });

  it('are sockets that only their owner may use, and gone afterwards', async () => {
    const host = await openHost({ endpoint: `ipc://${dir}/c.sock`, pubsub_endpoint: `ipc://${dir}/e.sock` });
    for (const name of ['c.sock', 'e.sock']) {
      expect(lstatSync(join(dir, name)).isSocket()).to.equal(true);
      expect(lstatSync(join(dir, name)).mode & 0o777).to.equal(0o600);
    }
    expect(readdirSync(dir)).to.have.members(['c.sock', 'e.sock']);
    await host[Symbol.asyncDispose]();
    expect(readdirSync(dir)).to.deep.equal([]);
  });

  it('replace the socket that a dead daemon has left', async () => {
    const code = `require('net').createServer().listen(${JSON.stringify(join(dir, 'c.sock'))}, () => process.kill(process.pid, 'SIGKILL'))`;
    await once(spawn(process.execPath, ['-e', code]), 'exit');
    expect(existsSync(join(dir, 'c.sock'))).to.equal(true);
    await using host = await openHost({ endpoint: `ipc://${dir}/c.sock` });
    using wire = new Wire(host.endpoint);
    expect(await wire.ask({ command: 'list' })).to.include({ status: 'ok' });
  });

  it('leave a living daemon its socket, and say who holds it', async () => {
    await using first = await openHost({ endpoint: `ipc://${dir}/c.sock` });
    const error = await rejects(openHost({ endpoint: first.endpoint }), 'RM_ENDPOINT_BIND');
    expect(error.message).to.include(`cannot listen on ipc://${dir}/c.sock: somebody listens there already`);
    if (process.platform === 'linux') expect(error.message).to.match(new RegExp(`held by pid ${process.pid} \\(.*node`));
    using wire = new Wire(first.endpoint);
    expect(await wire.ask({ command: 'list' })).to.include({ status: 'ok' });
  });

  it('do not remove the socket of somebody who came later', async () => {
    const host = await openHost({ endpoint: `ipc://${dir}/c.sock` });
    rmSync(join(dir, 'c.sock'));
    const server = createServer().listen(join(dir, 'c.sock'));
    await once(server, 'listening');
    await host[Symbol.asyncDispose]();
    expect(existsSync(join(dir, 'c.sock'))).to.equal(true);
    server.close();
  });

  it('say in one line which TCP address is taken, and by whom', async () => {
    const server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    const address = server.address();
    const port = typeof address === 'object' ? address?.port : 0;
    const error = await rejects(openHost({ pubsub_endpoint: `tcp://127.0.0.1:${port}` }), 'RM_ENDPOINT_BIND');
    expect(error.message).to.include(`cannot listen on tcp://127.0.0.1:${port}: the address is in use`);
    if (process.platform === 'linux') expect(error.message).to.include(`held by pid ${process.pid}`);
    expect(error.message).not.to.include('\n');
    server.close();
  });

  it('tell the real port where any free one was asked for', async () => {
    await using host = await openHost({ endpoint: 'tcp://127.0.0.1:*' });
    expect(host.endpoint).to.match(/^tcp:\/\/127\.0\.0\.1:\d+$/);
    using wire = new Wire(host.endpoint);
    expect(await wire.ask({ command: 'list' })).to.include({ status: 'ok' });
  });

  it('can be bound again at once, over and over', async () => {
    await using first = await openHost({ endpoint: 'tcp://127.0.0.1:*' });
    const { endpoint } = first;
    await first.supervisor.stop();
    for (let round = 0; round < 10; round++) {
      const host = await openHost({ endpoint, pubsub_endpoint: `ipc://${dir}/e.sock` });
      await host[Symbol.asyncDispose]();
    }
  });

  const impossible: readonly (readonly [what: string, endpoint: (dir: string) => string, why: RegExp])[] = [
    ['no address', () => 'nonsense', /it is no ZeroMQ address/],
    ['an unknown transport', () => 'smoke://signals', /it is no ZeroMQ address/],
    ['an address of another machine', () => 'tcp://192.0.2.1:5555', /this machine has no such address/],
    ['a directory that is not there', (at) => `ipc://${at}/no/c.sock`, /no such directory: \S+\/no, make it$/],
    ['a path that is too long', (at) => `ipc://${at}/${'x'.repeat(100)}`, /the path has \d+ bytes, at most \d+ are possible/],
    ['a file that is no socket', (at) => `ipc://${at}/file`, /a file of that name that is not a socket/],
  ];
  for (const [what, endpoint, why] of impossible) {
    it(`refuse ${what} and say why`, async () => {
      writeFileSync(join(dir, 'file'), 'precious');
      expect((await rejects(openHost({ endpoint: endpoint(dir) }), 'RM_ENDPOINT_BIND')).message).to.match(why);
      expect(readdirSync(dir)).to.deep.equal(['file']);
    });
  }

  it('refuse an owner who is not there', async () => {
    const error = await rejects(openHost({ endpoint_owner: 'nobody-of-that-name' }), 'RM_ENDPOINT_BIND');
    expect(error.message).to.include('there is no user "nobody-of-that-name"');
  });
});
