import { createServer } from 'node:net';
import { expect } from 'chai';
import { checkConfig } from '../../../core/index.js';
import { resolvePlugin } from '../../../core/plugin-resolve.js';
import { eventually, noLeaks, rejects } from '../../../core/testing.js';
import { commandsOf, decode, encode, gaugesOf, parseRedisUrl, type RedisTarget } from '../../../plugins/redis_observer/policy.js';
import { askInfo } from '../../../plugins/redis_observer/redis.js';
import { freePort } from '../../fixtures/free-port.js';
import { Real } from '../../fixtures/real.js';
import { startRedis } from '../../fixtures/redis.js';
import { listenOnUdp } from '../../fixtures/udp.js';

const TARGET: RedisTarget = { tls: false, host: 'localhost', port: 6379, path: null, username: null, password: null, db: 0 };
const sleeper = { cmd: process.execPath, args: ['-e', 'setInterval(() => {}, 60000)'] };

function targetOf(url: string): RedisTarget {
  const target = parseRedisUrl(url);
  if (target === null) throw new Error(`${url} is no URL of a Redis server`);
  return target;
}

describe('redis_observer policy', () => {
  it('reads URLs', () => {
    const cases: readonly [string, Partial<RedisTarget> | null][] = [
      ['redis://localhost:6379/0', {}],
      ['redis://', {}],
      ['redis://db.example:7000/3', { host: 'db.example', port: 7000, db: 3 }],
      ['redis://:p%40ss@h?db=2', { host: 'h', password: 'p@ss', db: 2 }],
      ['rediss://me:secret@[::1]', { tls: true, host: '::1', username: 'me', password: 'secret' }],
      ['unix:///run/redis.sock?db=1', { path: '/run/redis.sock', db: 1 }],
      ['unix://:secret@/run/redis.sock', { path: '/run/redis.sock', password: 'secret' }],
      ['redis://localhost/first', null],
      ['redis://localhost:port', null],
    ];
    for (const [url, expected] of cases) expect(parseRedisUrl(url), url).to.deep.equal(expected && { ...TARGET, ...expected });
  });

  it('says who it is and which database before it asks', () => {
    expect(commandsOf(TARGET)).to.deep.equal([['INFO']]);
    expect(commandsOf({ ...TARGET, password: 'p', db: 2 })).to.deep.equal([['AUTH', 'p'], ['SELECT', '2'], ['INFO']]);
    expect(commandsOf({ ...TARGET, username: 'u', password: 'p' })).to.deep.equal([['AUTH', 'u', 'p'], ['INFO']]);
    expect(encode(['AUTH', 'ü'])).to.equal('*2\r\n$4\r\nAUTH\r\n$2\r\nü\r\n');
  });

  it('reads replies, however they come in', () => {
    const whole = Buffer.from('$4\r\na\r\nb\r\n+OK\r\n');
    for (let length = 0; length < 10; length++) expect(decode(whole.subarray(0, length)), String(length)).to.equal(null);
    expect(decode(whole)).to.deep.equal({ text: 'a\r\nb', length: 10 });
    expect(decode(whole.subarray(10))).to.deep.equal({ text: 'OK', length: 5 });
    expect(() => decode(Buffer.from('-NOAUTH who are you\r\n'))).to.throw('the server answered NOAUTH who are you');
    expect(() => decode(Buffer.from('HTTP/1.1 400\r\n'))).to.throw('the answer is none of a Redis server');
  });

  it('takes the observed values, as Python writes them', () => {
    const info =
      '# Memory\r\nused_memory:100\r\nused_memory_human:100B\r\nmem_fragmentation_ratio:2.00\r\nused_cpu_sys:0.520\r\nrole:master\r\n';
    expect(gaugesOf(info)).to.deep.equal([
      ['used_memory', '100'],
      ['used_cpu_sys', '0.52'],
      ['mem_fragmentation_ratio', '2.0'],
    ]);
  });
});

describe('redis_observer, with a real Redis', () => {
  noLeaks();
  const signal = new AbortController().signal;

  it('asks over TCP and a Unix socket, with password and database', async () => {
    await using redis = await startRedis(await freePort(), '--requirepass', 'p@ss');
    for (const url of [`redis://:p%40ss@127.0.0.1:${redis.port}/3`, `unix://:p%40ss@${redis.path}`]) {
      expect(await askInfo(targetOf(url), signal), url).to.include('redis_version:');
    }
    expect(await askInfo(targetOf(`redis://127.0.0.1:${redis.port}`), signal).catch(String)).to.include('the server answered NOAUTH');
  });

  it('sends gauges, and restarts the watcher when the server is gone', async () => {
    await using statsd = await listenOnUdp();
    const redis = await startRedis(await freePort());
    const redis_observer = {
      redis_url: `redis://127.0.0.1:${redis.port}/0`,
      host: '127.0.0.1',
      port: statsd.port,
      loop_rate: 0.05,
      timeout: 20,
      restart_on_timeout: 'web',
    };
    await using real = await Real.start(() => ({ plugins: { redis_observer }, watchers: { web: sleeper } }));
    const prefix = 'circus.redis_observer.watcher.redis_stats.';
    await eventually(() => expect(statsd.names()).to.include.members([`${prefix}used_memory`, `${prefix}keyspace_hits`]));
    expect(statsd.messages.filter((text) => !/^circus\.redis_observer\.watcher\.redis_stats\.\w+:[\d.]+\|g$/.test(text))).to.deep.equal([]);
    const [before] = real.pids();
    await redis[Symbol.asyncDispose]();
    await eventually(() => real.pids().length === 1 && real.pids()[0] !== before);
    await eventually(() => expect(statsd.messages).to.include.members([`${prefix}error:1|c`, `${prefix}restart_on_error:1|c`]));
  });
});

describe('redis_observer', () => {
  noLeaks();

  for (const [action, told] of [
    ['event', 'check_failed'],
    ['stop', 'stop'],
  ] as const) {
    it(`has the watcher's ${told} told with the action ${action}`, async () => {
      await using statsd = await listenOnUdp();
      const redis_url = `redis://127.0.0.1:${await freePort()}`;
      const pace = { loop_rate: 0.05, failures: 2, host: '127.0.0.1', port: statsd.port };
      const redis_observer = { redis_url, restart_on_timeout: 'web', action, ...pace };
      await using real = await Real.start(() => ({ plugins: { redis_observer }, watchers: { web: sleeper } }));
      const pids = real.pids();
      await eventually(() => real.record.names('web').includes(told));
      await eventually(() => expect(statsd.names()).to.include(`circus.redis_observer.watcher.redis_stats.${action}_on_error`));
      expect(real.pids()).to.deep.equal(action === 'event' ? pids : []);
    });
  }

  it('fails where the server hangs up, or is asked in vain', async () => {
    const server = createServer((socket) => socket.destroy());
    const port = await new Promise<number>((resolve) => server.listen(0, '127.0.0.1', () => resolve(portOf(server))));
    expect(await askInfo({ ...TARGET, host: '127.0.0.1', port }, new AbortController().signal).catch(String)).to.match(/closed|ECONNRESET/);
    await new Promise((resolve) => server.close(resolve));
    const error = await askInfo({ ...TARGET, host: '127.0.0.1', port }, new AbortController().signal).catch(String);
    expect(error).to.include('ECONNREFUSED');
  });

  it('names a URL that is none, without the password', async () => {
    const config = { plugins: { redis_observer: { redis_url: 'redis://:secret@h/first' } } };
    const { message } = await rejects(
      Real.start(() => config),
      'RM_CONFIG_INVALID',
    );
    expect(message).to.include('plugins.redis_observer.redis_url must be a URL of a Redis server, got "redis://…@h/first"');
  });

  it('adds the probe redis, for checks of the config', async () => {
    const redis = await startRedis(await freePort());
    const redis_url = `redis://127.0.0.1:${redis.port}`;
    const probes = { cache: { type: 'redis', options: { redis_url }, watcher: 'web', action: 'event', loop_rate: 0.05 } };
    const plugins = { checks: { probes }, redis_observer: { redis_url: null } };
    await using real = await Real.start(() => ({ plugins, watchers: { web: sleeper } }));
    await redis[Symbol.asyncDispose]();
    await eventually(() => real.record.names('web').includes('check_failed'));
    const { problems } = await checkConfig(
      { plugins: { checks: { probes: { cache: { type: 'redis', options: { url: redis_url } } } }, redis_observer: {} } },
      { resolvePlugin },
    );
    expect(problems.map(({ path, did_you_mean }) => [path, did_you_mean])).to.deep.equal([
      ['plugins.checks.probes.cache.options.url', undefined],
    ]);
  });
});

function portOf(server: ReturnType<typeof createServer>): number {
  const address = server.address();
  return typeof address === 'object' && address !== null ? address.port : 0;
}
