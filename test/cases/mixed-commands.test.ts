import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { expect } from 'chai';
import { eventually } from '../../core/testing.js';
import { Client, type Reply, ReplyError } from '../../plugins/control/client.js';
import { Daemon, openFds, type Place, randomFrom, rssBytes } from '../fixtures/daemon.js';

const CLIENTS = 50;
const COMMANDS = 200;
const WATCHERS = ['w1', 'w2', 'w3', 'w4', 'w5'];
/** What the daemon may have more after a second storm: what V8 has not given back. */
const GROWTH_BYTES = 32 * 1024 * 1024;

const config = (place: Place): string =>
  JSON.stringify({
    endpoint: place.endpoint,
    pubsub_endpoint: place.pubsub_endpoint,
    watchers: Object.fromEntries(WATCHERS.map((name) => [name, { cmd: `sleep ${place.marker}`, numprocesses: 2 }])),
    plugins: { [resolve('test/fixtures/plugins/loop-delay.js')]: { file: join(place.directory, 'delay.json') } },
  });

type Random = () => number;
const pick = <T>(random: Random, from: readonly T[]): T => from[Math.floor(random() * from.length)] as T;

/** What a client may ask for, by command. */
const PROPERTIES: Readonly<Record<string, (name: string, random: Random) => Readonly<Record<string, unknown>>>> = {
  start: (name) => ({ name }),
  stop: (name) => ({ name }),
  restart: (name) => ({ name }),
  reload: (name, random) => ({ name, sequential: random() < 0.3, graceful: random() < 0.8 }),
  incr: (name) => ({ name }),
  decr: (name) => ({ name }),
  set: (name, random) => ({ name, options: { numprocesses: Math.floor(random() * 5) } }),
  numprocesses: (name) => ({ name }),
  status: (name) => ({ name }),
  list: (name) => ({ name }),
  stats: (name) => ({ name }),
  options: (name) => ({ name }),
  signal: (name) => ({ name, signum: 'CONT' }),
};

/** Whether a reply is of the shape that only this command has. */
const SHAPES: Readonly<Record<string, (reply: Reply) => boolean>> = {
  numprocesses: (reply) => typeof reply.numprocesses === 'number' && typeof reply.watcher_name === 'string',
  status: (reply) => ['starting', 'active', 'stopping', 'stopped'].includes(reply.status),
  list: (reply) => Array.isArray(reply.pids),
  stats: (reply) => typeof reply.info === 'object' && typeof reply.name === 'string',
  options: (reply) => typeof reply.options === 'object',
};

/** One client's commands, all sent at once; resolves with every reply that is not as it should be. */
async function storm(client: Client, random: Random): Promise<{ readonly answers: number; readonly wrong: readonly string[] }> {
  const wrong: string[] = [];
  let answers = 0;
  const calls = Array.from({ length: COMMANDS }, async () => {
    const command = pick(random, Object.keys(PROPERTIES));
    const name = pick(random, WATCHERS);
    const waiting = random() < 0.5;
    try {
      const reply: Reply = await client.call(command, PROPERTIES[command]?.(name, random) ?? {}, { waiting });
      answers++;
      const shape = SHAPES[command] ?? ((one: Reply) => one.status === 'ok');
      if (!shape(reply)) wrong.push(`${command} ${name}: ${JSON.stringify(reply)}`);
      if (reply.watcher_name !== undefined && reply.watcher_name !== name)
        wrong.push(`${command} ${name}: answer of ${reply.watcher_name}`);
    } catch (error) {
      if (error instanceof ReplyError) answers++;
      wrong.push(`${command} ${name}: ${error}`);
    }
  });
  await Promise.all(calls);
  return { answers, wrong };
}

/** All clients at once; resolves, after they are closed, with how long it took, ms. */
async function storms(daemon: Daemon, seed: number): Promise<number> {
  const begun_ms = performance.now();
  const clients = Array.from({ length: CLIENTS }, () => new Client({ endpoint: daemon.place.endpoint, timeout_ms: 60_000 }));
  const results = await Promise.all(clients.map((client, index) => storm(client, randomFrom(seed + index))));
  const took_ms = performance.now() - begun_ms;
  for (const client of clients) client.close();
  expect(results.flatMap(({ wrong }) => wrong).slice(0, 10), `seed ${seed}`).to.deep.equal([]);
  expect(results.reduce((sum, { answers }) => sum + answers, 0)).to.equal(CLIENTS * COMMANDS);
  return took_ms;
}

/** Gives each watcher a number of processes and a last word, and looks whether it is obeyed. */
async function lastWords(daemon: Daemon, control: Client): Promise<void> {
  for (const [index, name] of WATCHERS.entries()) {
    const runs = index % 2 === 0;
    const numprocesses = index + 1;
    const set = control.call('set', { name, options: { numprocesses } }, { waiting: true });
    const last = control.call(runs ? 'start' : 'stop', { name }, { waiting: true });
    expect((await set).status).to.equal('ok');
    expect((await last).instead, name).to.equal(undefined);
    expect((await control.call('status', { name })).status).to.equal(runs ? 'active' : 'stopped');
    expect((await control.call('list', { name })).pids).to.have.length(runs ? numprocesses : 0);
    expect((await control.call('options', { name })).options).to.include({ numprocesses });
  }
  // A process that has just been spawned may not have its command line yet.
  await eventually(() => expect(daemon.workers).to.have.length(1 + 3 + 5));
}

describe('50 clients send 200 mixed commands each, all at once', function () {
  this.timeout(90_000);

  it('10,000 answers, no conflict, final state as last asked, nothing kept', async () => {
    const seed = Date.now() % 1_000_000;
    await using daemon = await Daemon.start({ file: 'daemon.json', config });
    const control = daemon.client(60_000);
    await control.call('status');
    const fds = Object.keys(openFds(daemon.pid)).length;

    const took_ms = await storms(daemon, seed);
    await lastWords(daemon, control);
    const rss_bytes = rssBytes(daemon.pid);
    // What the first time fills, V8's heap and compiled schemas, the second time must do with.
    await storms(daemon, seed + CLIENTS);
    await lastWords(daemon, control);
    const grown_bytes = rssBytes(daemon.pid) - rss_bytes;
    await eventually(() => expect(Object.keys(openFds(daemon.pid)).length).to.equal(fds));
    expect(grown_bytes, `seed ${seed}`).to.be.below(GROWTH_BYTES);

    daemon.kill('SIGTERM');
    expect(await daemon.gone(), daemon.said).to.deep.equal({ status: 0, signal: null });
    const delay: { readonly max_ms: number; readonly p99_ms: number } = JSON.parse(
      readFileSync(join(daemon.place.directory, 'delay.json'), 'utf8'),
    );
    console.log(
      `      ${Math.round(took_ms)} ms; event loop at most ${Math.round(delay.max_ms)} ms late, p99 ${Math.round(delay.p99_ms)}; ` +
        `${Math.round(grown_bytes / 1024 / 1024)} MiB more`,
    );
  });
});
