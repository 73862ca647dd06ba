import { Epoll } from './epoll.js';
import type { Handles } from './handles.js';
import type { Libc } from './libc.js';

/** A flood of connections must not keep the daemon busy with counting them. */
const PAUSE_MS = 1;

/**
 * Tells that connections or datagrams have come to a listening descriptor, whoever takes them. An edge of the kernel's may stand for
 * several that came together, and those that come within the same millisecond are one in any case.
 *
 * @source epoll(7), EPOLLET
 */
export class Arrivals {
  readonly #epoll: Epoll;
  readonly #told = new Map<number, Set<() => void>>();
  #pause: NodeJS.Timeout | null = null;

  constructor(libc: Libc, handles: Handles) {
    this.#epoll = new Epoll(libc, handles);
  }

  /** Calls until what is returned is disposed of. @throws OsError */
  of(fd: number, arrived: () => void): Disposable {
    const own = (): void => arrived();
    const others = this.#told.get(fd);
    if (others) others.add(own);
    else {
      this.#epoll.add(fd, true);
      this.#told.set(fd, new Set([own]));
      if (this.#pause === null) this.#epoll.arm(() => this.#tell());
    }
    return {
      [Symbol.dispose]: () => {
        const all = this.#told.get(fd);
        if (!all?.delete(own) || all.size > 0) return;
        this.#epoll.remove(fd);
        this.#told.delete(fd);
        if (this.#told.size === 0) this.#rest();
      },
    };
  }

  #tell(): void {
    const callbacks = this.#epoll.ready().flatMap((fd) => [...(this.#told.get(fd) ?? [])]);
    this.#pause = setTimeout(() => {
      this.#pause = null;
      this.#epoll.arm(() => this.#tell());
    }, PAUSE_MS);
    for (const callback of callbacks) callback();
  }

  #rest(): void {
    if (this.#pause !== null) clearTimeout(this.#pause);
    this.#pause = null;
    this.#epoll.rest();
  }
}
