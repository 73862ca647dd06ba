import { resolve } from 'node:path';
import { Daemon, type DaemonOptions } from '../fixtures/daemon.js';
import { quantile, Respawns } from '../fixtures/respawns.js';

// How long the replacement of a killed process takes while a plugin misbehaves, by tier. See README.md beside the source of this file.
const WORKERS = 30;
const KILLS = 60;
const CHAOS = resolve('test/fixtures/plugins/isolation/chaos.js');

/** In the daemon these end it, or hold it up for ever. */
const FATAL = ['spin', 'leak', 'exit', 'die_in_timer'];
const DEEDS = ['nothing', 'throw', 'hang', 'flood', 'spin', 'leak', 'exit', 'die_in_timer'];

/** The plugin is told of every death in `web`, and asked about the respawns of another watcher. */
const chaos = (deed: string, tier: string): DaemonOptions => ({
  file: 'chaos.json',
  bin: 'main',
  args: () => ['run'],
  config: ({ endpoint, pubsub_endpoint, marker }) =>
    JSON.stringify({
      endpoint,
      pubsub_endpoint,
      watchers: {
        web: { cmd: `sleep ${marker}`, numprocesses: WORKERS },
        victim: { cmd: `sleep ${marker}` },
      },
      plugins: { [CHAOS]: { deed, watcher: 'victim', isolation: { tier, memory_limit: '64M', patience: 2 } } },
    }),
});

async function measure(deed: string, tier: string): Promise<readonly number[]> {
  await using daemon = await Daemon.start(chaos(deed, tier));
  using respawns = await Respawns.of(daemon);
  const done: number[] = [];
  for (let round = 0; round < KILLS; round++) {
    const pids = await respawns.pids();
    done.push((await respawns.kill(pids[round % WORKERS] ?? 0)).running_ms);
  }
  return done;
}

const cell = (values: readonly number[] | null): string => {
  const figures =
    values === null ? '-' : [quantile(values, 0.5), quantile(values, 0.9), Math.max(...values)].map((ms) => ms.toFixed(1)).join(' / ');
  return figures.padStart(20);
};

console.log(`from SIGKILL to the replacement, ms: median / 90% / worst of ${KILLS}`);
console.log(`${'deed'.padEnd(14)}${['none', 'worker', 'process'].map((tier) => tier.padStart(20)).join('')}`);
for (const deed of DEEDS) {
  const row: string[] = [];
  for (const tier of ['none', 'worker', 'process'])
    row.push(cell(tier === 'none' && FATAL.includes(deed) ? null : await measure(deed, tier)));
  console.log(`${deed.padEnd(14)}${row.join('')}`);
}
