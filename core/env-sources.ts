import { closeSync, constants, fstatSync, readFileSync } from 'node:fs';
import { isAbsolute, join, resolve } from 'node:path';
import type { WatcherOptions } from './config/schema/watcher.js';
import { parseEnvFile } from './env-file.js';
import { messageOf } from './errors.js';
import { errnoOf, SpawnError } from './os/os-error.js';
import { openTrusted } from './os/trusted-file.js';

type Env = Readonly<Record<string, string | undefined>>;

/** No file of variables and no credential is longer, bytes. @source systemd.exec(5), of credentials */
const LONGEST_BYTES = 1024 * 1024;

/**
 * The environment of a watcher's processes with what its `env_file` and `credentials` say, read now: files over `env`, a later one
 * over an earlier one, credentials over all.
 *
 * @param directory what relative names of files are relative to
 * @throws SpawnError for a file that is not there or can't be read, unless its name begins with `-` and it is not there
 */
export function sourcedEnv(spec: Readonly<WatcherOptions>, daemonEnv: Env, directory: string): Record<string, string> {
  const env: Record<string, string> = { ...spec.env };
  for (const written of filesOf(spec.env_file)) Object.assign(env, variablesOf(written, directory));
  for (const [name, from] of Object.entries(spec.credentials)) env[name] = credential(name, from, daemonEnv);
  return env;
}

/** Whether processes of the watcher get more than what its `env` says. */
export function hasSources({ env_file, credentials }: Readonly<WatcherOptions>): boolean {
  return filesOf(env_file).length > 0 || Object.keys(credentials).length > 0;
}

/** The options with the variables of `env` alone. */
export function withoutSources(spec: WatcherOptions): WatcherOptions {
  return { ...spec, env_file: null, credentials: {} };
}

function filesOf(value: WatcherOptions['env_file']): readonly string[] {
  const names = typeof value === 'string' ? value.split(',') : (value ?? []);
  return names.map((name) => name.trim()).filter((name) => name !== '');
}

function variablesOf(written: string, directory: string): Readonly<Record<string, string>> {
  const [, optional, name = ''] = /^(-?)\s*(.*)$/s.exec(written) ?? [];
  const file = resolve(directory, name);
  let text: string;
  try {
    text = readText(file);
  } catch (error) {
    if (optional === '-' && errnoOf(error) === 'ENOENT') return {};
    throw new SpawnError(errnoOf(error), `env_file ${file} cannot be read: ${messageOf(error)}`);
  }
  const found = parseEnvFile(text);
  if ('variables' in found) return found.variables;
  throw new SpawnError('EINVAL', `env_file ${file}:${found.line}: ${found.error}`);
}

/** A credential that systemd gave to the daemon, by its name, or a file, by its whole path; without the newline at its end. */
function credential(name: string, from: string, { CREDENTIALS_DIRECTORY: directory }: Env): string {
  if (!isAbsolute(from) && (from.includes('/') || from.startsWith('.'))) {
    throw new SpawnError('EINVAL', `credentials.${name} must be the name of a credential or an absolute path, got ${JSON.stringify(from)}`);
  }
  if (!isAbsolute(from) && !directory) {
    throw new SpawnError('ENOENT', `credentials.${name}: the daemon was given no credentials (CREDENTIALS_DIRECTORY is not set)`);
  }
  const file = isAbsolute(from) ? from : join(directory ?? '', from);
  try {
    const text = readText(file).replace(/\r?\n$/, '');
    if (text.includes('\0')) throw new Error('it has a zero byte in it');
    return text;
  } catch (error) {
    throw new SpawnError(errnoOf(error), `credentials.${name}: ${file} cannot be read: ${messageOf(error)}`);
  }
}

/** Only what is a file: a pipe without a writer would hold up the daemon. */
function readText(file: string): string {
  const fd = openTrusted(file, constants.O_RDONLY | constants.O_NONBLOCK | constants.O_NOCTTY);
  try {
    const found = fstatSync(fd);
    if (!found.isFile()) throw new Error('it is not a file');
    if (found.size > LONGEST_BYTES) throw new Error(`it has ${found.size} bytes, at most ${LONGEST_BYTES} are read`);
    return readFileSync(fd, 'utf8');
  } finally {
    closeSync(fd);
  }
}
