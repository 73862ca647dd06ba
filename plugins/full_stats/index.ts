import { totalmem } from 'node:os';
import { definePlugin, memoryPercent, ProcessSampler, type StatsdClients } from '../../core/index.js';
import { gaugesOf } from './policy.js';
import { schema } from './schema.js';

export default definePlugin({
  name: 'full_stats',
  summary: 'Sends what the processes of each watcher use to statsd, again and again.',
  schema,
  hooks: ['event', 'watcher_removed'],
  requires: ['statsd_client'],
  setup({ config, hooks, supervisor, clock, scope, service }) {
    const statsd = service<StatsdClients>('statsd_client').open(config);
    scope.add('statsd', () => statsd.close());
    const sampler = new ProcessSampler({ clock });
    scope.add('process sampler', () => sampler.clear());
    const spawns = new Map<string, number>();
    hooks.event.tap(({ watcher, name }) => {
      if (name === 'spawn') spawns.set(watcher, (spawns.get(watcher) ?? 0) + 1);
    });
    hooks.watcher_removed.tap(({ watcher }) => spawns.delete(watcher.name));

    const look = (): void => {
      const watchers = supervisor.watchers().map(({ name, processes }) => ({ name, pids: processes().map(({ pid }) => pid) }));
      const samples = sampler.sample(watchers.flatMap(({ pids }) => pids));
      const memory_bytes = totalmem();
      for (const { name, pids } of watchers) {
        const uses = pids.flatMap((pid) => {
          const sample = samples.get(pid);
          return sample === undefined ? [] : [{ ...sample, memory_percent: memoryPercent(sample.rss_bytes, memory_bytes) }];
        });
        for (const [gauge, value] of gaugesOf(name, uses, spawns.get(name) ?? 0)) statsd.gauge(gauge, value);
      }
    };
    const next = (): void => {
      clock.setTimeout(() => {
        next();
        look();
      }, config.loop_rate * 1000);
    };
    next();
  },
});
