import { chownSync, readSync } from 'node:fs';
import { errnoOf, OsError } from '../os-error.js';
import type { ListenSpec } from '../port.js';
import { userId } from '../users.js';
import { Arrivals } from './arrivals.js';
import { findHandles } from './handles.js';
import { loadLibc } from './libc.js';
import { listen } from './sockets.js';
import { Watch } from './watch.js';

/** More than any notification; systemd reads as much. */
const LONGEST_BYTES = 4096;
/** Then others have their turn. */
const MOST_AT_ONCE = 64;

/** What listens: when it is disposed of it removes its file. */
export interface NotifySocket extends Disposable {
  /** Listens no more, and leaves the file. */
  leave(): void;
}

/** Receives datagrams at sockets of the file system, as systemd does for sd_notify(3). */
export interface NotifyListener {
  /**
   * Listens until what is returned is disposed of.
   *
   * @param user name or id of who may send, besides the daemon's own user; null: nobody
   * @throws OsError; Error where there is no such user
   */
  listen(path: string, user: string | number | null, heard: (text: string) => void): Promise<NotifySocket>;
}

/** Makes what receives notifications; Linux only. @throws OsError where that can't be done here; Error where there is no koffi */
export async function openNotifyListener(): Promise<NotifyListener> {
  const unsupported = new OsError('ENOSYS', 'epoll_create1', 'notifications can not be received on this system');
  if (process.platform !== 'linux') throw unsupported;
  const libc = await loadLibc();
  const handles = await findHandles(libc);
  if (handles === null) throw unsupported;
  const watches = { watch: new Watch(libc, handles), arrivals: new Arrivals(libc, handles) };
  const buffer = Buffer.alloc(LONGEST_BYTES);
  return {
    async listen(path, user, heard) {
      const socket = await listen(libc, watches, specOf(path));
      try {
        if (user !== null) chownSync(path, userId(user).uid, -1);
      } catch (error) {
        socket.close();
        throw error;
      }
      let open = true;
      const ready = (): void => {
        for (let count = 0; open && count < MOST_AT_ONCE; count++) {
          const text = receive(socket.fd, buffer);
          if (text === null) break;
          heard(text);
        }
        if (open) socket.onReady(ready);
      };
      socket.onReady(ready);
      return {
        leave() {
          if (open) socket.leave();
          open = false;
        },
        [Symbol.dispose]() {
          if (open) socket.close();
          open = false;
        },
      };
    },
  };
}

/** The next datagram; null where none waits. */
function receive(fd: number, buffer: Buffer): string | null {
  try {
    return buffer.toString('utf8', 0, readSync(fd, buffer));
  } catch (error) {
    if (errnoOf(error) === 'EAGAIN') return null;
    throw error;
  }
}

/** For nobody but the owner of the file. */
function specOf(path: string): ListenSpec {
  return {
    family: 'AF_UNIX',
    type: 'SOCK_DGRAM',
    host: '',
    port: 0,
    path,
    proto: null,
    interface: null,
    umask: 0o177,
    replace: true,
    so_reuseport: false,
    backlog: 0,
    blocking: false,
  };
}
