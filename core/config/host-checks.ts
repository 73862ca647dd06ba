import { statSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { commandLine, mergedEnv } from '../command-line.js';
import { hasSources, sourcedEnv } from '../env-sources.js';
import { isRingmasterError, messageOf } from '../errors.js';
import { findExecutable } from '../os/find-executable.js';
import { errnoOf, SpawnError } from '../os/os-error.js';
import { PlantedError, trustedPath } from '../os/trusted-file.js';
import { groupId, userId } from '../os/users.js';
import { OUTPUT_NAMES, outputOptions } from '../output-options.js';
import { variablesIn } from '../variables.js';
import { workingDirectory } from '../working-directory.js';
import { type Findings, shortJson } from './problem.js';
import type { Config } from './schema/daemon.js';
import type { WatcherOptions } from './schema/watcher.js';
import type { Env } from './validate.js';

const OTHERS_WRITE = 0o002;

/**
 * Warns of what the watchers name and this machine has not: users, groups, directories, commands. They may come before the watcher
 * starts. A file of variables that is not there is an error. Warns besides of a config that others may change.
 */
export function checkHost(config: Config, files: readonly string[], daemonEnv: Env, findings: Findings): void {
  const [file = ''] = files;
  for (const each of files) checkWriters(each, findings);
  // Read once for all of them: each look at process.env or at the directory takes longer than the rest.
  const env = { ...daemonEnv };
  const cwd = workingDirectory();
  const commands = new Commands(config, dirname(resolve(file)), { env, cwd });
  for (const [name, spec] of Object.entries(config.watchers)) {
    const warn = (option: keyof WatcherOptions, message: string): void => {
      findings.warn(['watchers', name, option], { message, found: shortJson(spec[option]) });
    };
    if (spec.uid !== null && !isKnown(spec.uid, userId)) warn('uid', `names a user whom this machine does not know: ${spec.uid}`);
    if (spec.gid !== null && !isKnown(spec.gid, groupId)) warn('gid', `names a group that this machine does not know: ${spec.gid}`);
    try {
      if (hasSources(spec)) sourcedEnv(spec, env, resolve(cwd, spec.working_dir ?? '.'));
    } catch (error) {
      if (!(error instanceof SpawnError)) throw error;
      const option = error.message.startsWith('env_file') ? 'env_file' : 'credentials';
      const message = `can’t be used: ${error.message}`;
      findings.error(['watchers', name, option], { message, fix: 'make the file, or put `-` before the name of one that may be missing' });
    }
    checkOutputFiles(name, spec, cwd, findings);
    const why = commands.find(spec);
    if (why?.startsWith('working_dir ')) warn('working_dir', `can’t be entered: ${why.slice('working_dir '.length)}`);
    else if (why !== null) warn(spec.executable === null ? 'cmd' : 'executable', `can’t be executed: ${why}`);
  }
}

/** Files that output goes to are made, their directories are not. */
function checkOutputFiles(watcher: string, spec: WatcherOptions, cwd: string, findings: Findings): void {
  for (const name of OUTPUT_NAMES) {
    const output = outputOptions(spec, name);
    if (output === null || !('filename' in output)) continue;
    const directory = dirname(resolve(cwd, output.filename));
    if (!isMissing(directory)) continue;
    const option = spec[name] === null ? `${name}_stream` : name;
    const message = `can’t be written: there is no directory ${directory}`;
    findings.warn(['watchers', watcher, option], { message, found: shortJson(output.filename), fix: `mkdir -p ${directory}` });
  }
}

/** Whether there is no such directory, as far as that can be told. */
function isMissing(directory: string): boolean {
  try {
    return statSync(directory, { throwIfNoEntry: false })?.isDirectory() !== true;
  } catch (error) {
    if (errnoOf(error) === 'EACCES') return false;
    throw error;
  }
}

/** Whoever may change the config decides what runs. */
function checkWriters(file: string, findings: Findings): void {
  try {
    const { found } = trustedPath(file);
    if (found === null || (found.mode & OTHERS_WRITE) === 0) return;
    const fix = `chmod o-w ${file}`;
    findings.warn([], { message: `lets everybody decide what runs: ${file} has mode ${(found.mode & 0o777).toString(8)}`, fix });
  } catch (error) {
    if (!(error instanceof PlantedError)) throw error;
    findings.warn([], { message: `lets a stranger decide what runs: ${error.message}` });
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

/** Looks for the commands of watchers, for each once: most of many watchers have the same. */
class Commands {
  readonly #config: Config;
  readonly #directory: string;
  readonly #daemon: { readonly env: Env; readonly cwd: string };
  readonly #sockets: Readonly<Record<string, number>>;
  readonly #found = new Map<string, string | null>();
  /** Of watchers without variables of their own, by `copy_env`. */
  readonly #environments = new Map<boolean, Readonly<Record<string, string>>>();

  /** @param directory that of the config */
  constructor(config: Config, directory: string, daemon: { readonly env: Env; readonly cwd: string }) {
    this.#config = config;
    this.#directory = directory;
    this.#daemon = daemon;
    this.#sockets = Object.fromEntries(Object.keys(config.sockets).map((name) => [name.toLowerCase(), 0]));
  }

  /** Why a watcher's command can't be executed: no directory to start in, no such command, no command at all; null where it can. */
  find(spec: WatcherOptions): string | null {
    const { env: daemonEnv, cwd: here } = this.#daemon;
    try {
      const variables = {
        wid: 1,
        sockets: this.#sockets,
        env: this.#config.env,
        daemonEnv,
        processEnv: this.#environment(spec),
        cwd: here,
      };
      const { file, env, cwd } = commandLine(spec, variables);
      if (variablesIn(`${file} ${cwd}`).length > 0) return null;
      const bin = spec.virtualenv === null ? [] : [resolve(this.#directory, spec.virtualenv, 'bin')];
      return this.#look(file, [...bin, env.PATH ?? daemonEnv.PATH ?? []].flat().join(':'), cwd);
    } catch (error) {
      return messageOf(error);
    }
  }

  #look(file: string, path: string, cwd: string): string | null {
    const key = JSON.stringify([file, path, cwd]);
    let why = this.#found.get(key);
    if (why === undefined) {
      why = problemOf(() => findExecutable(file, path || undefined, cwd));
      this.#found.set(key, why);
    }
    return why;
  }

  #environment({ copy_env, env }: WatcherOptions): Readonly<Record<string, string>> {
    const make = () => mergedEnv(copy_env ? this.#daemon.env : {}, this.#config.env, env);
    if (Object.keys(env).length > 0) return make();
    const known = this.#environments.get(copy_env) ?? make();
    this.#environments.set(copy_env, known);
    return known;
  }
}

function problemOf(look: () => unknown): string | null {
  try {
    look();
    return null;
  } catch (error) {
    return messageOf(error);
  }
}
