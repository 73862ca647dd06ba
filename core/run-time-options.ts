import type { Warn } from './api.js';
import type { Plugins } from './config/check-plugins.js';
import { checkWatcher, checkWatcherChange } from './config/index.js';
import type { WatcherOptions } from './config/schema/watcher.js';
import type { WatcherChangeCheck } from './config/watcher-options.js';
import { RingmasterError } from './errors.js';
import { identityOf } from './identity.js';
import type { Logger } from './log.js';
import type { Os } from './os/port.js';

/** Whom what is said of options is told. */
export interface OptionsHost {
  readonly os: Os;
  readonly log: Logger;
  /** Those that are there, for what is a watcher's own for a plugin. */
  readonly plugins: Plugins | undefined;
  readonly warn: Warn | undefined;
  /** Whether anything is kept over a crash of the daemon. */
  readonly keeps: boolean;
}

/** Options of a watcher that is added at run time, for this machine. @throws RM_OPTION_INVALID, RM_USER_UNKNOWN, RM_GROUP_UNKNOWN, RM_NOT_DURABLE */
export function optionsToAdd(name: string, options: Readonly<Record<string, unknown>>, host: OptionsHost): WatcherOptions {
  const { spec, warnings } = checkWatcher(name, options, host.plugins);
  identityOf(host.os, spec);
  checkDurable(spec, host);
  tell(warnings, host);
  return spec;
}

/** What setting options at run time comes to, on this machine. @throws as `optionsToAdd` */
export function optionsToSet(
  before: WatcherOptions,
  options: Readonly<Record<string, unknown>>,
  host: OptionsHost,
): Omit<WatcherChangeCheck, 'warnings'> {
  const { warnings, ...change } = checkWatcherChange(before, options, host.plugins);
  if ('uid' in options || 'gid' in options) identityOf(host.os, change.spec);
  if ('durable' in options) checkDurable(change.spec, host);
  tell(warnings, host);
  return change;
}

/** @throws RM_NOT_DURABLE */
function checkDurable({ durable }: WatcherOptions, { keeps }: OptionsHost): void {
  if (durable === true && !keeps) {
    throw new RingmasterError('RM_NOT_DURABLE', ['this daemon keeps nothing; say `durable: true` in its config and apply that']);
  }
}

function tell(warnings: readonly string[], { log, warn }: OptionsHost): void {
  for (const warning of warnings) {
    log.warn(warning);
    warn?.(warning);
  }
}
