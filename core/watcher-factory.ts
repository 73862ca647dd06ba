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

/** A command line that all processes have which are spawned with the same options, in the same surroundings, and no variables from elsewhere. */
interface Made {
  readonly env: SpawnOptions['env'];
  readonly cwd: string;
  readonly command: SpawnOptions;
}

/** Makes the watchers of a supervisor, which all need the same of it. */
export function watcherFactory(parts: WatcherParts): (name: string, spec: WatcherOptions) => Watcher {
  const { sockets, container, config, surroundings, ...rest } = parts;
  const processEnv = ({ copy_env, env: own }: WatcherOptions) => surroundings.envOf({ copy_env, own, common: config().env });
  const made = new WeakMap<WatcherOptions, Made>();
  const deps: WatcherDeps = {
    ...rest,
    sockets: sockets.table,
    demand: () => sockets.demand(),
    command: (options, wid) => {
      const spec = made.has(options) ? options : withSources(options, surroundings);
      const env = processEnv(spec);
      const { cwd, env: daemonEnv } = surroundings;
      const last = made.get(spec);
      if (last?.env === env && last.cwd === cwd) return last.command;
      const command = commandLine(spec, { wid, sockets: sockets.numbers(), env: config().env, daemonEnv, processEnv: env, cwd });
      if (spec === options && isSameForAll(spec)) made.set(options, { env, cwd, command: freezeData(command) });
      return command;
    },
    plugins: () => container.plugins(),
  };
  return (name, spec) => new Watcher(deps, name, spec);
}
