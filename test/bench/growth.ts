import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Client } from '../../plugins/control/client.js';
import { Daemon, rssBytes } from '../fixtures/daemon.js';
import { quantile } from '../fixtures/respawns.js';

// What grows with the number of workers, and what must not. See README.md beside the source of this file.
const SIZES: readonly (readonly [watchers: number, each: number])[] =
  process.argv.length > 2
    ? process.argv.slice(2).map((text) => {
        const [watchers = 1, each = 1] = text.split('x').map(Number);
        return [watchers, each];
      })
    : [
        [1, 100],
        [1, 1000],
        [1, 10_000],
        [1000, 10],
      ];
const KILLS = 60;
const IDLE_S = 10;
const TIMEOUT_MS = 600_000;
/** Clock ticks of /proc/PID/stat, which are 10 ms wherever Linux runs Node. */
const TICK_MS = 10;

const directory = mkdtempSync(join(tmpdir(), 'rm-growth-'));

/** A worker that does nothing, as small as a process can be; `sleep` where there is no compiler. */
function tiny(): string {
  const [source, binary] = [join(directory, 'tiny.c'), join(directory, 'tiny')];
  writeFileSync(source, '#include <unistd.h>\nint main(void) { for (;;) pause(); }\n');
  return spawnSync(process.env.CC ?? 'cc', ['-O1', '-static', '-o', binary, source]).status === 0 ? binary : 'sleep';
}

const cmd = tiny();

function launch(watchers: number, each: number): Promise<Daemon> {
  return Daemon.launch({
    file: 'growth.json',
    bin: 'main',
    args: () => ['run'],
    config: ({ endpoint, pubsub_endpoint, marker }) =>
      JSON.stringify({
        endpoint,
        pubsub_endpoint,
        watchers: Object.fromEntries(
          Array.from({ length: watchers }, (_, index) => [
            `w${index}`,
            { cmd: `${cmd} ${marker}`, numprocesses: each, graceful_timeout: 60 },
          ]),
        ),
      }),
  });
}

const cpuMs = (pid: number): number => {
  const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return (Number(fields[11]) + Number(fields[12])) * TICK_MS;
};

/** Milliseconds that `work` takes. */
async function timed(work: () => Promise<unknown>): Promise<number> {
  const begun = performance.now();
  await work();
  return performance.now() - begun;
}

/** From SIGKILL until the daemon tells of the replacement. */
async function respawns(daemon: Daemon, client: Client): Promise<readonly number[]> {
  const stream = client.events(['watcher.'], { pubsub_endpoint: daemon.place.pubsub_endpoint });
  await stream.opened;
  const told = stream[Symbol.asyncIterator]();
  const { pids = [] } = await client.call('list', { name: 'w0' });
  const took: number[] = [];
  for (let round = 0; round < KILLS; round++) {
    const victim = pids[(round * 7) % pids.length];
    if (victim === undefined) break;
    const names: string[] = [];
    const begun = performance.now();
    if (!isThere(victim)) continue;
    process.kill(victim, 'SIGKILL');
    while (!names.includes('spawn')) names.push((await told.next()).value?.name ?? 'spawn');
    took.push(performance.now() - begun);
  }
  stream.close();
  return took;
}

function isThere(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}

const HEAD = [
  'watchers x each',
  'start s',
  'cpu s',
  'respawn ms',
  'idle %',
  'status ms',
  'list ms',
  'stats s',
  'reload s',
  'cpu s',
  'stop s',
  'cpu s',
  'RSS MiB',
];
console.log(
  `load ${loadavg()
    .map((load) => load.toFixed(2))
    .join(' ')}; worker: ${cmd}`,
);
console.log(HEAD.map((title) => title.padStart(title.length)).join('  '));
for (const [watchers, each] of SIZES) {
  await using daemon = await launch(watchers, each);
  const client = daemon.client(TIMEOUT_MS);
  const start_ms = await timed(async () => {
    while (!daemon.stdout.includes('"msg":"ready: ')) {
      if (daemon.child.exitCode !== null) throw new Error(daemon.said);
      await sleep(5);
    }
  });
  const start_cpu_ms = cpuMs(daemon.pid);
  const respawn_ms = quantile(await respawns(daemon, client), 0.5);
  const before_ms = cpuMs(daemon.pid);
  await sleep(IDLE_S * 1000);
  const idle = (cpuMs(daemon.pid) - before_ms) / IDLE_S / 10;
  const status_ms = await timed(() => client.call('status', {}));
  const list_ms = await timed(() => client.call('list', { name: 'w0' }));
  const stats_ms = await timed(() => client.call('stats', {}));
  const rss = rssBytes(daemon.pid) / 2 ** 20;
  const used = [cpuMs(daemon.pid)];
  const reload_ms = await timed(() => client.call('reload', { waiting: true }));
  used.push(cpuMs(daemon.pid));
  const stop_ms = await timed(() => client.call('stop', { waiting: true }));
  used.push(cpuMs(daemon.pid));
  const [reload_cpu_ms = 0, stop_cpu_ms = 0] = used.slice(1).map((ms, index) => ms - (used[index] ?? 0));
  await client.call('quit', { waiting: false });
  await daemon.ended;
  const cells = [
    `${watchers} x ${each}`,
    (start_ms / 1000).toFixed(2),
    (start_cpu_ms / 1000).toFixed(2),
    respawn_ms.toFixed(2),
    idle.toFixed(2),
    status_ms.toFixed(1),
    list_ms.toFixed(1),
    (stats_ms / 1000).toFixed(2),
    (reload_ms / 1000).toFixed(2),
    (reload_cpu_ms / 1000).toFixed(2),
    (stop_ms / 1000).toFixed(2),
    (stop_cpu_ms / 1000).toFixed(2),
    rss.toFixed(0),
  ];
  console.log(cells.map((cell, index) => cell.padStart(HEAD[index]?.length ?? 0)).join('  '));
}
rmSync(directory, { recursive: true });
