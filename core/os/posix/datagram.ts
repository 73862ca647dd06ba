import { errnoName, OsError } from '../os-error.js';
import { AF, LONGEST_PATH_BYTES, unixAddress } from './address.js';
import { C } from './libc.js';

/** A connected socket of datagrams; Node has none of the unix kind. */
export interface DatagramSocket {
  /** Never waits. @throws OsError, ECONNREFUSED where nobody listens any more, EAGAIN where the listener is behind */
  send(message: Uint8Array): void;
  close(): void;
}

const SOCK_DGRAM = 2;
/** @source sys/socket.h of Linux */
const MSG_DONTWAIT_NOSIGNAL = 0x40 | 0x4000;
/**
 * What connects to a unix socket of datagrams, such as /dev/log.
 *
 * @returns throws OsError where that can't be done at the moment
 * @throws OsError where the path is too long, or this is not Linux
 */
export async function connectDatagram(path: string): Promise<() => DatagramSocket> {
  if (process.platform !== 'linux') throw new OsError('ENOSYS', 'socket', 'cannot use a socket of datagrams but on Linux');
  if (Buffer.byteLength(path) > LONGEST_PATH_BYTES) {
    throw new OsError('ENAMETOOLONG', 'connect', `cannot use a path of more than ${LONGEST_PATH_BYTES} bytes`);
  }
  const { load, errno } = await import('koffi');
  const library = load(null);
  const [socket, connect, send, close] = [
    library.func('int socket(int, int, int)'),
    library.func('int connect(int, void *, uint)'),
    library.func('long send(int, void *, ulong, int)'),
    library.func('int close(int)'),
  ];
  const failed = (call: string, what: string): OsError => new OsError(errnoName(errno()), call, what);
  return () => {
    const fd: number = socket(AF.AF_UNIX, SOCK_DGRAM | C.O_CLOEXEC, 0);
    if (fd < 0) throw failed('socket', 'cannot open a socket');
    const address = unixAddress(path);
    if (connect(fd, address, address.length) !== 0) {
      const error = failed('connect', `cannot connect to ${path}`);
      close(fd);
      throw error;
    }
    return {
      send(message) {
        if (send(fd, message, message.length, MSG_DONTWAIT_NOSIGNAL) < 0) throw failed('send', `cannot send to ${path}`);
      },
      close: () => {
        close(fd);
      },
    };
  };
}
