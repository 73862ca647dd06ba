import { definePlugin, type Endpoints, type Exit, splitWords, type WatcherApi } from '../../core/index.js';
import { LAUNCHER, launcherVerdict, noPython } from './launcher.js';
import { logLines } from './log-lines.js';
import { schema } from './schema.js';
import { CODE, ENDPOINT, PUBSUB_ENDPOINT, pluginWatchers } from './watchers.js';

const NAME = 'circus_plugins';

/** After plugins that say where the output of the process goes. */
const LAST = 10;

const isOurs = ({ spec }: WatcherApi): boolean => spec.plugins[NAME] === true;

export default definePlugin({
  name: NAME,
  summary: 'Runs plugins of Circus, classes in Python, as processes of watchers that are called plugin:NAME.',
  schema,
  requires: ['control'],
  applies: 'watchers',
  hooks: ['spawn_options', 'respawn', 'boot', 'watcher_added', 'watcher_removed'],
  watchers: pluginWatchers,
  async examine(options) {
    return (await import('./examine.js')).examine(options);
  },
  setup({ hooks, service, supervisor, log }) {
    /** By watcher, so that spawns of all others are as if there were none. */
    const taps = new Map<WatcherApi, readonly Disposable[]>();
    const take = (watcher: WatcherApi): void => {
      if (!isOurs(watcher) || taps.has(watcher)) return;
      const only = { watcher: watcher.name };
      const sink = log.child(only);
      taps.set(watcher, [
        hooks.spawn_options.tap(
          (options) => {
            const { endpoint, pubsub_endpoint } = service<Endpoints>('endpoints');
            const given = new Map([
              [CODE, LAUNCHER],
              [ENDPOINT, endpoint],
              [PUBSUB_ENDPOINT, pubsub_endpoint],
            ]);
            const argv = options.argv.map((word) => given.get(word) ?? word);
            if (options.stderr !== undefined || watcher.spec.close_child_stderr) return { ...options, argv };
            return { ...options, argv, stderr: logLines(sink) };
          },
          { ...only, stage: LAST },
        ),
        hooks.respawn.tap((_, { exit, errno }) => {
          const reason = verdict(watcher, exit, errno);
          return reason === null ? undefined : { action: 'give_up', reason };
        }, only),
      ]);
    };

    hooks.boot.tap(() => supervisor.watchers().forEach(take));
    hooks.watcher_added.tap(({ watcher }) => take(watcher));
    hooks.watcher_removed.tap(({ watcher }) => {
      for (const tap of taps.get(watcher) ?? []) tap[Symbol.dispose]();
      taps.delete(watcher);
    });
  },
});

/** Why a second try would end in the same way; null where it may not. */
function verdict({ spec: { cmd, args } }: WatcherApi, exit: Exit | null, errno: string | null): string | null {
  const python = splitWords(cmd);
  const [name = cmd] = 'words' in python ? python.words : [];
  const found = exit !== null ? launcherVerdict(exit.exit_code, String(args?.at(-1)), name) : errno === 'ENOENT' ? noPython(name) : null;
  return found === null ? null : `${found.message}: ${found.fix}`;
}
