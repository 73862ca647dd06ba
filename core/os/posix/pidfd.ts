import { load } from 'koffi';
import { errnoName, OsError } from '../os-error.js';
import type { SignalResult } from '../port.js';
import { refused } from '../processes.js';
import type { Libc } from './libc.js';
import { SYS } from './syscalls.js';

/** No such descriptor, no such process, not permitted, or no such call: before Linux 5.6. */
const REFUSALS: readonly string[] = ['EBADF', 'ESRCH', 'EPERM', 'EACCES', 'ENOSYS'];
/** From Linux 6.9 on. @source linux/pidfd.h */
const SIGNAL_PROCESS_GROUP = 4;
/** From Linux 6.15 on: how a process has ended, once it is reaped. @source linux/pidfd.h: PIDFD_GET_INFO, PIDFD_INFO_EXIT */
const GET_INFO = 0xc040ff0b;
const INFO_BYTES = 64;
const INFO_EXIT = 8n;
const EXIT_CODE_OFFSET = 60;

/** Descriptors of processes, which never come to mean another process. */
export class Pidfds {
  readonly #libc: Libc;
  readonly #ioctl: (fd: number, request: number, argument: Uint8Array) => number;
  readonly #info = Buffer.alloc(INFO_BYTES);
  /** Whether a whole process group can be signalled through its leader's descriptor. */
  readonly groups: boolean;

  /** @throws OsError where the kernel has no such descriptors */
  constructor(libc: Libc) {
    this.#libc = libc;
    this.#ioctl = load(null).func('int ioctl(int, ulong, void *)');
    const own = this.open(process.pid);
    if (own === null) throw new OsError('ESRCH', 'pidfd_open', 'cannot open a descriptor of a process');
    this.groups = this.#libc.syscall(SYS.pidfd_send_signal, own, 0, 0, SIGNAL_PROCESS_GROUP, 0) === 0;
    libc.close(own);
  }

  /** Of whoever has the pid now, closed in children; null for nobody. @throws OsError */
  open(pid: number): number | null {
    const fd = this.#libc.syscall(SYS.pidfd_open, pid, 0, 0, 0, 0);
    if (fd >= 0) return fd;
    const code = errnoName(this.#libc.errno());
    if (code === 'ESRCH') return null;
    throw new OsError(code, 'pidfd_open', `cannot watch process ${pid}`);
  }

  /** A copy of a descriptor of that process, closed in children. Null where it has none of that number, or may not be asked. @throws OsError */
  take(pidfd: number, fd: number): number | null {
    const copy = this.#libc.syscall(SYS.pidfd_getfd, pidfd, fd, 0, 0, 0);
    if (copy >= 0) return copy;
    const code = errnoName(this.#libc.errno());
    if (REFUSALS.includes(code)) return null;
    throw new OsError(code, 'pidfd_getfd', 'cannot take a descriptor of another process');
  }

  signal(pidfd: number, signum: number): SignalResult {
    return this.#send(pidfd, signum, 0);
  }

  /** Only where `groups` says so; the leader need not live. */
  signalGroup(pidfd: number, signum: number): SignalResult {
    return this.#send(pidfd, signum, SIGNAL_PROCESS_GROUP);
  }

  /** The status as of waitpid(2) of a process that was reaped; null where it was not, or the kernel does not tell. */
  status(pidfd: number): number | null {
    this.#info.fill(0);
    this.#info.writeBigUInt64LE(INFO_EXIT, 0);
    if (this.#ioctl(pidfd, GET_INFO, this.#info) < 0) return null;
    return (this.#info.readBigUInt64LE(0) & INFO_EXIT) === 0n ? null : this.#info.readInt32LE(EXIT_CODE_OFFSET);
  }

  #send(pidfd: number, signum: number, flags: number): SignalResult {
    if (this.#libc.syscall(SYS.pidfd_send_signal, pidfd, signum, 0, flags, 0) === 0) return 'sent';
    const code = errnoName(this.#libc.errno());
    const result = refused(code);
    if (result === null) throw new OsError(code, 'pidfd_send_signal', `signal ${signum}`);
    return result;
  }
}
