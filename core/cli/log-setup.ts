import type { Config } from '../config/schema/daemon.js';
import type { RunRequest } from './daemon-entry.js';
import { configuredLevel } from './live-log-level.js';
import { parseLogOutput } from './log-output.js';
import { readLoggerConfig } from './logger-config.js';
import type { LogOptions } from './pino-log.js';

export interface LogSetup {
  readonly options: LogOptions;
  /** Whether the level stays what it is, whatever a config that is applied later says. */
  readonly level_is_fixed: boolean;
  /** To be logged, once there is a log. */
  readonly warnings: readonly string[];
}

/**
 * What the daemon's log is to be: as the command line says, else as `loggerconfig` says, else `loglevel` and `logoutput`.
 *
 * @throws RM_LOG_OPEN, RM_CONFIG_READ for a `loggerconfig` that can't be read
 */
export async function logSetup(request: RunRequest, config: Config, terminal: boolean): Promise<LogSetup> {
  const file = request.logger_config ?? config.loggerconfig;
  const is_named = file !== null && file.trim() !== '' && file.trim().toLowerCase() !== 'default';
  const python = is_named ? await readLoggerConfig(file.trim()) : { warnings: [] };
  const output = parseLogOutput(request.log_output ?? python.output ?? config.logoutput);
  const facility = output.kind === 'syslog' && output.unknown_facility;
  return {
    options: {
      level: request.log_level ?? python.level ?? configuredLevel(config),
      format: request.log_format,
      output,
      terminal,
    },
    level_is_fixed: request.log_level !== undefined || python.level !== undefined,
    warnings: [
      ...python.warnings,
      ...(facility
        ? [`syslog has no facility ${facility}, user is used; there are kern, user, mail, daemon, local0 … local7 and others`]
        : []),
    ],
  };
}
