import { writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { expect } from 'chai';
import { eventually } from '../../core/testing.js';
import type { Client } from '../../plugins/control/client.js';
import { Daemon, iniHead, type Place } from '../fixtures/daemon.js';
import { freePort } from '../fixtures/free-port.js';
import { answer, type Load, loadUntil } from '../fixtures/load.js';

const SERVERS = resolve('test/fixtures/servers');
/** More by hand: RINGMASTER_LOAD_S=120. */
const LOAD_S = Number(process.env.RINGMASTER_LOAD_S ?? 4);
const ROUNDS = 20;

const KINDS = {
  node: `cmd = node ${join(SERVERS, 'http-node.mjs')} $(circus.sockets.web)\n`,
  python: `cmd = /usr/bin/python3 ${join(SERVERS, 'http-python.py')} $(circus.sockets.web)\n`,
  // It takes what it inherits from a variable of its own, has no other way to be told, and calls its graceful end QUIT.
  nginx: `cmd = /usr/sbin/nginx -e stderr -p DIRECTORY -c nginx.conf -g "pid DIRECTORY/nginx$(circus.wid).pid;"\nstop_signal = QUIT\n`,
} as const;
const NGINX = (directory: string, port: number): string => {
  const paths = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map((name) => `${name}_temp_path ${directory}/${name};`);
  const server = `server { listen 127.0.0.1:${port}; return 200 nginx; }`;
  return `daemon off; error_log stderr; events {} http { access_log off; keepalive_timeout 0; ${paths.join(' ')} ${server} }`;
};
type Kind = keyof typeof KINDS;

(process.platform === 'linux' ? describe : describe.skip)('case: managed sockets under load', function () {
  this.timeout(60_000 + LOAD_S * 10_000);
  let daemon: Daemon;
  let client: Client;
  let port: number;
  const start = async (kinds: readonly Kind[], numprocesses: number): Promise<void> => {
    port = await freePort();
    const watcher = (place: Place, kind: Kind): string =>
      `[watcher:${kind}]\n${KINDS[kind].replaceAll('DIRECTORY', place.directory)}use_sockets = True\nnumprocesses = ${numprocesses}\ncopy_env = True\ngraceful_timeout = 20\n`;
    daemon = await Daemon.start({
      config: (place) => {
        writeFileSync(join(place.directory, 'nginx.conf'), NGINX(place.directory, port));
        const head = `${iniHead(place)}[env:nginx]\nNGINX = 3;\n[socket:web]\nhost = 127.0.0.1\nport = ${port}\n`;
        return `${head}${kinds.map((kind) => watcher(place, kind)).join('')}`;
      },
    });
    client = daemon.client();
    const seen = new Set<string>();
    await eventually(
      async () => {
        seen.add(await answer(port));
        return kinds.every((kind) => seen.has(kind));
      },
      { what: 'an answer of each' },
    );
  };
  afterEach(() => daemon[Symbol.asyncDispose]());

  /** Under load one thing after the other, each of them once at least and, in a long run, `ROUNDS` times. */
  const underLoad = async (
    what: readonly (() => Promise<unknown>)[],
    most = ROUNDS * what.length,
  ): Promise<{ readonly load: Load; readonly rounds: number }> => {
    const over = new AbortController();
    const done = loadUntil(over.signal, port);
    const end_ms = performance.now() + LOAD_S * 1000;
    let rounds = 0;
    try {
      for (; rounds < what.length || (rounds < most && performance.now() < end_ms); rounds++) {
        await what[rounds % what.length]?.();
        // New processes are there as soon as they are spawned, and take a moment to serve.
        await answer(port);
      }
    } finally {
      over.abort();
      await done;
    }
    return { load: await done, rounds };
  };
  const all = { waiting: true } as const;
  const requests = (name: Kind): readonly (() => Promise<unknown>)[] => [
    () => client.call('reload', { name }, all),
    () => client.call('restart', { name, match: 'simple' }, all),
    () => client.call('reload', { name, sequential: true }, all),
    () => client.call('incr', { name }, all),
    () => client.call('decr', { name }, all),
  ];

  for (const kind of ['node', 'python', 'nginx'] as const) {
    it(`${kind}: no request fails while its 4 workers are reloaded, restarted and counted up and down`, async () => {
      await start([kind], 4);
      const { load: found, rounds } = await underLoad(requests(kind));
      expect(found, daemon.said).to.include({ connect: 0, failed: 0 });
      expect(found.requests).to.be.above(20);
      if (LOAD_S > 20) console.log(`      ${kind}: ${found.requests} requests, ${rounds} reloads, restarts and counts`);
    });
  }

  it('node, Python and nginx serve from one socket, and no request fails while each of them is replaced', async () => {
    await start(['node', 'python', 'nginx'], 2);
    const { load: found } = await underLoad([...requests('node'), ...requests('python'), ...requests('nginx')]);
    expect(found, daemon.said).to.include({ connect: 0, failed: 0 });
  });

  it('no connection is refused while workers are killed, all at once', async () => {
    await start(['node'], 4);
    const kill = async (): Promise<void> => {
      const before = (await client.call('list', { name: 'node' })).pids ?? [];
      // None of them takes up what another has lost.
      for (const signal of ['SIGSTOP', 'SIGKILL'] as const) for (const pid of before) process.kill(pid, signal);
      await eventually(
        async () => {
          const pids = (await client.call('list', { name: 'node' })).pids ?? [];
          return pids.length === 4 && pids.every((pid) => !before.includes(pid));
        },
        { what: 'others in their place' },
      );
    };
    // Whoever dies again and again is started ever more slowly.
    const { load: found, rounds } = await underLoad([kill], 3);
    expect(found.connect, daemon.said).to.equal(0);
    // Only what a killed worker was about is lost: with 8 connections at most 8 each time.
    expect(found.failed).to.be.at.most(8 * rounds);
  });
});
