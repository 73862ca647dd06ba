import { OsError } from '../os-error.js';
import { AF, LONGEST_PATH_BYTES, unixAddress } from './address.js';
import { check } from './fds.js';
import { C, loadLibc } from './libc.js';

const SOCK_DGRAM = 2;
/** MSG_DONTWAIT and MSG_NOSIGNAL. @source send(2) of Linux */
const FLAGS = 0x40 | 0x4000;

/** Sends datagrams to a unix socket, which Node can't; not connected, so that a listener may be started again meanwhile. */
export interface DatagramSocket extends Disposable {
  /** Never waits. @throws OsError, with ECONNREFUSED or ENOENT where nobody listens and EAGAIN where the listener is behind */
  send(message: string): void;
  /** @throws OsError where nobody listens now */
  probe(): void;
}

/**
 * Opens a socket for sending; Linux only.
 *
 * @param address a path, or `@name` for the abstract namespace. @source unix(7), sd_notify(3)
 * @throws OsError where it is neither, or this is not Linux, or no socket can be opened; Error where there is no koffi for this platform
 */
export async function openDatagramSocket(address: string): Promise<DatagramSocket> {
  if (process.platform !== 'linux') throw new OsError('ENOSYS', 'socket', 'cannot use a unix socket of datagrams but on Linux');
  if (!/^[/@]/.test(address)) throw new OsError('EAFNOSUPPORT', 'connect', `${JSON.stringify(address)} is neither a path nor @name`);
  if (Buffer.byteLength(address) > LONGEST_PATH_BYTES) {
    throw new OsError('ENAMETOOLONG', 'connect', `cannot use a path of more than ${LONGEST_PATH_BYTES} bytes`);
  }
  const libc = await loadLibc();
  const to = socketAddress(address);
  const open = (): number => check(libc, libc.socket(AF.AF_UNIX, SOCK_DGRAM | C.O_CLOEXEC, 0), 'socket', 'cannot open a socket');
  let fd: number | null = open();
  return {
    send(message) {
      if (fd === null) throw new OsError('EBADF', 'sendto', `cannot send to ${address}`);
      const bytes = Buffer.from(message);
      check(libc, libc.sendto(fd, bytes, bytes.length, FLAGS, to, to.length), 'sendto', `cannot send to ${address}`);
    },
    probe() {
      const other = open();
      try {
        check(libc, libc.connect(other, to, to.length), 'connect', `cannot connect to ${address}`);
      } finally {
        libc.close(other);
      }
    },
    [Symbol.dispose]() {
      if (fd !== null) libc.close(fd);
      fd = null;
    },
  };
}

/** Abstract names begin with a zero and have none at their end. @source unix(7) */
function socketAddress(address: string): Buffer {
  if (!address.startsWith('@')) return unixAddress(address);
  return unixAddress(`\0${address.slice(1)}`).subarray(0, -1);
}
