import { errnoName, OsError } from '../os-error.js';
import { check } from './fds.js';
import type { Handle, Handles } from './handles.js';
import { C, type Libc } from './libc.js';

/** @source sys/epoll.h; the structure is packed on x86-64 only */
const EPOLL = { CLOEXEC: 0o2000000, CTL_ADD: 1, CTL_DEL: 2, CTL_MOD: 3, IN: 1, EDGE: 0x80000000 } as const;
const PACKED = process.arch === 'x64';
const EVENT_BYTES = PACKED ? 12 : 16;
const DATA_OFFSET = PACKED ? 4 : 8;
const MOST_EVENTS = 64;
const WHAT = 'cannot wait for a socket';

/**
 * A set of descriptors of any kind that tells in Node's loop when one of them can be read, by no thread and no polling.
 *
 * Node watches a copy of the epoll descriptor as if it were a pipe. As soon as something is ready, Node's attempt to read it fails,
 * which is the news. The copy is used up by that, so each time there is a fresh one.
 */
export class Epoll {
  readonly #libc: Libc;
  readonly #handles: Handles;
  readonly #events = Buffer.alloc(EVENT_BYTES * MOST_EVENTS);
  /** Nothing is ever read into it. */
  readonly #buffer = Buffer.alloc(16);
  #epoll = -1;
  #handle: Handle | null = null;
  #idle = false;

  constructor(libc: Libc, handles: Handles) {
    this.#libc = libc;
    this.#handles = handles;
  }

  /** @param edge tell once for each time that something comes, not as long as something is there */
  add(fd: number, edge = false): void {
    if (this.#epoll < 0) this.#epoll = check(this.#libc, this.#libc.epoll_create1(EPOLL.CLOEXEC), 'epoll_create1', WHAT);
    this.#control(EPOLL.CTL_ADD, fd, edge ? EPOLL.IN + EPOLL.EDGE : EPOLL.IN);
  }

  /** Tells nothing of one that was added as an edge, its end aside, until it is to be told again: then also what is there already. */
  hush(fd: number, isHushed: boolean): void {
    this.#control(EPOLL.CTL_MOD, fd, isHushed ? 0 : EPOLL.IN + EPOLL.EDGE);
  }

  remove(fd: number): void {
    this.#control(EPOLL.CTL_DEL, fd, 0);
  }

  /** Those that are ready now. */
  ready(): readonly number[] {
    const count = this.#libc.epoll_wait(this.#epoll, this.#events, MOST_EVENTS, 0);
    return Array.from({ length: Math.max(0, count) }, (_, index) => this.#events.readInt32LE(index * EVENT_BYTES + DATA_OFFSET));
  }

  /** Calls once, in a later turn of the event loop, when something is ready; a second call while one waits changes nothing. */
  arm(told: () => void): void {
    if (this.#handle) return;
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
      told();
    };
    handle.readStart();
    if (this.#idle) handle.unref();
    this.#handle = handle;
  }

  /** Whether waiting keeps the host process alive; it does where nothing is said. */
  keepAlive(keep: boolean): void {
    this.#idle = !keep;
    if (keep) this.#handle?.ref();
    else this.#handle?.unref();
  }

  /** Closes all; it can be added to again. */
  rest(): void {
    this.#handle?.close();
    this.#handle = null;
    if (this.#epoll >= 0) this.#libc.close(this.#epoll);
    this.#epoll = -1;
  }

  #control(operation: number, fd: number, events: number): void {
    const event = Buffer.alloc(EVENT_BYTES);
    event.writeUInt32LE(events, 0);
    event.writeInt32LE(fd, DATA_OFFSET);
    check(this.#libc, this.#libc.epoll_ctl(this.#epoll, operation, fd, event), 'epoll_ctl', WHAT);
  }
}
