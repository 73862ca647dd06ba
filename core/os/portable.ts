import { type ChildProcess, spawn } from 'node:child_process';
import { constants } from 'node:os';
import { Readable } from 'node:stream';
import { messageOf } from '../errors.js';
import { findExecutable } from './find-executable.js';
import type { FdSource, Os, OutputSink, SignalResult, SpawnListener, SpawnRequest } from './port.js';
import { ProcessTable } from './process-table.js';
import { groupId, userId } from './users.js';
import { wrap } from './wrap.js';

const LINUX = process.platform === 'linux';

/** The operating system through Node's public interfaces alone. Its children are those that it spawned; the host's are never touched. */
export function portableOs(): Os {
  const table = new ProcessTable();
  const children = new Map<number, ChildProcess>();
  return {
    name: 'portable',
    missing: ['managed sockets', ...(LINUX ? [] : ['rlimit_* options', "supplementary groups of a watcher's uid"])],
    spawn: (request, listener) => start(request, listener, children),
    signal: (pid, signum) => send(pid, signum),
    signalGroup: (pgid, signum) => send(-pgid, signum),
    groupAlive(pgid) {
      if (send(pgid, 0) !== 'gone' && !table.isZombie(pgid)) return false;
      return send(-pgid, 0) !== 'gone' && table.groupAlive(pgid);
    },
    children: (pid, recursive) => table.children(pid, recursive),
    release(pid) {
      const child = children.get(pid);
      child?.removeAllListeners('exit');
      child?.unref();
      children.delete(pid);
    },
    userId,
    groupId,
  };
}

function start(request: SpawnRequest, listener: SpawnListener, children: Map<number, ChildProcess>): void {
  const found = findExecutable(request.file, request.env.PATH, request.cwd);
  if ('errno' in found) {
    listener.failed(found.errno, found.message);
    return;
  }
  const stdio = stdioOf(request.fds);
  const { file, argv } = wrap(request, found.path);
  let child: ChildProcess;
  try {
    child = spawn(file, argv.slice(1), { argv0: argv[0] ?? file, cwd: request.cwd, env: { ...request.env }, stdio, detached: true });
  } catch (error) {
    // Some errors are thrown (E2BIG, ENOTDIR, EPERM, a NUL in an argument), others emitted.
    listener.failed(errnoOf(error), messageOf(error));
    return;
  }
  const { pid } = child;
  if (pid === undefined) {
    child.once('error', (error) => listener.failed(errnoOf(error), `${request.file}: ${messageOf(error)}`));
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

/** What a descriptor is in the end, where it is the same as another. */
function sourceOf(fds: SpawnRequest['fds'], fd: number): FdSource {
  const source = fds.get(fd) ?? { kind: 'null' };
  return source.kind === 'same' ? sourceOf(fds, source.as) : source;
}

/** Node's array of what each descriptor is. One that is the same as a pipe gets a pipe of its own: the order between both is lost. */
function stdioOf(fds: SpawnRequest['fds']): (number | 'ignore' | 'pipe')[] {
  return Array.from({ length: Math.max(...fds.keys()) + 1 }, (_, fd) => {
    const source = sourceOf(fds, fd);
    if (source.kind === 'null' || source.kind === 'same') return 'ignore';
    if (source.kind === 'inherit') return fd;
    return source.kind === 'fd' ? source.fd : 'pipe';
  });
}

/** Hands everything read from the pipes to their sinks, which may hold them up. */
function readPipes(child: ChildProcess, fds: SpawnRequest['fds']): void {
  const open = new Map<OutputSink, number>();
  for (const fd of fds.keys()) {
    const source = sourceOf(fds, fd);
    const stream = child.stdio[fd];
    if (source.kind !== 'pipe' || !(stream instanceof Readable)) continue;
    const { sink } = source;
    open.set(sink, (open.get(sink) ?? 0) + 1);
    stream.on('data', (chunk: Uint8Array) => {
      const pending = sink.write(chunk);
      if (pending === undefined) return;
      stream.pause();
      const go = (): void => void stream.resume();
      pending.then(go, go);
    });
    stream.on('error', () => stream.destroy());
    stream.once('close', () => {
      const left = (open.get(sink) ?? 1) - 1;
      open.set(sink, left);
      if (left === 0) sink.end();
    });
  }
}

function errnoOf(error: unknown): string {
  const code = error instanceof Error && 'code' in error ? String(error.code) : 'EINVAL';
  return code.startsWith('ERR_') ? 'EINVAL' : code;
}

function send(pid: number, signum: number): SignalResult {
  try {
    process.kill(pid, signum);
    return 'sent';
  } catch (error) {
    const code = errnoOf(error);
    if (code === 'ESRCH') return 'gone';
    if (code === 'EPERM') return 'denied';
    throw error;
  }
}
