import { resolve } from 'node:path';
import { expectArguments } from './arguments.js';
import type { CliOptions } from './command.js';

/** The properties of `plan` and `apply` from a command line: a file relative to where it was typed. @throws ArgumentError */
export function planMessage(verb: string, args: readonly string[], options: CliOptions): Record<string, unknown> {
  expectArguments(args, 0, 1, `${verb} [<file>]`);
  return {
    ...(args[0] !== undefined && { file: resolve(args[0]) }),
    ...(options.graceful === true && { graceful: true }),
    ...(options['keep-drift'] === true && { keep_drift: true }),
  };
}
