import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { Subscriber } from 'zeromq';
import { Supervisor } from '../../../core/index.js';
import { eventually } from '../../../core/testing.js';
import { Client } from '../../../plugins/control/client.js';
import control from '../../../plugins/control/index.js';

interface Published {
  readonly topic: string;
  readonly body: Readonly<Record<string, unknown>>;
}

const KEYS = ['age', 'children', 'cmdline', 'cpu', 'create_time', 'ctime', 'mem', 'mem_info1', 'mem_info2', 'nice', 'pid', 'username'];
const BUSY = 'for (;;) ;';
const BIG = "const kept = Buffer.alloc(100 * 1024 ** 2, 'x'); setInterval(() => kept.length, 1e6)";
const node = (source: string) => ({ cmd: process.execPath, args: ['-e', source], graceful_timeout: 1 });

/** A supervisor with endpoints in a directory of its own. */
class Daemon implements AsyncDisposable {
  readonly #dir = mkdtempSync(join(tmpdir(), 'rm-stats-'));
  readonly supervisor: Supervisor;
  readonly client: Client;
  readonly published: Published[] = [];
  readonly #socket = new Subscriber();

  constructor(config: object) {
    const at = (name: string): string => `ipc://${join(this.#dir, name)}`;
    const endpoints = { endpoint: at('c'), pubsub_endpoint: at('e'), stats_endpoint: at('s') };
    this.supervisor = new Supervisor({ ...endpoints, plugins: { stats: { interval: 0.1 } }, ...config }, { plugins: [control] });
    this.client = new Client({ endpoint: endpoints.endpoint });
  }

  async start(): Promise<this> {
    await this.supervisor.start();
    return this;
  }

  listen(topic: string): void {
    this.#socket.connect(`ipc://${join(this.#dir, 's')}`);
    this.#socket.subscribe(topic);
    void this.#read();
  }

  async #read(): Promise<void> {
    for await (const [topic, body] of this.#socket) this.published.push({ topic: String(topic), body: JSON.parse(String(body)) });
  }

  /** The first message, from now on, of this topic that is as wanted. */
  heard(topic: RegExp, wanted: (body: Published['body']) => boolean = () => true): Promise<Published> {
    const from = this.published.length;
    return eventually(() => this.published.slice(from).find((one) => topic.test(one.topic) && wanted(one.body)), {
      what: `a message of ${topic}`,
    });
  }

  pids(name: string): readonly number[] {
    return (
      this.supervisor
        .find(name)
        ?.processes()
        .map(({ pid }) => pid) ?? []
    );
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.client.close();
    this.#socket.close();
    await this.supervisor.stop();
    rmSync(this.#dir, { recursive: true });
  }
}

describe('stats: what is published', () => {
  it('tells of each process, of watchers and of the daemon, with the keys of Circus', async () => {
    await using daemon = await new Daemon({
      watchers: { 'Web App': { cmd: 'sleep 60', numprocesses: 2 }, idle: { cmd: 'sleep 60', autostart: false } },
    }).start();
    daemon.listen('stat.');
    const pids = daemon.pids('Web App');
    const one = await daemon.heard(/^stat\.web app\.\d+$/);
    expect(one.body).to.have.all.keys(...KEYS, 'subtopic', 'name');
    expect(one.body).to.include({ cmdline: 'sleep', name: null, subtopic: Number(one.topic.split('.').at(-1)) });
    const { body } = await daemon.heard(/^stat\.web app$/);
    expect(body).to.have.all.keys('pid', 'cpu', 'mem', 'age');
    expect(body.pid).to.have.members([...pids]);
    expect((await daemon.heard(/^stat\.circus\.\d+$/)).body).to.include({ name: 'circusd', pid: process.pid });
    expect((await daemon.heard(/^stat\.circus$/)).body.pid).to.deep.equal([process.pid]);
    expect(daemon.published.filter(({ topic }) => topic.includes('idle') || topic.includes('sockets'))).to.deep.equal([]);
    const { options } = await daemon.client.call('globaloptions');
    expect(options).to.have.property('stats_endpoint').that.matches(/^ipc:/);
  });

  it('knows a busy process from an idle one, and how much memory one has', async () => {
    await using daemon = await new Daemon({ watchers: { busy: node(BUSY), big: node(BIG), calm: { cmd: 'sleep 60' } } }).start();
    daemon.listen('stat.');
    // Others may use the processors too: what it got counts, not how fast it was.
    await daemon.heard(/^stat\.busy\.\d+$/, ({ cpu }) => Number(cpu) > 5 && Number(cpu) < 160);
    expect((await daemon.heard(/^stat\.calm$/)).body.cpu).to.be.below(5);
    const { body } = await daemon.heard(/^stat\.big\.\d+$/, ({ mem_info1 }) => Number.parseFloat(String(mem_info1)) >= 100);
    expect(body.mem_info1).to.match(/^1\d\d\.\d\dM$/);
  });

  it('looks at nothing that nobody asked for', async () => {
    await using daemon = await new Daemon({ watchers: { web: { cmd: 'sleep 60' }, db: { cmd: 'sleep 60' } } }).start();
    daemon.listen('stat.web.');
    await daemon.heard(/^stat\.web\.\d+$/);
    await daemon.heard(/^stat\.web\.\d+$/);
    expect(daemon.published.every(({ topic }) => topic.startsWith('stat.web.'))).to.equal(true);
  });

  it('tells of the hits of managed sockets, whoever takes them, while somebody listens', async () => {
    const socket = { host: '127.0.0.1', port: 0 };
    await using daemon = await new Daemon({ sockets: { first: socket, web: socket, own: { ...socket, so_reuseport: true } } }).start();
    const { port = 0 } = daemon.supervisor.sockets()[1] ?? {};
    daemon.listen('stat.sockets');
    await daemon.heard(/^stat\.sockets$/);
    for (let visit = 0; visit < 5; visit++) {
      const client = connect(port ?? 0, '127.0.0.1');
      await once(client, 'connect');
      client.destroy();
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
    const of = (topic: string) => daemon.published.filter((one) => one.topic === topic).map(({ body }) => body);
    const hits = (topic: string): number => of(topic).reduce((sum, { reads }) => sum + Number(reads), 0);
    await eventually(() => expect(hits('stat.sockets')).to.equal(5));
    expect(hits('stat.sockets.4')).to.equal(5);
    expect(of('stat.sockets.4')[0]).to.deep.include({ fd: 4, subtopic: 4, address: `127.0.0.1:${port}` });
    expect(of('stat.sockets')[0]?.addresses).to.have.length(2);
  });

  it('tells no more of what has ended, and of what replaced it', async () => {
    await using daemon = await new Daemon({ watchers: { web: { cmd: 'sleep 60', numprocesses: 3 } } }).start();
    daemon.listen('stat.web');
    const [first = 0] = daemon.pids('web');
    await daemon.heard(new RegExp(`^stat\\.web\\.${first}$`));
    process.kill(first, 'SIGKILL');
    const { body } = await daemon.heard(/^stat\.web$/, ({ pid }) => Array.isArray(pid) && pid.length === 3 && !pid.includes(first));
    expect(body.pid).to.have.members([...daemon.pids('web')]);
  });
});

describe('stats: the commands', () => {
  it('tell of children, and of processes that end meanwhile without failing for the others', async () => {
    const parent = 'sleep 60 & wait';
    await using daemon = await new Daemon({
      watchers: { family: { cmd: 'sh', args: ['-c', parent] }, brief: { cmd: 'sleep 0.02', numprocesses: 4, max_retry: -1 } },
    }).start();
    const [pid = 0] = daemon.pids('family');
    await eventually(async () => {
      const { infos } = await daemon.client.call('stats');
      expect(infos).to.have.nested.property(`family.${pid}.children[0].cmdline`, 'sleep');
      return true;
    });
    const replies = await Promise.all(Array.from({ length: 200 }, () => daemon.client.call('stats')));
    for (const { infos } of replies) expect(infos).to.have.nested.property(`family.${pid}.pid`, pid);
    const { info } = await daemon.client.call('stats', { name: 'family', extended: true });
    expect(info).to.have.nested.property(`${pid}.total.processes`, 2);
  });

  it('ask the hook where they are extended, and leave out what a failing one adds', async () => {
    await using supervisor = new Supervisor(
      { watchers: { web: { cmd: 'sleep 60' }, bad: { cmd: 'sleep 60' } } },
      {
        plugins: [
          {
            name: 'adds',
            summary: 'Adds.',
            schema: { type: 'object', properties: {} },
            hooks: ['stats'],
            setup({ hooks }: { hooks: { stats: { tap(fn: (stats: object, args: { watcher: { name: string } }) => object): unknown } } }) {
              hooks.stats.tap((stats, { watcher }) => {
                if (watcher.name === 'bad') throw new Error('broken');
                return { ...stats, requests: 5 };
              });
            },
          },
        ],
      },
    );
    await supervisor.start();
    const extend = async (name: string) => {
      const watcher = supervisor.find(name);
      const [view] = watcher?.processes() ?? [];
      return watcher && view ? supervisor.extendStats(watcher, view, { pid: view.pid }) : undefined;
    };
    expect(await extend('web')).to.include({ requests: 5 });
    expect(await extend('bad')).to.have.all.keys('pid');
  });
});
