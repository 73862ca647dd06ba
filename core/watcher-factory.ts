import { resolve } from 'node:path';
import { commandLine, isSameForAll } from './command-line.js';
import type { Config } from './config/schema/daemon.js';
import type { WatcherOptions } from './config/schema/watcher.js';
import { hasSources, sourcedEnv } from './env-sources.js';
import { freezeData } from './freeze.js';
import type { SpawnOptions } from './hooks.js';
import type { Os } from './os/port.js';
import type { PluginContainer } from './plugin-container.js';
import type { SupervisorSockets } from './supervisor-sockets.js';
import type { Surroundings } from './surroundings.js';
import { Watcher } from './watcher.js';
import type { WatcherDeps } from './watcher-deps.js';

/** What a supervisor has once it starts, as far as watchers need it. */
export interface WatcherParts
  extends Pick<WatcherDeps, 'clock' | 'hooks' | 'log' | 'spawns' | 'random' | 'emit' | 'keeper' | 'keptOutputs'> {
  readonly os: Os;
  readonly sockets: SupervisorSockets;
  readonly container: PluginContainer;
  readonly surroundings: Surroundings;
  config(): Config;
}

/** The options with variables from elsewhere, which stay out of what can be listed. */
function withSources(spec: WatcherOptions, { env, cwd }: Surroundings): WatcherOptions {
  if (!hasSources(spec)) return spec;
  return { ...spec, env: sourcedEnv(spec, env, spec.working_dir === null ? cwd : resolve(cwd, spec.working_dir)) };
}

/** A command line that all processes have which are spawned with the same options, in the same surroundings. */
interface Made {
  readonly options: WatcherOptions;
  readonly env: SpawnOptions['env'];
  readonly cwd: string;
  readonly command: SpawnOptions;
}

export function makeWatcher(parts: WatcherParts, name: string, spec: WatcherOptions): Watcher {
  const { sockets, container, config, surroundings, ...rest } = parts;
  const processEnv = ({ copy_env, env: own }: WatcherOptions) => surroundings.envOf({ copy_env, own, common: config().env });
  let made: Made | null = null;
  const deps: WatcherDeps = {
    ...rest,
    log: parts.log.child({ watcher: name }),
    sockets: sockets.table,
    demand: () => sockets.demand(),
    command: (options, wid) => {
      const spec = withSources(options, surroundings);
      const env = processEnv(spec);
      const { cwd, env: daemonEnv } = surroundings;
      if (made?.options === spec && made.env === env && made.cwd === cwd) return made.command;
      const command = commandLine(spec, { wid, sockets: sockets.numbers(), env: config().env, daemonEnv, processEnv: env, cwd });
      if (spec === options && isSameForAll(spec)) made = { options, env, cwd, command: freezeData(command) };
      return command;
    },
    plugins: () => container.plugins(),
  };
  return new Watcher(deps, name, spec);
}
