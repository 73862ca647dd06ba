import type { Clock } from './clock.js';
import { usesSocket } from './config/diff.js';
import type { SocketOptions } from './config/schema/socket.js';
import { OnDemand } from './on-demand.js';
import type { Os } from './os/port.js';
import type { Scope } from './scope.js';
import { type HitCounter, SocketHits } from './socket-hits.js';
import { type SocketChange, SocketTable, type SocketView } from './sockets.js';
import type { SupervisorDurable } from './supervisor-durable.js';
import type { Watcher } from './watcher.js';

/** The managed sockets of a supervisor while it runs, and the watchers that wait at them. */
export class SupervisorSockets {
  readonly table: SocketTable;
  readonly #demand: OnDemand;
  readonly #durable: SupervisorDurable;
  readonly #watchers: () => readonly Watcher[];
  #replaced: readonly string[] = [];

  /** @param durable keeps the sockets open over a crash. @param scope closes the sockets when it ends */
  constructor(os: Os, clock: Clock, scope: Scope, durable: SupervisorDurable, watchers: () => readonly Watcher[]) {
    this.table = new SocketTable(os, () => durable.sockets);
    this.#demand = new OnDemand(this.table, clock, watchers);
    this.#watchers = watchers;
    this.#durable = durable;
    scope.add('sockets', async () => {
      this.#demand[Symbol.dispose]();
      if (!durable.isClean) return this.table.leave();
      this.table[Symbol.dispose]();
      await durable.sockets?.end();
    });
  }

  /**
   * Takes back what an earlier supervisor has left of these, and opens the others.
   *
   * @throws RM_SOCKET_OPEN unless there is somebody to be taken over: then the supervisor goes on with those that are open, and the config
   * is still to be applied
   */
  async open(sockets: Readonly<Record<string, SocketOptions>>): Promise<void> {
    this.#replaced = await this.table.resume();
    try {
      await this.table.open(sockets);
    } catch (error) {
      if (this.#durable.isClean) throw error;
      this.#durable.complain(error);
      await this.table.keep();
    }
  }

  /** Has processes replaced that an earlier supervisor has left with a socket which nobody reaches any more. */
  renewUsers(): void {
    const open = new Set(this.list().map(({ name }) => name));
    const replaced = this.#replaced.filter((name) => open.has(name));
    // Others may be opened later: until then what has the old one is all there is.
    this.#replaced = this.#replaced.filter((name) => !open.has(name));
    for (const watcher of this.#watchers()) {
      if (replaced.some((name) => usesSocket(watcher.spec, name))) void watcher.update(watcher.spec, true);
    }
  }

  /** Opens what these have more or otherwise; watchers that wait for a connection follow. @throws RM_SOCKET_OPEN: then nothing has changed */
  async change(sockets: Readonly<Record<string, SocketOptions>>): Promise<SocketChange> {
    const change = await this.table.change(sockets);
    return {
      commit: () => {
        change.commit();
        this.#demand.arm();
        this.renewUsers();
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
