import type { Clock } from './clock.js';
import type { SocketOptions } from './config/schema/socket.js';
import { OnDemand } from './on-demand.js';
import type { Os } from './os/port.js';
import type { Scope } from './scope.js';
import { SocketTable, type SocketView } from './sockets.js';
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

  /** @throws RM_SOCKET_OPEN */
  open(sockets: Readonly<Record<string, SocketOptions>>): Promise<void> {
    return this.table.open(sockets);
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
