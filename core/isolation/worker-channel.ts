import { Worker } from 'node:worker_threads';
import { messageOf } from '../errors.js';
import type { Endpoint, Launch } from './endpoint.js';
import { TURN_BYTES } from './heap-limit.js';

const ENTRY = new URL('./guest-entry.js', import.meta.url);
const MIB = 1024 * 1024;

/** Starts a thread that imports the module. Its three streams hold whoever writes up, as pipes do. */
export function startWorker({ run, memory_bytes }: Launch): Endpoint {
  const worker = new Worker(ENTRY, {
    workerData: { ...run, memory_bytes },
    stdin: true,
    stdout: true,
    stderr: true,
    execArgv: [],
    resourceLimits: { maxOldGenerationSizeMb: Math.floor((memory_bytes + TURN_BYTES) / MIB) },
  });
  let why: string | undefined;
  worker.once('error', (error) => {
    why = `ended by an error: ${messageOf(error)}`;
  });
  const ended = new Promise<string>((resolve) => {
    worker.once('exit', (code) => resolve(why ?? `ended with status ${code}`));
  });
  const { stdin: input, stdout: output, stderr: errors } = worker;
  if (input === null) throw new Error('a thread has no standard input');
  return { name: `thread ${worker.threadId}`, input, output, errors, died: ended, ended, kill: () => void worker.terminate() };
}
