import type { Metric, MetricSample, SupervisorApi, WatcherApi } from '../../core/index.js';
import type { Counts } from './counts.js';

/** The figures of the supervisor itself. */
export function ownMetrics(supervisor: SupervisorApi, counts: Counts): readonly Metric[] {
  const each = (samples: (watcher: WatcherApi) => readonly MetricSample[]) => () =>
    supervisor
      .watchers()
      .flatMap((watcher) => samples(watcher).map(({ value, labels = {} }) => ({ value, labels: { watcher: watcher.name, ...labels } })));
  const counter = (name: string, help: string, samples: (watcher: WatcherApi) => readonly MetricSample[]): Metric => ({
    name,
    help,
    type: 'counter',
    collect: each(samples),
  });
  const gauge = (name: string, help: string, value: (watcher: WatcherApi) => number): Metric => ({
    name,
    help,
    type: 'gauge',
    collect: each((watcher) => [{ value: value(watcher) }]),
  });
  return [
    gauge('ringmaster_watcher_processes', 'Processes that run.', (watcher) => watcher.processes().length),
    gauge('ringmaster_watcher_wanted_processes', 'Processes that are wanted.', (watcher) => watcher.numprocesses),
    gauge('ringmaster_watcher_up', '1 where the watcher is active.', (watcher) => (watcher.status === 'active' ? 1 : 0)),
    counter('ringmaster_watcher_spawns_total', 'Processes that were spawned.', ({ name }) => [{ value: counts.of(name).spawned }]),
    counter('ringmaster_watcher_exits_total', 'Processes that have ended, by themselves or by a signal.', ({ name }) => [
      { value: counts.of(name).exited, labels: { by: 'exit' } },
      { value: counts.of(name).signalled, labels: { by: 'signal' } },
    ]),
    counter('ringmaster_watcher_spawn_failures_total', 'Processes that could not be spawned.', ({ name }) => [
      { value: counts.of(name).spawn_failed },
    ]),
    counter('ringmaster_watcher_gave_up_total', 'Times that the watcher was stopped because it can not be kept running.', ({ name }) => [
      { value: counts.of(name).gave_up },
    ]),
    counter('ringmaster_watcher_hook_failures_total', 'Taps of hooks that failed for the watcher.', ({ name }) => [
      { value: counts.of(name).hook_failed },
    ]),
    one(
      'ringmaster_daemon_troubles',
      'What the daemon has to do without at present, though it goes on.',
      'gauge',
      () => supervisor.troubles().length,
    ),
    one('ringmaster_daemon_rss_bytes', 'Memory of the daemon.', 'gauge', () => process.memoryUsage.rss()),
    one('ringmaster_daemon_cpu_seconds_total', 'Processor time of the daemon.', 'counter', () => {
      const { user, system } = process.cpuUsage();
      return (user + system) / 1e6;
    }),
    one('ringmaster_daemon_uptime_seconds', 'Time since the daemon was started.', 'gauge', () => process.uptime()),
  ];
}

function one(name: string, help: string, type: Metric['type'], value: () => number): Metric {
  return { name, help, type, collect: () => [{ value: value() }] };
}
