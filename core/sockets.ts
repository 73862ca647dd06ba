import { isSame } from './config/diff.js';
import type { SocketOptions } from './config/schema/socket.js';
import type { KeptSocket, SocketKeeper } from './durable/socket-keeper.js';
import type { FdSource, ListeningSocket, ListenSpec, Os } from './os/port.js';
import { Loanable } from './socket-loanable.js';
import { type Opened, openSocket } from './socket-open.js';
import { isSameSocket, listenSpec, numberSockets } from './socket-plan.js';

const FIRST_LISTEN_FD = 3;

/** One managed socket, as operators see it. */
export interface SocketView {
  readonly name: string;
  /** The number that processes have it under. */
  readonly number: number;
  readonly backlog: number;
  readonly host: string | null;
  readonly port: number | null;
  readonly path: string | null;
}

/** The sockets that one process is started with. */
export interface Loan {
  /** By number in the process. */
  readonly fds: ReadonlyMap<number, FdSource>;
  /** What tells the process of them; LISTEN_PID is its own to know. @source sd_listen_fds(3) */
  readonly env: Readonly<Record<string, string>>;
  /** The process has been started, or never will be: what was opened for it alone is closed here. */
  settle(): void;
}

/** Other sockets, open beside those that are lent. Disposed of before `commit` it is undone, after it what was replaced is closed. */
export interface SocketChange extends Disposable {
  /** From now on processes get these. */
  commit(): void;
}

/** A managed socket of the table. */
interface Entry {
  readonly view: SocketView;
  /** As the config asks for it. */
  readonly asked: ListenSpec;
  /** With the address as bound. */
  readonly spec: ListenSpec;
  /** Null where each process gets a socket of its own. */
  readonly socket: Loanable | null;
}

/** All managed sockets of a supervisor. It binds and listens, and never accepts. */
export class SocketTable implements Disposable {
  readonly #os: Os;
  readonly #keeper: () => SocketKeeper | null;
  #entries: readonly Entry[] = [];
  /** Replaced ones that are not closed yet. */
  readonly #leaving = new Set<Entry>();

  /** @param keeper keeps them open over a crash; null where that is not asked for */
  constructor(os: Os, keeper: () => SocketKeeper | null = () => null) {
    this.#os = os;
    this.#keeper = keeper;
  }

  /** Begins with those that an earlier supervisor has left. @returns names of those whose users no longer hear anybody */
  async resume(): Promise<readonly string[]> {
    const resumed = await this.#keeper()?.resume();
    this.#entries = resumed?.sockets.map(entryAgain) ?? [];
    return resumed?.replaced ?? [];
  }

  /**
   * Opens all of them, or none.
   *
   * @throws RM_SOCKET_OPEN for the first that can't be opened, with the address, who holds it where that can be known, and what to do
   */
  async open(sockets: Readonly<Record<string, SocketOptions>>): Promise<void> {
    using change = await this.change(sockets);
    change.commit();
    await this.keep();
  }

  /** Has them outlive a crash as they are now, where that is asked for. */
  async keep(): Promise<void> {
    const kept = this.#entries.map(({ view: { name, number }, asked, spec, socket }) => ({
      ...{ name, number, asked, spec },
      socket: socket?.socket ?? null,
    }));
    await this.#keeper()?.keep(kept);
  }

  /**
   * Opens what these sockets have more or otherwise; what is the same stays open, under its number.
   *
   * @throws RM_SOCKET_OPEN: then nothing has changed
   */
  async change(sockets: Readonly<Record<string, SocketOptions>>): Promise<SocketChange> {
    const before = new Map(this.#entries.map((entry) => [entry.view.name, entry]));
    const numbers = numberSockets(Object.keys(sockets), new Map(this.#entries.map(({ view }) => [view.name, view.number])));
    const wanted = Object.entries(sockets).map(([name, options]) => {
      const old = before.get(name);
      const asked = listenSpec(options);
      return { name, asked, number: numbers.get(name) ?? 0, stays: old && isSameSocket(old.asked, asked) ? old : undefined };
    });
    const staying = new Set(wanted.map(({ stays }) => stays));
    const leaving = this.#entries.filter((entry) => !staying.has(entry));
    const leavingNow = leaving.map(({ spec, socket }) => ({ spec, socket: socket?.socket ?? null }));
    const opened: Opened[] = [];
    const adjusted: Entry[] = [];
    const undo = (): void => {
      for (const one of opened) one.undo();
      for (const { socket, spec } of adjusted) socket?.socket.adjust(spec);
    };
    const entries: Entry[] = [];
    try {
      for (const { name, asked, number, stays } of wanted) {
        if (stays) {
          const { host, port } = stays.spec;
          const spec = { ...asked, host, port, so_reuseport: stays.spec.so_reuseport };
          entries.push({ ...stays, asked, spec, view: { ...stays.view, backlog: asked.backlog } });
          if (isSame(stays.spec, spec)) continue;
          adjusted.push(stays);
          stays.socket?.socket.adjust(spec);
        } else {
          const one = await openSocket(this.#os, name, asked, leavingNow);
          opened.push(one);
          entries.push(entryOf(name, number, asked, one));
        }
      }
    } catch (error) {
      undo();
      throw error;
    }
    let committed = false;
    return {
      commit: () => {
        for (const one of opened) one.settle();
        committed = true;
        this.#replace(entries, leaving);
        void this.keep();
      },
      [Symbol.dispose]: () => {
        if (committed) for (const entry of leaving) this.#close(entry);
        else undo();
      },
    };
  }

  /** In the order of the config. */
  list(): readonly SocketView[] {
    return this.#entries.map((entry) => entry.view);
  }

  /** Those that are open here, by name. */
  sockets(): ReadonlyMap<string, ListeningSocket> {
    return new Map(this.#entries.flatMap(({ view, socket }) => (socket ? [[view.name, socket.socket]] : [])));
  }

  /**
   * What a process of a watcher with `use_sockets` gets.
   *
   * @param names those that its command names, in lower case, under the numbers of the table; null for all, from three on without a gap
   * @throws RM_SOCKET_OPEN for a socket of its own
   */
  async lend(names: readonly string[] | null = null): Promise<Loan> {
    const entries = this.#entries
      .filter(({ view }) => names === null || names.includes(view.name.toLowerCase()))
      .toSorted((a, b) => a.view.number - b.view.number);
    const ends: (() => void)[] = [];
    const settle = (): void => {
      for (const end of ends.splice(0)) end();
    };
    const fds = new Map<number, FdSource>();
    // What is open now must not be closed, and its number taken, while the others are being opened.
    for (const { socket } of entries) if (socket) ends.push(socket.lend());
    try {
      for (const [index, { view, spec, socket }] of entries.entries()) {
        const given = socket?.socket ?? (await openSocket(this.#os, view.name, spec)).socket;
        if (!socket) ends.push(() => given.close());
        given.resetMode();
        fds.set(names === null ? FIRST_LISTEN_FD + index : view.number, { kind: 'fd', fd: given.fd });
      }
    } catch (error) {
      settle();
      throw error;
    }
    const told = entries.map(({ view }) => view.name.replaceAll(':', '_'));
    return { fds, env: { LISTEN_FDS: String(told.length), LISTEN_FDNAMES: told.join(':') }, settle };
  }

  /** What a process gets for its standard input; undefined where there is no such socket, or each process has its own. */
  stdin(name: string): FdSource | undefined {
    const socket = this.#entries.find(({ view }) => view.name.toLowerCase() === name.toLowerCase())?.socket?.socket;
    socket?.resetMode();
    return socket ? { kind: 'fd', fd: socket.fd } : undefined;
  }

  /** Calls once, with the name, as soon as a connection or a datagram waits at one of those named. */
  onReady(names: ReadonlySet<string>, ready: (name: string) => void): Disposable {
    const waiting: Disposable[] = [];
    const stop = (): void => {
      for (const one of waiting.splice(0)) one[Symbol.dispose]();
    };
    for (const [name, socket] of this.sockets()) {
      if (!names.has(name)) continue;
      const told = (): void => {
        if (waiting.length === 0) return;
        stop();
        ready(name);
      };
      waiting.push(socket.onReady(told));
    }
    return { [Symbol.dispose]: stop };
  }

  /** Closes all here, and leaves them to processes that have them. */
  leave(): void {
    for (const { socket } of [...this.#entries, ...this.#leaving]) socket?.socket.leave();
    this.#leaving.clear();
    this.#entries = [];
  }

  /** Closes all, and removes the files of unix sockets. */
  [Symbol.dispose](): void {
    for (const { socket } of [...this.#entries, ...this.#leaving]) socket?.close();
    this.#leaving.clear();
    this.#entries = [];
  }

  /**
   * Processes that have a socket keep it open until they end, so that what has a port is closed here at once: none of its connections
   * may wait for a process that never comes. The file of a unix socket stays for its users.
   */
  #replace(entries: readonly Entry[], leaving: readonly Entry[]): void {
    this.#entries = entries;
    for (const entry of leaving) {
      this.#leaving.add(entry);
      if (entry.view.path === null) this.#close(entry);
    }
  }

  #close(entry: Entry): void {
    this.#leaving.delete(entry);
    entry.socket?.close();
  }
}

function entryAgain({ name, number, asked, spec, socket }: KeptSocket): Entry {
  const unix = asked.path !== null;
  const view = { name, number, backlog: asked.backlog, host: unix ? null : spec.host, port: unix ? null : spec.port, path: asked.path };
  return { view, asked, spec, socket: socket && new Loanable(socket) };
}

function entryOf(name: string, number: number, asked: ListenSpec, { socket, spec }: Opened): Entry {
  const { host, port } = socket;
  const view = { name, number, backlog: asked.backlog, host, port, path: asked.path };
  if (!asked.so_reuseport) return { view, asked, spec, socket: new Loanable(socket) };
  // One that nobody accepts from would take its share of the connections. That it can be opened is known now, and its port.
  socket.close();
  return { view, asked, spec, socket: null };
}
