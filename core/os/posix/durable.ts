import { randomBytes } from 'node:crypto';
import { load } from 'koffi';
import { DiskHolderFiles } from '../../durable/holder-files.js';
import { messageOf, RingmasterError } from '../../errors.js';
import { bootId } from '../boot-id.js';
import type { DurableOs } from '../durable.js';
import { Adopted } from './adopted.js';
import { become } from './become.js';
import { check } from './fds.js';
import type { Handles } from './handles.js';
import { KeptReader } from './kept-reading.js';
import type { Libc } from './libc.js';
import { Pidfds } from './pidfd.js';
import { findMarked, procStat, sinceStart } from './proc-identity.js';
import type { Reaper } from './reaper.js';
import { identify, type Watches } from './sockets.js';
import { takeStateDirectory } from './state-directory.js';
import { canTake, takeBack } from './take-back.js';

const FIFO_MODE = 0o600;
const ID_BYTES = 6;

/** Of the native form. */
interface DurableParts {
  readonly libc: Libc;
  readonly handles: Handles;
  readonly watches: Watches;
  readonly reaper: Reaper;
  /** What a process writes is left to whoever comes after. */
  stopReading(pid: number): void;
}

/**
 * The native form's part for processes that outlive the daemon.
 *
 * @param before what an earlier call has made
 * @throws RM_NOT_DURABLE where the kernel has no descriptors of processes
 */
export function openDurable(parts: DurableParts, before?: Adopted): { readonly os: DurableOs; readonly adopted: Adopted } {
  const { libc, handles, watches, reaper } = parts;
  const pidfds = openPidfds(libc);
  const adopted = before ?? new Adopted({ libc, reaper, pidfds, watch: watches.watch });
  const makeFifo = (path: string): void => void check(libc, mkfifo(path, FIFO_MODE), 'mkfifo', `cannot make the FIFO ${path}`);
  let takesBack: boolean | undefined;
  const mkfifo = load(null).func('int mkfifo(const char *, uint)');
  const os: DurableOs = {
    boot_id: bootId(),
    newId: () => randomBytes(ID_BYTES).toString('hex'),
    take: takeStateDirectory,
    identify(pid) {
      const stat = procStat(pid);
      return stat && { pid, start_ticks: stat.start_ticks, alive: !stat.zombie };
    },
    sinceStart,
    find: (tokens) => (tokens.size === 0 ? new Map() : findMarked((token) => tokens.has(token))),
    findOf: (ids) => findMarked((token) => ids.has(token.split('.', 1)[0] ?? '')),
    adopt: (process, listener) => adopted.adopt(process, listener),
    leave(pid) {
      adopted.forget(pid);
      parts.reaper.leave(pid);
      parts.stopReading(pid);
    },
    become: (image) => become(parts.libc, image),
    get takesBack() {
      takesBack ??= canTake({ libc, pidfds });
      return takesBack;
    },
    takeBack: (spec, identity, from) => takeBack({ libc, pidfds, watches }, { spec, identity, from }),
    ownsFile: (path, { file }) => file !== null && identify(path) === file,
    holderFiles: (directory, name, isOurs) => new DiskHolderFiles(makeFifo, directory, name, isOurs),
    makeFifo,
    openKeptReader: (options) => new KeptReader({ libc, handles }, options),
  };
  return { os, adopted };
}

function openPidfds(libc: Libc): Pidfds {
  try {
    return new Pidfds(libc);
  } catch (cause) {
    throw new RingmasterError('RM_NOT_DURABLE', [`Linux 5.3 or newer is needed: ${messageOf(cause)}`], { cause });
  }
}
