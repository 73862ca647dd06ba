import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { expect } from 'chai';
import { eventually } from '../../../core/testing.js';
import { freePort } from '../../fixtures/free-port.js';
import { isAlive } from '../../fixtures/real.js';

const PROGRAM = fileURLToPath(new URL('../../fixtures/durable/supervise.js', import.meta.url));
const SERVER = `import { createServer } from 'node:net';
const server = createServer((client) => client.on('error', () => {}).end(String(process.pid)));
process.on('SIGTERM', () => server.close());
server.listen({ fd: Number(process.argv[2]) });`;

(process.platform === 'linux' ? describe : describe.skip)('where no socket can be taken back', () => {
  let directory: string;
  let child: ChildProcess | null = null;
  let workers: readonly number[] = [];
  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), 'ringmaster-beside-'));
    writeFileSync(join(directory, 'server.mjs'), SERVER);
  });
  afterEach(async () => {
    await kill();
    for (const pid of workers.filter(isAlive)) process.kill(pid, 'SIGKILL');
    rmSync(directory, { recursive: true });
  });
  const start = async (socket: object, numprocesses: number): Promise<readonly number[]> => {
    const web = { cmd: `node ${directory}/server.mjs $(circus.sockets.web)`, copy_env: true, use_sockets: true, numprocesses };
    const quiet = { stdout: { type: 'null' }, stderr: { type: 'null' } };
    const config = {
      durable: true,
      state_dir: join(directory, 'state'),
      watchers: { web: { ...web, ...quiet } },
      sockets: { web: socket },
    };
    const started = spawn(process.execPath, [PROGRAM, JSON.stringify(config)], { stdio: ['ignore', 'pipe', 'inherit'] });
    child = started;
    const [line] = await once(createInterface(started.stdout), 'line');
    workers = JSON.parse(String(line));
    return workers;
  };
  async function kill(): Promise<void> {
    if (child === null) return;
    child.kill('SIGKILL');
    if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
    child = null;
  }
  /** The pid of whoever answers, or how that failed. */
  const ask = async (to: number | string): Promise<number | string> => {
    const client = typeof to === 'number' ? connect(to, '127.0.0.1') : connect(to);
    try {
      const [answer] = await once(client, 'data');
      return Number(answer);
    } catch (error) {
      return error instanceof Error && 'code' in error ? String(error.code) : String(error);
    } finally {
      client.destroy();
    }
  };
  const askOften = async (to: number | string): Promise<ReadonlySet<number | string>> =>
    new Set(await Promise.all(Array.from({ length: 60 }, () => ask(to))));

  it('processes live on with the old one, new ones have one each beside it, and every connection is answered', async () => {
    const port = await freePort();
    const socket = { host: '127.0.0.1', port };
    const before = await start(socket, 2);
    await eventually(async () => before.includes(Number(await ask(port))));
    await kill();
    expect([...(await askOften(port))].filter((one) => !before.includes(Number(one)))).to.deep.equal([]);
    const after = await start(socket, 3);
    expect(after).to.include.members([...before]);
    const fresh = after.find((pid) => !before.includes(pid)) ?? 0;
    const seen = new Set<number | string>();
    await eventually(async () => {
      for (const one of await askOften(port)) seen.add(one);
      return seen.has(fresh) && before.some((pid) => seen.has(pid));
    });
    expect([...seen].filter((one) => !after.includes(Number(one)))).to.deep.equal([]);
    // The same once more: the next one finds sockets of both kinds.
    await kill();
    expect(await start(socket, 3)).to.have.members([...after]);
  });

  it('an address is free for the next where nobody lives on', async () => {
    const port = await freePort();
    const socket = { host: '127.0.0.1', port };
    const before = await start(socket, 2);
    await eventually(async () => before.includes(Number(await ask(port))));
    await kill();
    for (const pid of before) process.kill(pid, 'SIGKILL');
    await eventually(async () => (await ask(port)) === 'ECONNREFUSED');
    const after = await start(socket, 2);
    await eventually(async () => after.includes(Number(await ask(port))));
  });

  it('a unix socket is another at the same path, and its users are replaced', async () => {
    const path = join(directory, 's');
    const before = await start({ path }, 2);
    await eventually(async () => before.includes(Number(await ask(path))));
    await kill();
    await start({ path }, 2);
    await eventually(async () => !before.some(isAlive), { what: 'the end of those with the old socket' });
    expect(await ask(path)).to.be.a('number');
    expect(before).to.not.include(await ask(path));
    child?.kill('SIGTERM');
    if (child) await once(child, 'exit');
    expect(await ask(path)).to.equal('ENOENT');
  });
});
