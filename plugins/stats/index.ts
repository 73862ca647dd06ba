import { totalmem } from 'node:os';
import { definePlugin, ProcessSampler, type Publications } from '../../core/index.js';
import { schema } from './schema.js';
import { SocketStats } from './sockets.js';
import { processMessages, topicOf } from './topics.js';

const SOCKETS_TOPIC = topicOf('sockets');
const DAEMON_TOPIC = topicOf('circus');

export default definePlugin({
  name: 'stats',
  summary: 'Publishes what processes use over ZeroMQ, as circusd-stats does.',
  schema,
  requires: ['control'],
  async setup({ config, supervisor, clock, log, scope, service }) {
    const publication = await service<Publications>('publications').openStats(supervisor.options.stats_endpoint);
    scope.add('statistics endpoint', () => publication.close());
    const sampler = new ProcessSampler({ clock, keep_open: true });
    scope.add('process sampler', () => sampler.clear());
    const interval_ms = config.interval * 1000;

    const sockets = new SocketStats(supervisor, log);
    scope.add('socket statistics', () => sockets[Symbol.dispose]());

    /** Only what somebody listens to is looked at, all of it at once. */
    const round = (): void => {
      for (const { topic, body } of sockets.round(publication.isWanted(SOCKETS_TOPIC))) publication.publish(topic, body);
      const groups = supervisor
        .watchers()
        .map((watcher) => ({ topic: topicOf(watcher.name), title: null, watcher }))
        .filter(({ topic }) => publication.isWanted(topic))
        .map(({ watcher, ...group }) => ({ ...group, pids: living(watcher.processes()) }))
        .filter(({ pids }) => pids.length > 0);
      const daemon = publication.isWanted(DAEMON_TOPIC) ? [{ topic: DAEMON_TOPIC, title: 'circusd', pids: [process.pid] }] : [];
      const all = [...daemon, ...groups];
      if (all.length === 0) {
        sampler.clear();
        return;
      }
      const samples = sampler.sample(all.flatMap(({ pids }) => pids));
      for (const { topic, title, pids } of all) {
        const found = pids.map((pid) => samples.get(pid)).filter((sample) => sample !== undefined);
        for (const message of processMessages(topic, found, title, totalmem())) publication.publish(message.topic, message.body);
      }
    };

    let due_ms = clock.now();
    const next = (): void => {
      due_ms = Math.max(due_ms + interval_ms, clock.now());
      clock.setTimeout(() => {
        next();
        round();
      }, due_ms - clock.now());
    };
    next();
    log.info('statistics endpoint is open', { stats_endpoint: publication.endpoint });
  },
});

/** One that has been asked to end is no longer told of. */
function living(processes: readonly { readonly pid: number; readonly stopping: boolean }[]): readonly number[] {
  return processes.filter(({ stopping }) => !stopping).map(({ pid }) => pid);
}
