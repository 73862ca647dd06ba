import type { SocketOptions } from './config/schema/socket.js';
import { messageOf, RingmasterError } from './errors.js';
import { holderOf } from './os/holder.js';
import type { FdSource, ListeningSocket, ListenSpec, Os } from './os/port.js';

/** Systemd's first number, and the first that a program has not got already. @source sd_listen_fds(3) */
const FIRST_NUMBER = 3;

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
  /** The number in the process, by name. */
  readonly numbers: Readonly<Record<string, number>>;
  /** What tells the process of them; LISTEN_PID is its own to know. @source sd_listen_fds(3) */
  readonly env: Readonly<Record<string, string>>;
  /** The process has been started, or never will be: what was opened for it alone is closed here. */
  settle(): void;
}

interface Entry {
  readonly view: SocketView;
  readonly spec: ListenSpec;
  /** Null where each process gets a socket of its own. */
  readonly socket: ListeningSocket | null;
}

/** All managed sockets of a supervisor. It binds and listens, and never accepts. */
export class SocketTable implements Disposable {
  readonly #os: Os;
  #entries: readonly Entry[] = [];

  constructor(os: Os) {
    this.#os = os;
  }

  /**
   * Opens all of them, or none.
   *
   * @throws RM_SOCKET_OPEN for the first that can't be opened, with the address, who holds it where that can be known, and what to do
   */
  async open(sockets: Readonly<Record<string, SocketOptions>>): Promise<void> {
    const entries: Entry[] = [];
    try {
      for (const [name, options] of Object.entries(sockets))
        entries.push(await this.#openOne(name, options, FIRST_NUMBER + entries.length));
    } catch (error) {
      for (const { socket } of entries) socket?.close();
      throw error;
    }
    this.#entries = entries;
  }

  /** In the order of the config. */
  list(): readonly SocketView[] {
    return this.#entries.map((entry) => entry.view);
  }

  /** Everything that a process of a watcher with `use_sockets` gets. @throws RM_SOCKET_OPEN for a socket of its own */
  async lend(): Promise<Loan> {
    const own: ListeningSocket[] = [];
    const fds = new Map<number, FdSource>();
    try {
      for (const { view, spec, socket } of this.#entries) {
        socket?.resetMode();
        const given = socket ?? (await this.#listen(view.name, spec));
        if (!socket) own.push(given);
        fds.set(view.number, { kind: 'fd', fd: given.fd });
      }
    } catch (error) {
      for (const socket of own) socket.close();
      throw error;
    }
    const views = this.list();
    return {
      fds,
      numbers: Object.fromEntries(views.map(({ name, number }) => [name, number])),
      env: { LISTEN_FDS: String(views.length), LISTEN_FDNAMES: views.map(({ name }) => name.replaceAll(':', '_')).join(':') },
      settle: () => {
        for (const socket of own.splice(0)) socket.close();
      },
    };
  }

  /** What a process gets for its standard input; undefined where there is no such socket, or each process has its own. */
  stdin(name: string): FdSource | undefined {
    const socket = this.#entries.find((entry) => entry.view.name === name)?.socket;
    socket?.resetMode();
    return socket ? { kind: 'fd', fd: socket.fd } : undefined;
  }

  /** Calls once, with the name, as soon as a connection or a datagram waits at one of those named. */
  onReady(names: ReadonlySet<string>, ready: (name: string) => void): Disposable {
    const waiting: Disposable[] = [];
    const stop = (): void => {
      for (const one of waiting.splice(0)) one[Symbol.dispose]();
    };
    for (const { socket, view } of this.#entries) {
      if (!socket || !names.has(view.name)) continue;
      const told = (): void => {
        if (waiting.length === 0) return;
        stop();
        ready(view.name);
      };
      waiting.push(socket.onReady(told));
    }
    return { [Symbol.dispose]: stop };
  }

  /** Closes all, and removes the files of unix sockets. */
  [Symbol.dispose](): void {
    for (const { socket } of this.#entries) socket?.close();
    this.#entries = [];
  }

  async #openOne(name: string, options: SocketOptions, number: number): Promise<Entry> {
    const spec = specOf(options);
    const socket = await this.#listen(name, spec);
    const { host, port, path } = socket;
    const view = { name, number, backlog: options.backlog, host, port, path };
    if (!spec.so_reuseport) return { view, spec, socket };
    // One that nobody accepts from would take its share of the connections. That it can be opened is known now, and its port.
    socket.close();
    return { view, spec: { ...spec, port: port ?? 0, host: host ?? spec.host }, socket: null };
  }

  async #listen(name: string, spec: ListenSpec): Promise<ListeningSocket> {
    try {
      return await this.#os.listen(spec);
    } catch (cause) {
      const where = spec.family === 'AF_UNIX' ? `${spec.path}` : `${spec.host}:${spec.port}`;
      const code = cause instanceof Error && 'code' in cause ? String(cause.code) : '';
      throw new RingmasterError('RM_SOCKET_OPEN', [name, where, `${messageOf(cause)}${remedy(code, spec)}`], {
        cause,
        context: { socket: name, address: where, errno: code },
      });
    }
  }
}

/** @source Circus: a path makes it AF_UNIX whatever `family` says, and so_reuseport has no sense there */
function specOf(options: SocketOptions): ListenSpec {
  const unix = options.path !== null;
  const { type, host, port, path, proto, replace, backlog, blocking } = options;
  return {
    ...{ type, host, port, path, proto, replace, backlog, blocking },
    family: unix ? 'AF_UNIX' : options.family,
    interface: options.interface,
    umask: typeof options.umask === 'number' ? options.umask : null,
    so_reuseport: options.so_reuseport && !unix,
  };
}

function remedy(code: string, { family, host, port, path, replace }: ListenSpec): string {
  if (code === 'EADDRINUSE') {
    const holder = holderOf(family === 'AF_UNIX' ? (path ?? '') : port);
    if (holder !== undefined) return `, held by ${holder}; stop that first, or choose another address`;
    if (family !== 'AF_UNIX') return '; stop who holds it, or choose another port';
    return replace ? '; what is there is not a socket: move it away' : '; nobody listens there, it is left over: remove it, or set replace';
  }
  if ((code === 'EACCES' || code === 'EPERM') && family !== 'AF_UNIX' && port < 1024)
    return '; ports below 1024 are for root, or for who has CAP_NET_BIND_SERVICE';
  if (code === 'EADDRNOTAVAIL') return `; ${host} is not an address of this machine`;
  if (code === 'ENOENT') return '; make the directory first';
  return '';
}
