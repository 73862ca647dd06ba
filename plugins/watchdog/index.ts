import { definePlugin, messageOf, RingmasterError, type WatcherApi } from '../../core/index.js';
import { Monitor } from './monitor.js';
import { heartbeatPid, isMeant, pythonPattern } from './policy.js';
import { schema } from './schema.js';
import { listenUdp } from './udp.js';

/** How often it is told that messages can't be read. */
const TELL_MS = 60_000;

export default definePlugin({
  name: 'watchdog',
  summary: 'Replaces processes that send no heartbeats over UDP any more.',
  schema,
  per_watcher: true,
  hooks: ['event'],
  async setup({ config, configFor, hooks, supervisor, clock, log, scope }) {
    const heartbeat = patternOf('msg_regex', config.msg_regex);
    const meant = patternOf('watchers_regex', config.watchers_regex);
    const monitor = new Monitor({
      clock,
      supervisor,
      silent: (watcher, pid, { watchers_stop_signal: signum, watchers_graceful_timeout: graceful_timeout }) => {
        log.warn(`${watcher.name}: process ${pid} sends no heartbeats and is killed`);
        const options = { ...(signum !== null && { signum }), ...(graceful_timeout !== null && { graceful_timeout }) };
        watcher.kill({ pid, ...options }).catch((cause: unknown) => log.error(`process ${pid} can not be killed: ${messageOf(cause)}`));
      },
    });
    const add = (watcher: WatcherApi, pid: number): void => {
      const options = configFor(watcher);
      if (options !== null && isMeant(meant, watcher.name)) monitor.add(pid, watcher.name, options);
    };

    let told_ms = Number.NEGATIVE_INFINITY;
    const unread = (text: string, why: string): void => {
      if (clock.now() - told_ms < TELL_MS) return;
      told_ms = clock.now();
      log.warn(`a heartbeat ${why}`, { message: text.slice(0, 100) });
    };
    const listener = await listenUdp(config.ip, config.port, log, (text) => {
      const pid = heartbeatPid(heartbeat, text);
      if (pid === null) unread(text, 'does not match msg_regex');
      else if (!monitor.heard(pid)) unread(text, 'is of a process that is not watched');
    });
    scope.add('heartbeats', () => listener.close());
    log.info('listening for heartbeats', { ip: config.ip, port: listener.port });

    hooks.event.tap(({ watcher: name, name: event, body }) => {
      if (event === 'reap') monitor.remove(body.process_pid);
      const watcher = event === 'spawn' ? supervisor.find(name) : undefined;
      if (event === 'spawn' && watcher !== undefined) add(watcher, body.process_pid);
    });
    for (const watcher of supervisor.watchers()) for (const { pid } of watcher.processes()) add(watcher, pid);
  },
});

/** @throws RM_PLUGIN_OPTION */
function patternOf(option: 'msg_regex' | 'watchers_regex', source: string): RegExp {
  const allowed = option === 'msg_regex' ? 'a regular expression with a group (?P<pid>…)' : 'a regular expression';
  try {
    const pattern = pythonPattern(source);
    if (option !== 'msg_regex' || source.includes('<pid>')) return pattern;
  } catch (cause) {
    throw new RingmasterError('RM_PLUGIN_OPTION', ['watchdog', option, `${JSON.stringify(source)}: ${messageOf(cause)}`, allowed], {
      cause,
    });
  }
  throw new RingmasterError('RM_PLUGIN_OPTION', ['watchdog', option, JSON.stringify(source), allowed]);
}
