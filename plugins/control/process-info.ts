import { totalmem } from 'node:os';
import {
  memoryPercent,
  type ProcessSample,
  type ProcessSampler,
  type ProcessView,
  processInfo,
  processTotals,
  type Stats,
  type SupervisorApi,
  type WatcherApi,
} from '../../core/index.js';

/** What is said of a process that ended while it was looked at, in Circus's words. */
export const GONE = 'No such process (stopped?)';

/** Process information of a watcher, by pid as text. */
type WatcherInfo = Readonly<Record<string, Stats | typeof GONE>>;
/** The same by watcher. */
export type Infos = Readonly<Record<string, WatcherInfo>>;
/** Watchers with those of their processes that are asked for. */
export type WatcherProcesses = readonly (readonly [watcher: WatcherApi, processes: readonly ProcessView[]])[];

/** Circus's process information of a watcher's processes and their direct children, all looked at in one round. */
export function watcherInfos(sampler: ProcessSampler, watchers: WatcherProcesses): Infos {
  const samples = sampler.sample(pidsOf(watchers), { children: 'direct' });
  return Object.fromEntries(watchers.map(([watcher, processes]) => [watcher.name, infosOf(processes, samples, watcherProcessInfo)]));
}

/** The same with the totals of each process and all of its descendants, and with what plugins add. */
export async function extendedInfos(sampler: ProcessSampler, supervisor: SupervisorApi, watchers: WatcherProcesses): Promise<Infos> {
  const samples = sampler.sample(pidsOf(watchers), { children: 'all' });
  const named = watchers.map(([watcher, processes]) => [watcher, processes, infosOf(processes, samples, withTotals)] as const);
  return Object.fromEntries(await Promise.all(named.map(extended)));

  async function extended([watcher, processes, infos]: (typeof named)[number]): Promise<readonly [string, WatcherInfo]> {
    const entries = processes.map(async (view) => {
      const info = infos[view.pid] ?? GONE;
      return [String(view.pid), info === GONE ? GONE : await supervisor.extendStats(watcher, view, info)] as const;
    });
    return [watcher.name, Object.fromEntries(await Promise.all(entries))];
  }
}

/** Circus's process information of this daemon; its children are those of the watchers. */
export function daemonInfo(sampler: ProcessSampler): Stats | typeof GONE {
  const sample = sampler.sample([process.pid]).get(process.pid);
  return sample === undefined ? GONE : processInfo(sample, totalmem());
}

const pidsOf = (watchers: WatcherProcesses): readonly number[] => watchers.flatMap(([, processes]) => processes.map(({ pid }) => pid));

function infosOf(
  processes: readonly ProcessView[],
  samples: ReadonlyMap<number, ProcessSample>,
  infoOf: (view: ProcessView, sample: ProcessSample) => Stats,
): WatcherInfo {
  return Object.fromEntries(
    processes.map((view) => {
      const sample = samples.get(view.pid);
      return [String(view.pid), sample === undefined ? GONE : infoOf(view, sample)];
    }),
  );
}

function watcherProcessInfo(view: ProcessView, sample: ProcessSample): Stats {
  return { ...processInfo(sample, totalmem()), age: view.age, started: view.started, wid: view.wid };
}

function withTotals(view: ProcessView, sample: ProcessSample): Stats {
  const { processes, cpu_percent, rss_bytes } = processTotals(sample);
  const total = { processes, cpu: Math.round(cpu_percent * 10) / 10, mem: memoryPercent(rss_bytes, totalmem()), rss_bytes };
  return { ...watcherProcessInfo(view, sample), total };
}
