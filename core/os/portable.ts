import { type ChildProcess, spawn } from 'node:child_process';
import { Socket } from 'node:net';
import { constants } from 'node:os';
import { Readable } from 'node:stream';
import { RingmasterError } from '../errors.js';
import { numbersOf, sourceOf } from './fd-source.js';
import { hasJournal } from './left-state.js';
import { OsError } from './os-error.js';
import type { Os, OutputSink, SpawnListener, SpawnRequest } from './port.js';
import { processes } from './processes.js';
import { programOf } from './program.js';
import { spawnFailure } from './spawn-failure.js';

const WHY_NOT_DURABLE = 'it needs Linux and the native form of the operating system, which does not work here or was not asked for';
const LINUX = process.platform === 'linux';

/** The operating system through Node's public interfaces alone. Its children are those that it spawned; the host's are never touched. */
export function portableOs(): Os {
  const children = new Map<number, ChildProcess>();
  return {
    name: 'portable',
    missing: ['managed sockets', ...(LINUX ? [] : ['rlimit_* options', "supplementary groups of a watcher's uid"])],
    spawn: (request, listener) => start(request, listener, children),
    ...processes(),
    listen: () =>
      Promise.reject(
        new OsError('ENOSYS', 'listen', 'managed sockets need the native form of the operating system, which does not work here'),
      ),
    hasJournal,
    durable: () => Promise.reject(new RingmasterError('RM_NOT_DURABLE', [WHY_NOT_DURABLE])),
    release(pid) {
      const child = children.get(pid);
      child?.removeAllListeners('exit');
      child?.unref();
      for (const stream of child?.stdio ?? []) if (stream instanceof Socket) stream.unref();
      children.delete(pid);
    },
  };
}

function start(request: SpawnRequest, listener: SpawnListener, children: Map<number, ChildProcess>): void {
  let child: ChildProcess;
  const fail = (error: unknown): void => {
    const { errno, message } = spawnFailure(error, request.file);
    listener.failed(errno, message);
  };
  try {
    const { file, argv, env } = programOf(request);
    const stdio = stdioOf(request.fds);
    child = spawn(file, argv.slice(1), { argv0: argv[0] ?? file, cwd: request.cwd, env: { ...env }, stdio, detached: true });
  } catch (error) {
    // Some errors are thrown (E2BIG, ENOTDIR, EPERM), others emitted.
    fail(error);
    return;
  }
  const { pid } = child;
  if (pid === undefined) {
    child.once('error', fail);
    return;
  }
  children.set(pid, child);
  readPipes(child, request.fds);
  // `exit` and not `close`: what a grandchild holds open must not delay the news.
  child.once('exit', (code, signal) => {
    children.delete(pid);
    listener.exited({ exit_code: signal ? -constants.signals[signal] : (code ?? 0), signal });
  });
  listener.spawned(pid);
}

/** Node's array of what each descriptor is. One that is the same as a pipe gets a pipe of its own: the order between both is lost. */
function stdioOf(fds: SpawnRequest['fds']): (number | 'ignore' | 'pipe')[] {
  return Array.from({ length: Math.max(...numbersOf(fds)) + 1 }, (_, number) => {
    const { fd, source } = sourceOf(fds, number);
    if (source.kind === 'null') return 'ignore';
    if (source.kind === 'inherit') return fd;
    return source.kind === 'fd' ? source.fd : 'pipe';
  });
}

/** Hands everything read from the pipes to their sinks, which may hold them up. */
function readPipes(child: ChildProcess, fds: SpawnRequest['fds']): void {
  const open = new Map<OutputSink, number>();
  for (const fd of fds.keys()) {
    const { source } = sourceOf(fds, fd);
    const stream = child.stdio[fd];
    if (source.kind !== 'pipe' || !(stream instanceof Readable)) continue;
    const { sink } = source;
    open.set(sink, (open.get(sink) ?? 0) + 1);
    let held = false;
    stream.on('data', (chunk: Uint8Array) => {
      const pending = sink.write(chunk);
      if (pending === undefined) return;
      held = true;
      stream.pause();
      const go = (): void => {
        held = false;
        stream.resume();
      };
      pending.then(go, go);
    });
    // Node itself resumes all pipes of a child when it exits.
    stream.on('resume', () => {
      if (held) stream.pause();
    });
    stream.on('error', () => stream.destroy());
    stream.once('close', () => {
      const left = (open.get(sink) ?? 1) - 1;
      open.set(sink, left);
      if (left === 0) sink.end();
    });
  }
}
