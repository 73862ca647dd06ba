import { checkFormat } from './exec-format.js';
import { findExecutable } from './find-executable.js';
import { SpawnError } from './os-error.js';
import type { SpawnRequest } from './port.js';
import { wrap } from './wrap.js';

/**
 * What is to be executed for a request, by whichever form of the operating system, with all that can be known before looked at.
 *
 * @throws SpawnError that names the option, or the file, that is wrong
 */
export function programOf(request: SpawnRequest): { readonly file: string; readonly argv: readonly string[] } {
  checkTexts(request);
  const path = findExecutable(request.file, request.env.PATH, request.cwd);
  checkFormat(path);
  return wrap(request, path);
}

/** The kernel takes a zero byte for the end of a text. */
function checkTexts({ file, argv, env, cwd }: SpawnRequest): void {
  const wrong = [
    ...[file, ...argv].map((text): [string, string] => ['the command', text]),
    ...Object.entries(env).map(([name, value]): [string, string] => [`${JSON.stringify(name)} of env`, `${name}${value}`]),
    ['working_dir', cwd] as const,
  ].find(([, text]) => text.includes('\0'));
  if (wrong) throw new SpawnError('EINVAL', `there is a zero byte in ${wrong[0]}, which no process can be given (EINVAL)`);
}
