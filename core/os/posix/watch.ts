import { errnoName, OsError } from '../os-error.js';
import { check } from './fds.js';
import type { Handle, Handles } from './handles.js';
import { C, type Libc } from './libc.js';

/** @source sys/epoll.h; the structure is packed on x86-64 only */
const EPOLL = { CLOEXEC: 0o2000000, CTL_ADD: 1, CTL_DEL: 2, IN: 1 } as const;
const PACKED = process.arch === 'x64';
const EVENT_BYTES = PACKED ? 12 : 16;
const DATA_OFFSET = PACKED ? 4 : 8;
const MOST_EVENTS = 64;

/**
 * Tells when a descriptor of any kind can be read, without reading from it, by no thread and no polling.
 *
 * An epoll descriptor watches them all, and Node watches a copy of that one as if it were a pipe. As soon as something is ready,
 * Node's attempt to read it fails, which is the news. The copy is used up by that, so each time there is a fresh one.
 */
export class Watch {
  readonly #libc: Libc;
  readonly #handles: Handles;
  readonly #ready = new Map<number, Set<() => void>>();
  readonly #events = Buffer.alloc(EVENT_BYTES * MOST_EVENTS);
  /** Nothing is ever read into it. */
  readonly #buffer = Buffer.alloc(16);
  #epoll = -1;
  #handle: Handle | null = null;

  constructor(libc: Libc, handles: Handles) {
    this.#libc = libc;
    this.#handles = handles;
  }

  /** Calls once, in a later turn of the event loop. Disposing of what is returned means never. @throws OsError */
  once(fd: number, ready: () => void): Disposable {
    const own = (): void => ready();
    const others = this.#ready.get(fd);
    if (others) others.add(own);
    else this.#add(fd, own);
    return {
      [Symbol.dispose]: () => {
        const all = this.#ready.get(fd);
        if (all?.delete(own) && all.size === 0) this.#remove(fd);
      },
    };
  }

  #add(fd: number, ready: () => void): void {
    if (this.#epoll < 0) this.#epoll = check(this.#libc, this.#libc.epoll_create1(EPOLL.CLOEXEC), 'epoll_create1', WHAT);
    this.#control(EPOLL.CTL_ADD, fd);
    this.#ready.set(fd, new Set([ready]));
    if (!this.#handle) this.#arm();
  }

  #remove(fd: number): void {
    this.#control(EPOLL.CTL_DEL, fd);
    this.#ready.delete(fd);
    if (this.#ready.size === 0) this.#rest();
  }

  #control(operation: number, fd: number): void {
    const event = Buffer.alloc(EVENT_BYTES);
    event.writeUInt32LE(EPOLL.IN, 0);
    event.writeInt32LE(fd, DATA_OFFSET);
    check(this.#libc, this.#libc.epoll_ctl(this.#epoll, operation, fd, event), 'epoll_ctl', WHAT);
  }

  #arm(): void {
    const copy = check(this.#libc, this.#libc.fcntl(this.#epoll, C.F_DUPFD_CLOEXEC, 0), 'fcntl', WHAT);
    const handle = this.#handles.make();
    const failed = handle.open(copy);
    if (failed !== 0) {
      this.#libc.close(copy);
      throw new OsError(errnoName(-failed), 'uv_pipe_open', WHAT);
    }
    handle.useUserBuffer(this.#buffer);
    handle.onread = () => {
      handle.close();
      this.#handle = null;
      this.#tell();
    };
    handle.readStart();
    this.#handle = handle;
  }

  #tell(): void {
    const count = this.#libc.epoll_wait(this.#epoll, this.#events, MOST_EVENTS, 0);
    const callbacks: (() => void)[] = [];
    for (let index = 0; index < count; index++) {
      const fd = this.#events.readInt32LE(index * EVENT_BYTES + DATA_OFFSET);
      callbacks.push(...(this.#ready.get(fd) ?? []));
      this.#control(EPOLL.CTL_DEL, fd);
      this.#ready.delete(fd);
    }
    if (this.#ready.size > 0) this.#arm();
    else this.#rest();
    for (const callback of callbacks) callback();
  }

  #rest(): void {
    this.#handle?.close();
    this.#handle = null;
    this.#libc.close(this.#epoll);
    this.#epoll = -1;
  }
}

const WHAT = 'cannot wait for a socket';
