import { EXIT_STATUS } from './exit-status.js';
import type { Io } from './verb.js';

/**
 * Runs a program as this process: its arguments, its streams, its exit status. The process ends with the program, so that
 * nothing that comes later, a signal say, can change how.
 */
export async function runBin(program: (args: readonly string[], io: Io) => Promise<number>): Promise<void> {
  process.stdout.on('error', leaveWhenNobodyReads);
  process.once('beforeExit', () => {
    process.exitCode = EXIT_STATUS.internal;
    process.stderr.write('ended before it was done: it waits for what never comes; please report this\n');
  });
  process.exitCode = await program(process.argv.slice(2), process);
  await Promise.all([written(process.stdout), written(process.stderr)]);
  process.exit();
}

/** Resolves when everything that was written before is out. */
function written(stream: NodeJS.WriteStream): Promise<void> {
  return new Promise((resolve) => stream.write('', () => resolve()));
}

/** `ringmaster list | head -1` is no error. */
function leaveWhenNobodyReads(error: NodeJS.ErrnoException): void {
  if (error.code !== 'EPIPE') throw error;
  process.exit(process.exitCode ?? EXIT_STATUS.ok);
}
