import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { messageOf } from '../errors.js';
import { codeRangeBytes } from '../os/code-range.js';
import { findExecutable } from '../os/find-executable.js';
import { processes } from '../os/processes.js';
import type { Endpoint, Launch } from './endpoint.js';

const ENTRY = fileURLToPath(new URL('./guest-entry.js', import.meta.url));
const LINUX = process.platform === 'linux';
const MIB = 1024 * 1024;
const SIGKILL = 9;
/** What Node takes beside the heap and what V8 sets aside for code: stacks of its threads, buffers. */
const NODE_BESIDE_BYTES = 256 * MIB;
/** For what it wrote last to be read, when it has ended and others hold its pipes. */
const DRAIN_MS = 500;

/**
 * Starts a process that leads a session and a group of its own, as those of watchers do. It is Node's own kind of child, because
 * only those have a standard input; nobody but this file waits for it.
 */
export function startProcess({ run, cwd, memory_bytes }: Launch): Endpoint {
  const node = [process.execPath, `--max-old-space-size=${Math.floor(memory_bytes / MIB)}`, ENTRY];
  const beside_bytes = 'module' in run && LINUX ? NODE_BESIDE_BYTES + codeRangeBytes() : 0;
  const [file = '', ...args] = [...guards(memory_bytes + beside_bytes), ...('module' in run ? [...node, run.module] : run.words)];
  const child = spawn(file, args, { cwd, stdio: ['pipe', 'pipe', 'pipe'], detached: true });
  const { pid, stdin: input, stdout: output, stderr: errors } = child;
  const os = processes();
  const died = new Promise<void>((resolve) => void child.once('exit', () => resolve()));
  const ended = new Promise<string>((resolve) => {
    child.once('error', (error) => resolve(`can not be started: ${messageOf(error)}`));
    child.once('exit', (code, signal) => {
      // What it leaves in its group goes with it.
      if (pid !== undefined && os.groupAlive(pid)) os.signalGroup(pid, SIGKILL);
      const end = (): void => {
        clearTimeout(timer);
        resolve(signal === null ? `ended with status ${code}` : `was ended by ${signal}`);
      };
      const timer = setTimeout(end, DRAIN_MS);
      child.once('close', end);
    });
  });
  const kill = (): void => {
    if (pid !== undefined && child.exitCode === null && child.signalCode === null) os.signalGroup(pid, SIGKILL);
  };
  return { name: `pid ${pid ?? 0}`, input, output, errors, died, ended, kill };
}

/**
 * Programs of util-linux before the command: its memory limit, and its end with the daemon's, however that comes.
 *
 * @throws SpawnError ENOENT where one of them is not installed
 */
function guards(limit_bytes: number): readonly string[] {
  if (!LINUX) return [];
  const path = `${process.env.PATH ?? ''}:/usr/bin:/bin`;
  const [prlimit, setpriv] = ['prlimit', 'setpriv'].map((name) => findExecutable(name, path, '/'));
  return [prlimit ?? '', `--data=${limit_bytes}`, '--', setpriv ?? '', '--pdeathsig', 'KILL', '--'];
}
