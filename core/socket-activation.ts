import { commandSockets } from './config/diff.js';
import type { WatcherOptions } from './config/schema/watcher.js';
import type { SpawnOptions } from './hooks.js';
import { findExecutable } from './os/find-executable.js';
import type { Loan } from './sockets.js';

/** The shell knows its own pid, which stays when the command takes its place. */
const TELL_PID = 'export LISTEN_PID=$$; exec "$0" "$@"';
/** What a shell adds to the environment of a command. */
const ADDED_BY_SHELL = ['PWD', 'OLDPWD', 'SHLVL'];

/**
 * Tells a process of the sockets that it inherits as systemd does, so that software that knows socket activation works as it is.
 * A command that names a socket by `$(circus.sockets.NAME)` knows already, and is started as it is.
 *
 * @throws SpawnError where there is nothing to execute
 * @source sd_listen_fds(3)
 */
export function socketActivation(options: SpawnOptions, loan: Loan, spec: WatcherOptions): SpawnOptions {
  if (commandSockets(spec).length > 0) return options;
  const file = findExecutable(options.file, options.env.PATH, options.cwd);
  const env = { ...options.env, ...loan.env };
  const added = ADDED_BY_SHELL.filter((name) => env[name] === undefined);
  const script = `unset -v ${added.join(' ')}; ${TELL_PID}`;
  return { ...options, env, file: '/bin/sh', argv: ['sh', '-c', script, file, ...options.argv.slice(1)] };
}
