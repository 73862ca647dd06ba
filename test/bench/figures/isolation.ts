import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { seededRandom } from '../../../core/testing/chance.js';
import { binFile } from '../../fixtures/cli/run-bin.js';
import { type Figure, quantile, type Sample, type Scale } from '../figure.js';
import { Place, worker } from '../place.js';
import { signal } from '../processes.js';

const CHAOS = resolve('test/fixtures/plugins/isolation/chaos.js');

/** In the daemon these end it, or hold it up for ever. */
const FATAL = ['spin', 'leak', 'exit', 'die_in_timer'];
const DEEDS = ['nothing', 'throw', 'hang', 'flood', ...FATAL];
const TIERS = ['none', 'worker', 'process'];
/** What counts as slow. */
const SLOW_MS = 20;
/** Longest pause between two kills. */
const APART_MS = 20;
const SETTLED_MS = 1200;

/** A daemon whose plugin is told of every death in `web`, and asked about the respawns of another watcher. */
function start(place: Place, deed: string, tier: string, workers: number) {
  const watchers = {
    web: { cmd: `${worker().path} ${place.reports}`, numprocesses: workers, copy_env: true },
    victim: { cmd: 'sleep 86400', copy_env: true },
  };
  const isolation = { tier, memory_limit: '64M', patience: 2 };
  const plugins = { [CHAOS]: { deed, watcher: 'victim', isolation, fault_budget: 0 } };
  const endpoints = { endpoint: `ipc://${place.file('control')}`, pubsub_endpoint: `ipc://${place.file('events')}` };
  writeFileSync(place.file('chaos.json'), JSON.stringify({ ...endpoints, watchers, plugins }));
  return spawn(process.execPath, [binFile('main'), 'run', place.file('chaos.json')], { stdio: 'ignore' });
}

/** Kills each worker once, in no order: one that dies a second time within its first second waits, whatever any plugin does. */
async function measure(deed: string, tier: string, scale: Scale): Promise<Sample> {
  const workers = scale.count(300, 4);
  using place = new Place();
  const daemon = start(place, deed, tier, workers);
  try {
    const random = seededRandom(1);
    const pids = (await place.begun(workers)).map(({ pid }) => ({ pid, rank: random() })).toSorted((a, b) => a.rank - b.rank);
    await pause(SETTLED_MS);
    const took_ms: number[] = [];
    const own_ms: number[] = [];
    for (const { pid } of pids) {
      await pause(random() * APART_MS);
      const before_ms = mainThreadMs(daemon.pid);
      const killed_ms = performance.now();
      signal(pid, 'SIGKILL');
      const begun = await place.begun(workers + took_ms.length + 1);
      took_ms.push((begun.at(-1)?.at_ms ?? Number.NaN) - killed_ms);
      own_ms.push(mainThreadMs(daemon.pid) - before_ms);
    }
    const slow = took_ms.filter((ms) => ms > SLOW_MS).length;
    const figures = { median_ms: quantile(took_ms, 0.5), p99_ms: quantile(took_ms, 0.99), worst_ms: Math.max(...took_ms), slow };
    const own = { own_median_ms: quantile(own_ms, 0.5), own_p99_ms: quantile(own_ms, 0.99), own_worst_ms: Math.max(...own_ms) };
    // Each is there once: none was forgotten, and none came twice.
    return { ...figures, ...own, lost: 2 * workers - place.count };
  } finally {
    daemon.kill('SIGTERM');
    await once(daemon, 'exit');
  }
}

/** Processor time of the daemon's main thread so far: what it does itself while a worker is replaced, however busy the machine is. */
function mainThreadMs(pid = 0): number {
  const [ran_ns = ''] = readFileSync(`/proc/${pid}/task/${pid}/schedstat`, 'latin1').split(' ');
  return Number(ran_ns) / 1e6;
}

export const isolation: Figure = {
  title: `SIGKILL of each of 300 workers, in no order, to the first instruction of its replacement, while a plugin misbehaves at every death; slow: more than ${SLOW_MS} ms; own: processor time of the daemon's main thread in it`,
  full: true,
  contenders: (scale) =>
    (existsSync('/proc/self/schedstat') ? DEEDS : []).flatMap((deed) =>
      TIERS.filter((tier) => tier !== 'none' || !FATAL.includes(deed)).map((tier) => ({
        name: `${deed}, ${tier}`,
        measure: () => measure(deed, tier, scale),
      })),
    ),
  goals: [],
};
