import type { WatcherOptions } from './config/schema/watcher.js';
import { RingmasterError } from './errors.js';
import type { SpawnOptions } from './hooks.js';
import { quoteWord, splitWords } from './shell-words.js';
import { envVariables, replaceVariables, type Variables, variablesIn } from './variables.js';

type Env = Readonly<Record<string, string | undefined>>;

/** What a command line depends on besides the watcher's options. */
export interface CommandVariables {
  readonly wid: number;
  /** File descriptors, as the process sees them, by the name of the managed socket. */
  readonly sockets: Readonly<Record<string, number>>;
  /** Environment that every watcher gets, under its own. */
  readonly env: Readonly<Record<string, string>>;
  readonly daemonEnv: Env;
  /** The environment of the process, where that is known already; else it is made of the two. */
  readonly processEnv?: Readonly<Record<string, string>>;
  /** Directory for a watcher without `working_dir`. */
  readonly cwd: string;
}

/**
 * What to execute for one process of a watcher.
 *
 * `$(circus.env.NAME)` is looked up in the environment of the process, then in the daemon's.
 *
 * @throws RM_COMMAND_INVALID for an unbalanced quote or a command without a word
 * @source Circus's Process.format_args
 */
export function commandLine(spec: Readonly<WatcherOptions>, variables: CommandVariables): SpawnOptions {
  const env = variables.processEnv ?? mergedEnv(spec.copy_env ? variables.daemonEnv : {}, variables.env, spec.env);
  let values: Variables | undefined;
  // Few command lines mention any, and there is one for each spawn.
  const filled = (text: string): string => {
    if (variablesIn(text).length === 0) return text;
    values ??= spawnVariables(spec, variables, env);
    return replaceVariables(text, values);
  };
  const expand = (text: string): string => filled(text).replace(/\$WID(?![A-Za-z0-9_])/g, () => String(variables.wid));
  const list = (value: WatcherOptions['args']): readonly string[] =>
    typeof value === 'string' ? split(expand(value)) : (value ?? []).map(expand);

  const words = [...split(expand(spec.cmd)), ...list(spec.args)];
  const [name] = words;
  if (name === undefined) throw new RingmasterError('RM_COMMAND_INVALID', [spec.cmd, 'it has no word']);
  const executable = spec.executable ? expand(spec.executable) : null;
  const cwd = spec.working_dir ? expand(spec.working_dir) : variables.cwd;
  if (!spec.shell) return { file: executable ?? name, argv: words, env, cwd };
  const shell = executable ?? '/bin/sh';
  return { file: shell, argv: [shell, '-c', words.map(quoteWord).join(' '), ...list(spec.shell_args)], env, cwd };
}

/** Whether the command line of a watcher is the same for all of its processes as long as environment and directory are: it mentions no variable. */
export function isSameForAll({ cmd, args, executable, working_dir, shell_args }: Readonly<WatcherOptions>): boolean {
  return [cmd, args, executable, working_dir, shell_args].flat().every((text) => text === null || !/[$(]/.test(text));
}

/** One environment of several; later ones win. */
export function mergedEnv(...envs: readonly Env[]): Record<string, string> {
  const entries = envs.flatMap((env) => Object.entries(env));
  return Object.fromEntries(entries.filter((entry): entry is [string, string] => entry[1] !== undefined));
}

function split(text: string): readonly string[] {
  const result = splitWords(text);
  if ('error' in result) throw new RingmasterError('RM_COMMAND_INVALID', [text, result.error]);
  return result.words;
}

function spawnVariables(spec: Readonly<WatcherOptions>, variables: CommandVariables, env: Env): Map<string, string> {
  const values = envVariables(variables.daemonEnv, env);
  const add = (name: string, value: unknown): void => {
    if (typeof value !== 'object') values.set(name.toLowerCase(), asText(value));
  };
  for (const [name, value] of Object.entries(spec.options)) add(name, value);
  for (const [name, value] of Object.entries(spec)) {
    add(name, value);
    if (name.startsWith('rlimit_')) add(name.replace('rlimit_', 'rlimits.'), value);
  }
  for (const [name, fd] of Object.entries(variables.sockets)) add(`sockets.${name}`, fd);
  add('working_dir', spec.working_dir ?? variables.cwd);
  add('wid', variables.wid);
  return values;
}

/** Booleans as Circus shows them in a command line. */
function asText(value: unknown): string {
  if (typeof value === 'boolean') return value ? 'True' : 'False';
  return String(value);
}
