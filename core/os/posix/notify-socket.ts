import { OsError } from '../os-error.js';
import { AF, LONGEST_PATH_BYTES, unixAddress } from './address.js';
import { check } from './fds.js';
import { C, loadLibc } from './libc.js';

const SOCK_DGRAM = 2;
/** @source send(2) of Linux */
const MSG_DONTWAIT = 0x40;
const MSG_NOSIGNAL = 0x4000;

/** Sends to a datagram socket of the file system or the abstract namespace, as sd_notify(3) does. */
export interface NotifySocket extends Disposable {
  /** Never waits. @throws OsError, with ECONNREFUSED or ENOENT where nobody listens and EAGAIN where the receiver is behind */
  send(text: string): void;
}

/**
 * Opens a socket to send notifications by; Linux only.
 *
 * @param address a path, or `@name` for the abstract namespace, as in NOTIFY_SOCKET. @source sd_notify(3)
 * @throws OsError where it is neither, or no socket can be opened; Error where there is no koffi for this platform
 */
export async function openNotifySocket(address: string): Promise<NotifySocket> {
  if (!/^[/@]/.test(address)) throw new OsError('EAFNOSUPPORT', 'connect', `${JSON.stringify(address)} is neither a path nor @name`);
  if (Buffer.byteLength(address) > LONGEST_PATH_BYTES) throw new OsError('ENAMETOOLONG', 'connect', `${address} is too long for a socket`);
  const libc = await loadLibc();
  const to = socketAddress(address);
  const fd = check(libc, libc.socket(AF.AF_UNIX, SOCK_DGRAM | C.O_CLOEXEC, 0), 'socket', 'cannot open a socket');
  let open = true;
  return {
    send(text) {
      const bytes = Buffer.from(text);
      check(libc, libc.sendto(fd, bytes, bytes.length, MSG_DONTWAIT | MSG_NOSIGNAL, to, to.length), 'sendto', `cannot notify ${address}`);
    },
    [Symbol.dispose]() {
      if (open) libc.close(fd);
      open = false;
    },
  };
}

/** Abstract names begin with a zero and have none at their end. @source unix(7) */
function socketAddress(address: string): Buffer {
  if (!address.startsWith('@')) return unixAddress(address);
  return unixAddress(`\0${address.slice(1)}`).subarray(0, -1);
}
