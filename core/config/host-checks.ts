import { dirname, resolve } from 'node:path';
import { commandLine } from '../command-line.js';
import { sourcedEnv } from '../env-sources.js';
import { isRingmasterError, messageOf } from '../errors.js';
import { findExecutable } from '../os/find-executable.js';
import { SpawnError } from '../os/os-error.js';
import { groupId, userId } from '../os/users.js';
import { variablesIn } from '../variables.js';
import { workingDirectory } from '../working-directory.js';
import { type Findings, shortJson } from './problem.js';
import type { Config } from './schema/daemon.js';
import type { WatcherOptions } from './schema/watcher.js';
import type { Env } from './validate.js';

/**
 * Warns of what the watchers name and this machine has not: users, groups, directories, commands. They may come before the watcher
 * starts. A file of variables that is not there is an error.
 */
export function checkHost(config: Config, file: string, daemonEnv: Env, findings: Findings): void {
  // Read once for all of them: each look at process.env or at the directory takes longer than the rest.
  const env = { ...daemonEnv };
  const cwd = workingDirectory();
  for (const [name, spec] of Object.entries(config.watchers)) {
    const warn = (option: keyof WatcherOptions, message: string): void => {
      findings.warn(['watchers', name, option], { message, found: shortJson(spec[option]) });
    };
    if (spec.uid !== null && !isKnown(spec.uid, userId)) warn('uid', `names a user whom this machine does not know: ${spec.uid}`);
    if (spec.gid !== null && !isKnown(spec.gid, groupId)) warn('gid', `names a group that this machine does not know: ${spec.gid}`);
    try {
      sourcedEnv(spec, env, resolve(cwd, spec.working_dir ?? '.'));
    } catch (error) {
      if (!(error instanceof SpawnError)) throw error;
      const option = error.message.startsWith('env_file') ? 'env_file' : 'credentials';
      const message = `can’t be used: ${error.message}`;
      findings.error(['watchers', name, option], { message, fix: 'make the file, or put `-` before the name of one that may be missing' });
    }
    try {
      findCommand(config, spec, dirname(resolve(file)), { env, cwd });
    } catch (error) {
      const why = messageOf(error);
      if (why.startsWith('working_dir ')) warn('working_dir', `can’t be entered: ${why.slice('working_dir '.length)}`);
      else warn(spec.executable === null ? 'cmd' : 'executable', `can’t be executed: ${why}`);
    }
  }
}

function isKnown(name: string | number, look: (name: string | number) => unknown): boolean {
  try {
    look(name);
    return true;
  } catch (error) {
    if (isRingmasterError(error, 'RM_USER_UNKNOWN') || isRingmasterError(error, 'RM_GROUP_UNKNOWN')) return false;
    throw error;
  }
}

/** @throws SpawnError where there is no directory to start in, or no such command; RM_COMMAND_INVALID where variables make no command */
function findCommand(config: Config, spec: WatcherOptions, directory: string, daemon: { readonly env: Env; readonly cwd: string }): void {
  const sockets = Object.fromEntries(Object.keys(config.sockets).map((name) => [name.toLowerCase(), 0]));
  const { file, env, cwd } = commandLine(spec, { wid: 1, sockets, env: config.env, daemonEnv: daemon.env, cwd: daemon.cwd });
  if (variablesIn(`${file} ${cwd}`).length > 0) return;
  const bin = spec.virtualenv === null ? [] : [resolve(directory, spec.virtualenv, 'bin')];
  findExecutable(file, [...bin, env.PATH ?? daemon.env.PATH ?? []].flat().join(':') || undefined, cwd);
}
