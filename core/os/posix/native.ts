import { openSync } from 'node:fs';
import { RingmasterError } from '../../errors.js';
import { hasJournal } from '../left-state.js';
import { errnoName, OsError } from '../os-error.js';
import type { Os, SignalResult, SpawnListener, SpawnRequest } from '../port.js';
import { processes, refused } from '../processes.js';
import { spawnFailure } from '../spawn-failure.js';
import type { Adopted } from './adopted.js';
import { Arrivals } from './arrivals.js';
import { type ChildFds, childFds } from './child-fds.js';
import { Deaths } from './deaths.js';
import { Environment } from './environment.js';
import { findHandles, type Handles } from './handles.js';
import { Images } from './images.js';
import { C, type Libc, loadLibc } from './libc.js';
import { pipeReader, type Reading } from './pipes.js';
import { Reaper } from './reaper.js';
import { listen } from './sockets.js';
import { Spawner } from './spawn.js';
import { exitOf } from './wait-status.js';
import { Watch } from './watch.js';

/** By pid of the process that writes. */
type Readings = Map<number, readonly Reading[]>;

/** What all native forms in one process share. */
export interface Kernel {
  readonly libc: Libc;
  readonly spawner: Spawner;
  readonly images: Images;
  readonly reaper: Reaper;
  readonly environment: Environment;
  /** Null where Node's inner handles can't be used. */
  readonly handles: Handles | null;
  /** Whether a number is that of a process, a thread, a group or a session. */
  inUse(number: number): boolean;
}

/** Binds the C library and makes what all native forms share. @throws Error where that can't be */
export async function loadKernel(): Promise<Kernel> {
  const libc = await loadLibc();
  return {
    libc,
    spawner: new Spawner(libc),
    images: new Images(libc),
    reaper: new Reaper(libc, new Deaths(libc)),
    environment: new Environment(libc),
    handles: await findHandles(libc),
    inUse: numbersInUse(libc),
  };
}

/**
 * The kernel takes as the owner of a file whatever has a number, and refuses one that nobody has: the only question that it answers about
 * a session whose leader is gone. Linux before 4.13 takes any, and all processes are looked at then.
 *
 * @source F_SETOWN in fcntl(2), f_setown() in fs/fcntl.c
 */
function numbersInUse(libc: Libc): Kernel['inUse'] {
  const asked = openSync('/dev/null', 'r');
  return (number) => libc.fcntl(asked, C.F_SETOWN, number) === 0;
}

/** The operating system by its own calls: Linux. */
export function nativeOs(kernel: Kernel): Os {
  const readings: Readings = new Map();
  const { libc, handles } = kernel;
  const watches = handles && { watch: new Watch(libc, handles), arrivals: new Arrivals(libc, handles) };
  /** Only where processes are to be kept over a crash. */
  let adopted: Adopted | undefined;
  const own = processes({
    send: (pid, signum) => send(libc, pid, signum),
    sendGroup: (pgid, signum) => adopted?.signalGroup(pgid, signum) ?? send(libc, -pgid, signum),
    inUse: kernel.inUse,
  });
  const host: SpawnHost = { readings, fdsOf: childFds(libc, pipeReader(handles, libc)), taken: (pid) => adopted?.forget(pid) };
  const stopReading = (pid: number): void => {
    for (const reading of readings.get(pid) ?? []) reading.cancel();
    readings.delete(pid);
  };
  return {
    ...own,
    name: 'native',
    missing: watches ? [] : ['on_demand', 'socket hits in stats'],
    spawn: (request, listener) => spawn(kernel, request, listener, host),
    signal: (pid, signum) => adopted?.signal(pid, signum) ?? own.signal(pid, signum),
    groupAlive(pgid) {
      const alive = own.groupAlive(pgid);
      if (!alive) adopted?.groupEmpty(pgid);
      return alive;
    },
    listen: (spec) => listen(libc, watches, spec),
    environmentVersion: () => kernel.environment.version(),
    hasJournal,
    async durable() {
      if (handles === null || watches === null)
        throw new RingmasterError('RM_NOT_DURABLE', ['this version of Node does not let descriptors be watched']);
      const { openDurable } = await import('./durable.js');
      const opened = openDurable({ libc, handles, watches, reaper: kernel.reaper, stopReading }, adopted);
      adopted = opened.adopted;
      return opened.os;
    },
    release(pid) {
      adopted?.forget(pid);
      kernel.reaper.release(pid);
      for (const reading of readings.get(pid) ?? []) reading.unref();
      readings.delete(pid);
    },
  };
}

interface SpawnHost {
  readonly readings: Readings;
  fdsOf(fds: SpawnRequest['fds']): ChildFds;
  /** The pid is a new process's. */
  taken(pid: number): void;
}

function spawn({ spawner, images, reaper }: Kernel, request: SpawnRequest, listener: SpawnListener, host: SpawnHost): void {
  const { readings } = host;
  const fds = host.fdsOf(request.fds);
  let pid: number;
  try {
    const likely = images.likely(request);
    const image = likely ?? images.certain(request);
    fds.fill();
    const place = { cwd: request.cwd, table: fds.table };
    pid = reaper.adopt(
      () => {
        try {
          return spawner.start(image, place);
        } catch (error) {
          if (likely === null) throw error;
          // What is wrong is looked for only now; it has better words. Or the command is another file by now.
          const certain = images.certain(request);
          if (certain.path === likely.path) throw error;
          return spawner.start(certain, place);
        }
      },
      (status) => {
        readings.delete(pid);
        listener.exited(exitOf(status));
      },
    );
  } catch (error) {
    for (const reading of fds.readings) reading.cancel();
    const { errno, message } = spawnFailure(error, request.file);
    listener.failed(errno, message);
    return;
  } finally {
    fds.close();
  }
  host.taken(pid);
  if (fds.readings.length > 0) readings.set(pid, fds.readings);
  for (const reading of fds.readings) reading.start();
  listener.spawned(pid);
}

/** Most that are asked for are gone already: twice for each death. */
function send(libc: Libc, pid: number, signum: number): SignalResult {
  if (libc.kill(pid, signum) === 0) return 'sent';
  const code = errnoName(libc.errno());
  const result = refused(code);
  if (result === null) throw new OsError(code, 'kill', `signal ${signum} to process ${pid}`);
  return result;
}
