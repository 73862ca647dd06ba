/** The program of a thread or process that runs a plugin written in JavaScript. Standard input and output are the wire. */
import { getPriority, setPriority } from 'node:os';
import { isMainThread, workerData } from 'node:worker_threads';
import { resolvePlugin } from '../plugin-resolve.js';
import { Guest } from './guest.js';
import { heapLimit } from './heap-limit.js';
import { LineReader } from './line-reader.js';
import { lineOf, type ToGuest } from './messages.js';
import { PacedOutput } from './paced-output.js';

/** So many lines for the log wait at most; more are dropped, and counted. */
const MOST_LOG_LINES = 5000;

/** So much lower than the daemon's own thread, which has its turn first. */
const NICE = 10;
/** @source setpriority(2) */
const LOWEST = 19;

/** How often a thread looks at its heap that nobody asks anything of. */
const LOOK_MS = 100;

// Linux has a niceness for each thread; elsewhere it would be the daemon's.
if (!isMainThread && process.platform === 'linux') setPriority(Math.min(getPriority() + NICE, LOWEST));

const module: string = isMainThread ? (process.argv[2] ?? '') : workerData.module;
const wire = new PacedOutput(process.stdout, MOST_LOG_LINES);
const beside = new PacedOutput(process.stderr, MOST_LOG_LINES);

// What a plugin prints is no message: it goes where errors go, and from there to the log.
for (const stream of [process.stdout, process.stderr]) {
  const write = (chunk: string | Uint8Array, encoding?: unknown, done?: unknown): boolean => {
    if (beside.hasRoom()) beside.write(typeof chunk === 'string' ? chunk : Buffer.from(chunk).toString());
    const then = typeof encoding === 'function' ? encoding : done;
    if (typeof then === 'function') setImmediate(() => then());
    return true;
  };
  stream.write = write;
}

const plugin = await resolvePlugin(module, '/');
const guest = new Guest(plugin, isMainThread ? 'process' : 'worker', (message, droppable) => {
  if (droppable && !wire.hasRoom()) return;
  const lost = wire.takeLost();
  if (lost > 0) wire.write(lineOf({ type: 'log', level: 'warn', message: `${lost} lines for the log were dropped`, fields: {} }));
  wire.write(lineOf(message));
});

// A plugin that ends its own process, or fails outside of all calls, is heard to the end.
process.once('exit', () => {
  beside.flush();
  wire.flush();
});

// A process has a limit of its own; a thread that runs into V8's may take the daemon along.
const checkHeap = isMainThread ? null : heapLimit(workerData.memory_bytes, overLimit);
if (checkHeap !== null) setInterval(checkHeap, LOOK_MS).unref();

function overLimit(used_bytes: number): void {
  throw new Error(`its heap of ${used_bytes} bytes is over the memory_limit of ${workerData.memory_bytes}`);
}

let closing = false;
async function close(): Promise<void> {
  if (closing) return;
  closing = true;
  await guest.close();
  await wire.drained();
  await beside.drained();
  process.exit(0);
}

function receive(line: string): boolean {
  const message = JSON.parse(line) as ToGuest;
  if (message.type === 'close') void close();
  else guest.receive(message);
  checkHeap?.();
  return true;
}

process.stdin.once('close', () => void close());
new LineReader(process.stdin, { line: receive, half: receive, tooLong: () => void close() }, null);
guest.describe();
