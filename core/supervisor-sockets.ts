import type { Clock } from './clock.js';
import type { SocketOptions } from './config/schema/socket.js';
import { OnDemand } from './on-demand.js';
import type { Os } from './os/port.js';
import type { Scope } from './scope.js';
import { type HitCounter, SocketHits } from './socket-hits.js';
import { type SocketChange, SocketTable, type SocketView } from './sockets.js';
import type { Watcher } from './watcher.js';

/** The managed sockets of a supervisor while it runs, and the watchers that wait at them. */
export class SupervisorSockets {
  readonly table: SocketTable;
  readonly #demand: OnDemand;

  /** @param scope closes the sockets when it ends */
  constructor(os: Os, clock: Clock, scope: Scope, watchers: () => readonly Watcher[]) {
    this.table = new SocketTable(os);
    this.#demand = new OnDemand(this.table, clock, watchers);
    scope.add('sockets', () => {
      this.#demand[Symbol.dispose]();
      this.table[Symbol.dispose]();
    });
  }

  /** Leaves them open for whoever has them too: the end of the scope closes none, and removes no file. */
  leave(): void {
    this.#demand[Symbol.dispose]();
    this.table.leave();
  }

  /** @throws RM_SOCKET_OPEN */
  open(sockets: Readonly<Record<string, SocketOptions>>): Promise<void> {
    return this.table.open(sockets);
  }

  /** Opens what these have more or otherwise; watchers that wait for a connection follow. @throws RM_SOCKET_OPEN: then nothing has changed */
  async change(sockets: Readonly<Record<string, SocketOptions>>): Promise<SocketChange> {
    const change = await this.table.change(sockets);
    return {
      commit: () => {
        change.commit();
        this.#demand.arm();
      },
      [Symbol.dispose]: () => change[Symbol.dispose](),
    };
  }

  /** Counts connections from now on, until it is disposed of. */
  countHits(): HitCounter {
    return new SocketHits(this.table);
  }

  /** A watcher waits for a connection. */
  demand(): void {
    this.#demand.arm();
  }

  list(): readonly SocketView[] {
    return this.table.list();
  }

  /** The number that processes have each socket under. */
  numbers(): Readonly<Record<string, number>> {
    return Object.fromEntries(this.list().map(({ name, number }) => [name, number]));
  }
}
