import { resolve } from 'node:path';
import { Daemon, type DaemonOptions } from '../../fixtures/daemon.js';
import { Respawns } from '../../fixtures/respawns.js';
import { type Figure, quantile, type Sample, type Scale } from '../figure.js';

const CHAOS = resolve('test/fixtures/plugins/isolation/chaos.js');

/** In the daemon these end it, or hold it up for ever. */
const FATAL = ['spin', 'leak', 'exit', 'die_in_timer'];
const DEEDS = ['nothing', 'throw', 'hang', 'flood', ...FATAL];
const TIERS = ['none', 'worker', 'process'];

/** The plugin is told of every death in `web`, and asked about the respawns of another watcher. */
const chaos = (deed: string, tier: string, workers: number): DaemonOptions => ({
  file: 'chaos.json',
  bin: 'main',
  args: () => ['run'],
  config: ({ endpoint, pubsub_endpoint, marker }) =>
    JSON.stringify({
      endpoint,
      pubsub_endpoint,
      watchers: { web: { cmd: `sleep ${marker}`, numprocesses: workers }, victim: { cmd: `sleep ${marker}` } },
      plugins: { [CHAOS]: { deed, watcher: 'victim', isolation: { tier, memory_limit: '64M', patience: 2 } } },
    }),
});

async function measure(deed: string, tier: string, scale: Scale): Promise<Sample> {
  const workers = scale.count(30, 2);
  await using daemon = await Daemon.start(chaos(deed, tier, workers));
  using respawns = await Respawns.of(daemon);
  const took_ms: number[] = [];
  for (let round = 0; round < workers * 2; round++) {
    const pids = await respawns.pids();
    took_ms.push((await respawns.kill(pids[round % workers] ?? 0)).running_ms);
  }
  return { median_ms: quantile(took_ms, 0.5), p90_ms: quantile(took_ms, 0.9), worst_ms: Math.max(...took_ms) };
}

export const isolation: Figure = {
  title: 'SIGKILL of a worker to its replacement while a plugin misbehaves at every death, by where the plugin runs',
  full: true,
  contenders: (scale) =>
    DEEDS.flatMap((deed) =>
      TIERS.filter((tier) => tier !== 'none' || !FATAL.includes(deed)).map((tier) => ({
        name: `${deed}, ${tier}`,
        measure: () => measure(deed, tier, scale),
      })),
    ),
  goals: [],
};
