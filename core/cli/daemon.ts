import { dirname } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { formatProblem, type LoadedConfig, loadConfig, markChecked } from '../config/index.js';
import type { Config } from '../config/schema/daemon.js';
import { isRingmasterError } from '../errors.js';
import { silentLogger } from '../log.js';
import { beginChoice } from '../os/choose.js';
import { resolvePlugin } from '../plugin-resolve.js';
import { hasLeftBehind } from '../state-path.js';
import { Supervisor } from '../supervisor.js';
import type { DaemonControl } from './daemon-control.js';
import type { RunRequest } from './daemon-entry.js';
import { DEFAULT_PLUGINS, defaultPlugins, hints } from './daemon-plugins.js';
import { failureLine, problemCounts, readyLine } from './daemon-report.js';
import { earlyPidfile } from './early-pidfile.js';
import { EXIT_STATUS } from './exit-status.js';
import { type KeptStart, keptStart } from './kept-start.js';
import { keepLastConfig, lastConfig, otherConfig, standingConfig } from './last-config.js';
import { liveLogLevel } from './live-log-level.js';
import { type LogSetup, logSetup } from './log-setup.js';
import { type DaemonLog, openLog } from './pino-log.js';
import { followParent, HeldPidfile } from './respawn/follow.js';
import type { ParentLink } from './respawn/parent-link.js';
import { type Left, Upgrader } from './upgrade/upgrader.js';
import type { Io } from './verb.js';
import { version } from './version.js';

const GOES_ON = 'what was there before goes on, with the config that was in effect then, until a right one is applied';
/** How long the config may still take when a stop is asked for before it is there, ms. */
const PATIENCE_MS = 1000;

/** What one run of the daemon is made of. */
export interface Start {
  readonly request: RunRequest;
  readonly io: Io;
  readonly control: DaemonControl;
  /** Whoever starts this supervisor again when it dies. */
  readonly parent: ParentLink | null;
  /** Called once all watchers were started. */
  onStarted(): void;
}

interface Attempt extends Start {
  readonly loaded: LoadedConfig;
  readonly config: Config;
  /** What there is to say of what was found. */
  readonly warnings: readonly string[];
  /** Why the file can't be used, and the config is another; null where it is the file's. */
  readonly config_trouble: string | null;
  readonly kept: KeptStart;
}

interface Run extends Attempt {
  readonly pidfile?: HeldPidfile | undefined;
  /** As it was before the config had a say; null where it had none. */
  readonly umask: number | null;
}

/** Loads a config, checks it, and supervises what it describes until `control` or a client ends that; resolves with the exit status. */
export async function superviseFile(start: Start): Promise<number> {
  const { request, io, control } = start;
  beginChoice();
  const kept = await keptStart(request.file);
  const loading = loadConfig(request.file, { resolvePlugin, standing: DEFAULT_PLUGINS, host: true });
  // What an earlier supervisor has left behind is to be stopped as well; the config says where to look for it.
  const loaded = await Promise.race([loading, control.asked.then(() => sleep(PATIENCE_MS))]);
  if (!loaded) return EXIT_STATUS.ok;
  const found = loaded.config ?? lastConfig(loaded.file);
  const trouble = loaded.config === null ? `${request.file} has ${problemCounts(loaded.problems)}` : null;
  if (trouble !== null) {
    for (const problem of loaded.problems) io.stderr.write(`${formatProblem(problem)}\n`);
    io.stderr.write(`${request.program}: ${trouble}; ${found === null ? 'nothing was started' : GOES_ON}\n`);
  }
  if (found === null) return EXIT_STATUS.config;
  const { config, warnings } = standingConfig(loaded.file, found);
  if (control.stopping && !hasLeftBehind(config.state_dir, loaded.file)) return EXIT_STATUS.ok;
  if (trouble === null) markChecked(config);
  return attempt({ ...start, loaded, config, warnings, config_trouble: trouble === null ? null : `${trouble}; ${GOES_ON}`, kept });
}

/** Starts it; where what the config has changed while nobody was there keeps it from that, with the config that was in effect before. */
async function attempt(run: Attempt): Promise<number> {
  const { request, io, control, config, loaded } = run;
  const umask = config.umask === null ? null : process.umask(config.umask);
  let started = false;
  const onStarted = (): void => {
    started = true;
    run.onStarted();
  };
  try {
    return await logged({ ...run, umask, onStarted });
  } catch (error) {
    io.stderr.write(failureLine(request.program, error));
    const last = started || control.stopping || isRingmasterError(error, 'RM_STATE_DIR_HELD') ? null : otherConfig(loaded.file, config);
    if (last === null) return EXIT_STATUS.failed;
    io.stderr.write(`${request.program}: ${GOES_ON}\n`);
    if (umask !== null) process.umask(umask);
    return attempt({ ...run, config: last, config_trouble: `${failureLine(request.file, error).trim()}; ${GOES_ON}` });
  }
}

async function logged(run: Run): Promise<number> {
  const { request, io, control, config, parent } = run;
  let daemonLog: DaemonLog | undefined;
  try {
    const file = request.pidfile ?? config.pidfile;
    using pidfile = file === null ? undefined : new HeldPidfile(file, parent);
    const setup = await logSetup(request, config, io.stdout.isTTY === true);
    for (let failure: Error | null = null; ; ) {
      daemonLog = await openLog(setup.options);
      control.useLog(daemonLog);
      if (parent !== null && failure === null) followParent(parent, control, pidfile);
      const end = await supervise({ ...run, pidfile }, daemonLog, setup, failure);
      if (typeof end === 'number') return end;
      failure = await makeRoom(end, run, daemonLog);
    }
  } finally {
    control.useLog({ log: silentLogger, reopen: () => {} });
    await daemonLog?.close();
  }
}

/** Executes the version that follows. @returns only where this one has to go on, and why */
async function makeRoom(left: Left, { control, parent, request, umask }: Run, daemonLog: DaemonLog): Promise<Error> {
  const { execute } = await import('./upgrade/execute.js');
  control.useLog({ log: silentLogger, reopen: () => {} });
  await daemonLog.close();
  return execute(left, { parent, control, background: request.background, umask });
}

/** @param failure why another version could not take over, so that this one goes on where it was */
async function supervise(run: Run, daemonLog: DaemonLog, setup: LogSetup, failure: Error | null): Promise<number | Left> {
  const { request, io, control, loaded, config, warnings, config_trouble, pidfile, parent, onStarted } = run;
  const { log } = daemonLog;
  log.info(`ringmaster ${version()} starts with ${loaded.file}`, { watchers: Object.keys(config.watchers).length });
  for (const problem of loaded.problems) log.warn(formatProblem(problem));
  for (const warning of [...setup.warnings, ...warnings]) log.warn(warning);
  const own = [
    ...(setup.level_is_fixed ? [] : [liveLogLevel(daemonLog)]),
    ...(pidfile === undefined ? [] : [earlyPidfile(() => pidfile[Symbol.dispose]())]),
    keepLastConfig(loaded.file, config),
  ];
  const plugins = [...(await defaultPlugins(config, dirname(loaded.file))), ...own];
  const takes_over = hasLeftBehind(config.state_dir, loaded.file);
  if (control.stopping && !takes_over) return EXIT_STATUS.ok;
  const upgrader = new Upgrader({ log, program: process.argv[1] ?? '', config_file: loaded.file, failure });
  await using supervisor = new Supervisor(config, {
    plugins,
    log,
    config_file: loaded.file,
    durable: request.background || parent !== null,
    upgrade: (asked) => upgrader.upgrade(asked),
    ...(config_trouble !== null && { config_trouble }),
  });
  upgrader.use(supervisor);
  // A stop would leave to nobody what is not taken over yet.
  if (takes_over) void supervisor.adopted.then(() => control.useSupervisor(supervisor));
  else control.useSupervisor(supervisor);
  try {
    run.kept.loaded();
    await supervisor.start();
  } catch (error) {
    // A stop that overtakes the start is no failure, whether a signal or a client asked for it.
    if (!isRingmasterError(error, 'RM_CLOSED')) throw error;
  }
  if (supervisor.state === 'running') {
    upgrader.arrive();
    run.kept.settled(log);
    log.info(readyLine(supervisor.watchers()));
    if (io.stdout.isTTY === true) for (const hint of await hints(config, io.env)) log.info(`try: ${hint}`);
    onStarted();
  }
  await supervisor.closed;
  const left = await upgrader.left;
  if (left !== null) return left;
  log.info('stopped');
  return control.status;
}
