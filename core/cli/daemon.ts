import { dirname } from 'node:path';
import { formatProblem, type LoadedConfig, loadConfig } from '../config/index.js';
import type { Config } from '../config/schema/daemon.js';
import { isRingmasterError } from '../errors.js';
import { silentLogger } from '../log.js';
import { beginChoice } from '../os/choose.js';
import { resolvePlugin } from '../plugin-resolve.js';
import { Supervisor } from '../supervisor.js';
import type { DaemonControl } from './daemon-control.js';
import type { RunRequest } from './daemon-entry.js';
import { defaultPlugins, hints } from './daemon-plugins.js';
import { failureLine, problemCounts, readyLine } from './daemon-report.js';
import { EXIT_STATUS } from './exit-status.js';
import { liveLogLevel } from './live-log-level.js';
import { type LogSetup, logSetup } from './log-setup.js';
import { createPidfile } from './pidfile.js';
import { type DaemonLog, openLog } from './pino-log.js';
import type { Io } from './verb.js';
import { version } from './version.js';

interface Run {
  readonly request: RunRequest;
  readonly io: Io;
  readonly control: DaemonControl;
  readonly loaded: LoadedConfig;
  readonly config: Config;
  /** Called once all watchers were started. */
  onStarted(): void;
}

/** Loads a config, checks it, and supervises what it describes until `control` or a client ends that; resolves with the exit status. */
export async function superviseFile(request: RunRequest, io: Io, control: DaemonControl, onStarted: () => void): Promise<number> {
  beginChoice();
  const loaded = await Promise.race([loadConfig(request.file, { resolvePlugin, host: true }), control.asked]);
  if (!loaded) return EXIT_STATUS.ok;
  const { config } = loaded;
  if (config === null) {
    for (const problem of loaded.problems) io.stderr.write(`${formatProblem(problem)}\n`);
    io.stderr.write(`${request.program}: ${request.file} has ${problemCounts(loaded.problems)}; nothing was started\n`);
    return EXIT_STATUS.config;
  }
  if (control.stopping) return EXIT_STATUS.ok;
  if (config.umask !== null) process.umask(config.umask);
  return logged({ request, io, control, loaded, config, onStarted });
}

async function logged(run: Run): Promise<number> {
  const { request, io, control, config } = run;
  let daemonLog: DaemonLog | undefined;
  try {
    const pidfile = request.pidfile ?? config.pidfile;
    using _pidfile = pidfile === null ? undefined : createPidfile(pidfile);
    const setup = await logSetup(request, config, io.stdout.isTTY === true);
    daemonLog = await openLog(setup.options);
    control.useLog(daemonLog);
    return await supervise(run, daemonLog, setup);
  } catch (error) {
    io.stderr.write(failureLine(request.program, error));
    return EXIT_STATUS.failed;
  } finally {
    control.useLog({ log: silentLogger, reopen: () => {} });
    await daemonLog?.close();
  }
}

async function supervise({ io, control, loaded, config, onStarted }: Run, daemonLog: DaemonLog, setup: LogSetup): Promise<number> {
  const { log } = daemonLog;
  log.info(`ringmaster ${version()} starts with ${loaded.file}`, { watchers: Object.keys(config.watchers).length });
  for (const problem of loaded.problems) log.warn(formatProblem(problem));
  for (const warning of setup.warnings) log.warn(warning);
  const own = setup.level_is_fixed ? [] : [liveLogLevel(daemonLog)];
  const plugins = [...(await defaultPlugins(config, dirname(loaded.file))), ...own];
  if (control.stopping) return EXIT_STATUS.ok;
  await using supervisor = new Supervisor(config, { plugins, log, config_file: loaded.file });
  control.useSupervisor(supervisor);
  try {
    await supervisor.start();
  } catch (error) {
    // A stop that overtakes the start is no failure, whether a signal or a client asked for it.
    if (!isRingmasterError(error, 'RM_CLOSED')) throw error;
  }
  if (supervisor.state === 'running') {
    log.info(readyLine(supervisor.watchers()));
    if (io.stdout.isTTY === true) for (const hint of await hints(config, io.env)) log.info(`try: ${hint}`);
    onStarted();
  }
  await supervisor.closed;
  log.info('stopped');
  return control.status;
}
