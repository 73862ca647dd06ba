import { totalmem } from 'node:os';
import { definePlugin, memoryPercent, ProcessSampler, type StatsdClients } from '../../core/index.js';
import { gaugesOf } from './policy.js';
import { schema } from './schema.js';

export default definePlugin({
  name: 'full_stats',
  summary: 'Sends what the processes of each watcher use to statsd, again and again.',
  schema,
  per_watcher: true,
  hooks: ['event', 'watcher_removed'],
  requires: ['statsd_client'],
  setup({ config, configFor, hooks, supervisor, clock, scope, service }) {
    const pool = service<StatsdClients>('statsd_client').pool();
    scope.add('statsd', () => pool.close());
    const sampler = new ProcessSampler({ clock });
    scope.add('process sampler', () => sampler.clear());
    const spawns = new Map<string, number>();
    hooks.event.tap(({ watcher, name }) => {
      if (name === 'spawn') spawns.set(watcher, (spawns.get(watcher) ?? 0) + 1);
    });
    hooks.watcher_removed.tap(({ watcher }) => spawns.delete(watcher.name));

    const look = (): void => {
      const watchers = supervisor.watchers().flatMap((watcher) => {
        const options = configFor(watcher);
        if (options === null) return [];
        return [{ name: watcher.name, statsd: pool.to(options), pids: watcher.processes().map(({ pid }) => pid) }];
      });
      const samples = sampler.sample(watchers.flatMap(({ pids }) => pids));
      const memory_bytes = totalmem();
      for (const { name, statsd, pids } of watchers) {
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
