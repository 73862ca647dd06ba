import { definePlugin, type Endpoints, type WatcherApi } from '../../core/index.js';
import { launcherVerdict } from './launcher.js';
import { logLines } from './log-lines.js';
import { schema } from './schema.js';
import { ENDPOINT, PUBSUB_ENDPOINT, pluginWatchers } from './watchers.js';

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
  hooks: ['spawn_options', 'respawn'],
  watchers: pluginWatchers,
  setup({ hooks, service, log }) {
    hooks.spawn_options.tap(
      (options, { watcher }) => {
        if (!isOurs(watcher)) return undefined;
        const { endpoint, pubsub_endpoint } = service<Endpoints>('endpoints');
        const given = new Map([
          [ENDPOINT, endpoint],
          [PUBSUB_ENDPOINT, pubsub_endpoint],
        ]);
        const argv = options.argv.map((word) => given.get(word) ?? word);
        if (options.stderr !== undefined || watcher.spec.close_child_stderr) return { ...options, argv };
        return { ...options, argv, stderr: logLines(log.child({ watcher: watcher.name })) };
      },
      { stage: LAST },
    );

    hooks.respawn.tap((_, { watcher, exit, errno }) => {
      if (!isOurs(watcher)) return undefined;
      const { cmd, args } = watcher.spec;
      const reason =
        exit === null
          ? errno === 'ENOENT' && `there is no ${cmd}: install Python, or name with \`python\` the interpreter that has circus`
          : launcherVerdict(exit.exit_code, String(args?.at(-1)), cmd);
      return reason ? { action: 'give_up', reason } : undefined;
    });
  },
});
