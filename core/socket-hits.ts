import type { ListeningSocket } from './os/port.js';
import type { SocketTable, SocketView } from './sockets.js';

/** Connections, or datagrams, that came to a managed socket. */
export interface SocketHitCount {
  readonly socket: SocketView;
  /** Since the last time; those within the same millisecond are one. */
  readonly hits: number;
}

/** Counts what comes to the managed sockets, whoever takes it, until it is disposed of. */
export interface HitCounter extends Disposable {
  /**
   * What has come since this was called last, or since the beginning; in the order of the config. Sockets with `so_reuseport` are not
   * among them: each process has its own, which the supervisor does not see.
   */
  take(): readonly SocketHitCount[];
}

interface Counted {
  readonly socket: ListeningSocket;
  readonly watching: Disposable;
  hits: number;
}

/** Follows the table: a socket that takes the place of another is counted from the next `take` on. */
export class SocketHits implements HitCounter {
  readonly #table: SocketTable;
  readonly #counted = new Map<string, Counted>();

  constructor(table: SocketTable) {
    this.#table = table;
    this.#follow();
  }

  take(): readonly SocketHitCount[] {
    this.#follow();
    return this.#table.list().flatMap((socket) => {
      const counted = this.#counted.get(socket.name);
      if (!counted) return [];
      const { hits } = counted;
      counted.hits = 0;
      return [{ socket, hits }];
    });
  }

  [Symbol.dispose](): void {
    for (const { watching } of this.#counted.values()) watching[Symbol.dispose]();
    this.#counted.clear();
  }

  #follow(): void {
    const open = this.#table.sockets();
    for (const [name, { socket, watching }] of this.#counted) {
      if (open.get(name) === socket) continue;
      watching[Symbol.dispose]();
      this.#counted.delete(name);
    }
    for (const [name, socket] of open) {
      if (this.#counted.has(name)) continue;
      const counted: Counted = { socket, hits: 0, watching: socket.onArrival(() => counted.hits++) };
      this.#counted.set(name, counted);
    }
  }
}
