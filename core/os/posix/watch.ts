import { Epoll } from './epoll.js';
import type { Handles } from './handles.js';
import type { Libc } from './libc.js';

/** Tells once when a descriptor of any kind can be read, without reading from it. */
export class Watch {
  readonly #epoll: Epoll;
  readonly #ready = new Map<number, Set<() => void>>();

  constructor(libc: Libc, handles: Handles) {
    this.#epoll = new Epoll(libc, handles);
  }

  /** Calls once, in a later turn of the event loop. Disposing of what is returned means never. @throws OsError */
  once(fd: number, ready: () => void): Disposable {
    const own = (): void => ready();
    const others = this.#ready.get(fd);
    if (others) others.add(own);
    else {
      this.#epoll.add(fd);
      this.#ready.set(fd, new Set([own]));
      this.#epoll.arm(() => this.#tell());
    }
    return {
      [Symbol.dispose]: () => {
        const all = this.#ready.get(fd);
        if (!all?.delete(own) || all.size > 0) return;
        this.#forget(fd);
        if (this.#ready.size === 0) this.#epoll.rest();
      },
    };
  }

  #tell(): void {
    const callbacks = this.#epoll.ready().flatMap((fd) => {
      const waiting = [...(this.#ready.get(fd) ?? [])];
      this.#forget(fd);
      return waiting;
    });
    if (this.#ready.size > 0) this.#epoll.arm(() => this.#tell());
    else this.#epoll.rest();
    for (const callback of callbacks) callback();
  }

  #forget(fd: number): void {
    this.#epoll.remove(fd);
    this.#ready.delete(fd);
  }
}
