import { definePlugin, messageOf, openDatagramSocket } from '../../core/index.js';
import { ALIVE, extendTimeout, ready, reloading, STOPPING, serviceEnvironment, statusOf, summary } from './messages.js';
import { schema } from './schema.js';

/** What systemd puts there for the service alone, and not for what the service starts. */
const VARIABLES = ['NOTIFY_SOCKET', 'WATCHDOG_USEC', 'WATCHDOG_PID'] as const;
/** Of a long start or stop systemd is told this often, and that it goes on for at least three times as long. */
const PATIENCE_MS = 10_000;

export default definePlugin({
  name: 'systemd',
  summary: 'Tells systemd that the daemon is ready, reloads, stops and is alive, and what it does.',
  schema,
  // Set up again it would miss the moment that it is to tell of.
  applies: 'daemon',
  hooks: ['ready', 'config_applying', 'config_applied', 'config_refused', 'leaving', 'before_shutdown', 'state_changed', 'event'],
  async setup({ config, hooks, supervisor, clock, log, scope }) {
    const service = serviceEnvironment(process.env, process.pid);
    if (service === null) {
      log.debug('systemd has not started this daemon, or not to be notified by it');
      return;
    }
    const { socket: address, watchdog_ms } = service;
    const variables = VARIABLES.map((name) => [name, process.env[name]] as const);
    for (const [name] of variables) delete process.env[name];
    scope.add('variables of systemd', () => {
      for (const [name, value] of variables) if (value !== undefined) process.env[name] = value;
    });
    const socket = await openDatagramSocket(address);
    scope.add('notify socket', () => socket[Symbol.dispose]());
    let failed = '';
    const tell = (text: string): void => {
      try {
        socket.send(text);
        failed = '';
      } catch (cause) {
        if (messageOf(cause) !== failed) log.warn(`systemd was not told: ${messageOf(cause)}`);
        failed = messageOf(cause);
      }
    };
    const now = (): string => {
      const watchers = supervisor.watchers().map((watcher) => ({ status: watcher.status, processes: watcher.processes().length }));
      return summary(
        watchers,
        supervisor.troubles().map(({ name }) => name),
      );
    };

    /** Asks for patience while something takes long; until what is returned is disposed of. */
    const patience = (): Disposable => {
      let timer: Disposable;
      const ask = (): void => {
        tell(extendTimeout(3 * PATIENCE_MS));
        timer = clock.setTimeout(ask, PATIENCE_MS);
      };
      ask();
      return { [Symbol.dispose]: () => timer[Symbol.dispose]() };
    };

    let starting: Disposable | null = patience();
    let gathering = false;
    let told = '';
    /** What `systemctl status` shows, with whatever else systemd is to know. */
    const show = (text: string, message = statusOf(text)): void => {
      told = text;
      tell(message);
    };
    const changed = (): void => {
      if (gathering) return;
      gathering = true;
      clock.setTimeout(() => {
        gathering = false;
        if (now() !== told) show(now());
      }, config.status_delay * 1000);
    };
    hooks.state_changed.tap(changed);
    hooks.event.tap(({ name }) => {
      if (name === 'spawn' || name === 'reap') changed();
    });
    hooks.ready.tap(() => {
      starting?.[Symbol.dispose]();
      starting = null;
      show(now(), ready(now()));
    });
    const reloads = (text = ''): void => tell(`${reloading(process.hrtime.bigint() / 1000n)}${text}`);
    hooks.config_applying.tap(() => {
      if (starting === null) reloads();
    });
    // The version that takes over says that it is ready, as after any start; for that it has the watchdog's whole time.
    hooks.leaving.tap(() => {
      reloads(`\n${statusOf('another version takes over')}`);
      if (watchdog_ms !== null) tell(ALIVE);
    });
    const reloaded = (): void => {
      if (starting === null) show(now(), ready(now()));
    };
    hooks.config_applied.tap(reloaded);
    hooks.config_refused.tap(({ reason }) => {
      reloaded();
      show(`the changed config was refused: ${reason}`);
    });
    hooks.before_shutdown.tap(() => {
      starting?.[Symbol.dispose]();
      tell(STOPPING);
      patience();
    });

    if (watchdog_ms === null) return;
    const alive = (): void => {
      tell(ALIVE);
      clock.setTimeout(alive, watchdog_ms / 2);
    };
    alive();
    log.info('systemd is told that the daemon is alive', { every_ms: watchdog_ms / 2 });
  },
});
