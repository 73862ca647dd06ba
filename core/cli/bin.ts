import { EXIT_STATUS } from './exit-status.js';
import type { Io } from './verb.js';

/** How long something left open may keep an ended program alive, ms. */
const LINGER_MS = 1000;

/** Runs a program as this process: its arguments, its streams, its exit status. */
export async function runBin(program: (args: readonly string[], io: Io) => Promise<number>): Promise<void> {
  process.stdout.on('error', leaveWhenNobodyReads);
  process.exitCode = await program(process.argv.slice(2), process);
  setTimeout(() => {
    process.stderr.write(`left open at the end: ${process.getActiveResourcesInfo().join(', ')}\n`);
    process.exit();
  }, LINGER_MS).unref();
}

/** `ringmaster list | head -1` is no error. */
function leaveWhenNobodyReads(error: NodeJS.ErrnoException): void {
  if (error.code !== 'EPIPE') throw error;
  process.exit(process.exitCode ?? EXIT_STATUS.ok);
}
