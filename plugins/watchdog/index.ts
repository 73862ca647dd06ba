import { definePlugin, messageOf, type WatcherApi } from '../../core/index.js';
import { hearHeartbeats } from './heartbeats.js';
import { Monitor, patienceOf } from './monitor.js';
import { Notifications } from './notifications.js';
import { isMeant, patternOf } from './policy.js';
import { type Options, schema } from './schema.js';

export default definePlugin({
  name: 'watchdog',
  summary: 'Replaces processes that give no sign of life any more: by heartbeats over UDP, or as services of systemd do.',
  schema,
  per_watcher: true,
  hooks: ['event', 'spawn_options', 'after_spawn', 'stats', 'watcher_removed', 'leaving'],
  async setup(context) {
    const { config, configFor, hooks, supervisor, clock, log, scope, emit } = context;
    const meant = patternOf('watchers_regex', config.watchers_regex);
    const replace = (watcher: WatcherApi, pid: number, options: Options, reason: string): void => {
      log.warn(`${watcher.name}: process ${pid} ${reason} and is killed`);
      emit(watcher.name, 'unresponsive', { process_pid: pid, time: clock.wall() / 1000, reason });
      const { watchers_stop_signal: signum, watchers_graceful_timeout: graceful_timeout } = options;
      const how = { ...(signum !== null && { signum }), ...(graceful_timeout !== null && { graceful_timeout }) };
      watcher.kill({ pid, ...how }).catch((cause: unknown) => log.error(`process ${pid} can not be killed: ${messageOf(cause)}`));
    };
    const monitor = new Monitor({
      clock,
      supervisor,
      silent: (watcher, pid, options) => replace(watcher, pid, options, `sends no heartbeats for ${patienceOf(options) / 1000} s`),
    });
    const notifications = new Notifications(context, monitor, replace);
    scope.add('notify sockets', () => notifications[Symbol.dispose]());
    if (config.port !== null) await hearHeartbeats(context, config.port, (pid) => monitor.heard(pid));

    const add = (watcher: WatcherApi, pid: number): void => {
      const options = configFor(watcher);
      if (options !== null && config.port !== null && isMeant(meant, watcher.name)) monitor.add(pid, watcher.name, options);
    };
    hooks.event.tap(({ watcher: name, name: event, body }) => {
      if (event === 'reap') {
        monitor.remove(body.process_pid);
        notifications.ended(body.process_pid);
      }
      if (event !== 'spawn' && event !== 'adopted') return;
      const watcher = supervisor.find(name);
      if (watcher === undefined) return;
      add(watcher, body.process_pid);
      const found = event === 'adopted' ? watcher.processes().find(({ pid }) => pid === body.process_pid) : undefined;
      if (found !== undefined) void notifications.resume(watcher, found.wid, found.pid);
    });
    // The processes live on, and so do the files of their sockets.
    hooks.leaving.tap(() => {
      notifications.leave();
    });
    hooks.spawn_options.tap(async (spawn, { watcher, wid }) => {
      const env = await notifications.prepare(watcher, wid);
      return env === null ? undefined : { ...spawn, env: { ...spawn.env, ...env } };
    });
    hooks.after_spawn.tap(({ watcher, wid, pid }) => notifications.spawned(watcher, wid, pid), { deadline_ms: Notifications.longest_ms });
    hooks.stats.tap((stats, { process: { pid } }) => {
      const status_text = notifications.statusOf(pid);
      return status_text === null ? undefined : { ...stats, status_text };
    });
    hooks.watcher_removed.tap(({ watcher }) => notifications.removed(watcher));
    for (const watcher of supervisor.watchers()) {
      for (const { pid, wid } of watcher.processes()) {
        add(watcher, pid);
        await notifications.resume(watcher, wid, pid);
      }
    }
  },
});
