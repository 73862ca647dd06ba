import { resolve } from 'node:path';
import { checkFormat } from './exec-format.js';
import { findExecutable } from './find-executable.js';
import { SpawnError } from './os-error.js';
import type { SpawnRequest } from './port.js';
import { needsWrapping, type Program, wrap } from './wrap.js';

/**
 * What is to be executed for a request, by whichever form of the operating system, with all that can be known before looked at.
 *
 * @throws SpawnError that names the option, or the file, that is wrong
 */
export function programOf(request: SpawnRequest): Program {
  checkTexts(request);
  const path = findExecutable(request.file, request.env.PATH, request.cwd);
  checkFormat(path);
  return wrap(request, path);
}

/**
 * The same without a look at whether it can be executed, for who learns that from the kernel; null where the kernel could not tell,
 * because other programs come before it.
 *
 * @throws SpawnError for a zero byte, or a command that is not in PATH
 */
export function likelyProgram(request: SpawnRequest): Program | null {
  checkTexts(request);
  const { file, argv, env, cwd } = request;
  if (file === '' || needsWrapping(request)) return null;
  return { file: file.includes('/') ? resolve(cwd, file) : findExecutable(file, env.PATH, cwd), argv, env };
}

/** Commands and environments without a zero byte that can't be changed any more. */
const checked = new WeakSet<object>();

/** The kernel takes a zero byte for the end of a text. */
function checkTexts({ file, argv, env, cwd }: SpawnRequest): void {
  const found = hasZero(file) || zeroAmong(argv) ? 'the command' : (zeroIn(env) ?? (hasZero(cwd) ? 'working_dir' : null));
  if (found !== null) throw new SpawnError('EINVAL', `there is a zero byte in ${found}, which no process can be given (EINVAL)`);
}

function zeroAmong(argv: SpawnRequest['argv']): boolean {
  if (checked.has(argv)) return false;
  if (argv.some(hasZero)) return true;
  if (Object.isFrozen(argv)) checked.add(argv);
  return false;
}

function zeroIn(env: SpawnRequest['env']): string | null {
  if (checked.has(env)) return null;
  for (const [name, value] of Object.entries(env)) if (hasZero(name) || hasZero(value)) return `${JSON.stringify(name)} of env`;
  if (Object.isFrozen(env)) checked.add(env);
  return null;
}

const hasZero = (text: string): boolean => text.includes('\0');
