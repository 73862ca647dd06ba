import type { DaemonOptions } from '../config/schema/daemon.js';
import { type AnyPlugin, definePlugin } from '../plugin.js';
import { type LogLevel, levelNamed } from './log-levels.js';
import type { DaemonLog } from './pino-log.js';

/** The level that a config asks for; info where it names none. */
export function configuredLevel({ loglevel, debug }: Pick<DaemonOptions, 'loglevel' | 'debug'>): LogLevel {
  return levelNamed(loglevel) ?? (debug ? 'debug' : 'info');
}

/** Has a config that is applied at run time change the level of the daemon's log. */
export function liveLogLevel({ setLevel }: Pick<DaemonLog, 'setLevel'>): AnyPlugin {
  return definePlugin({
    name: 'log_level',
    summary: "Changes the level of the daemon's log with the config.",
    schema: { type: 'object', additionalProperties: false, properties: {} },
    hooks: ['config_applied'],
    setup({ hooks }) {
      hooks.config_applied.tap(({ config }) => setLevel(configuredLevel(config)));
    },
  });
}
