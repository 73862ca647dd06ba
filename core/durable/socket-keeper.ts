import { isSame } from '../config/diff.js';
import { messageOf } from '../errors.js';
import type { Journal } from '../journal/journal.js';
import type { ListeningSocket, ListenSpec } from '../os/port.js';
import { Holder, type HolderHost } from './holder.js';
import { KEYS, type SocketRecord } from './records.js';

/** What a keeper of sockets works with. */
export interface SocketKeeperHost extends HolderHost {
  readonly journal: Journal;
  /** Pids of what an earlier supervisor has left and that may have sockets. */
  readonly survivors: readonly number[];
  /** Whether a process that uses this socket lives on. */
  isUsed(name: string): boolean;
}

/** A managed socket, as it is kept and found again. */
export interface KeptSocket {
  readonly name: string;
  readonly number: number;
  /** As the config asks for it. */
  readonly asked: ListenSpec;
  /** With the address as bound. */
  readonly spec: ListenSpec;
  /** Null where each process has one of its own. */
  readonly socket: ListeningSocket | null;
}

/** What became of the sockets of an earlier supervisor. */
export interface ResumedSockets {
  readonly sockets: readonly KeptSocket[];
  /** Names of those that are others at the same path, so that nobody is heard any more who has the old one. */
  readonly replaced: readonly string[];
}

/** Keeps managed sockets open over a crash of the supervisor, and takes those back that an earlier one has left. */
export class SocketKeeper {
  readonly #host: SocketKeeperHost;
  readonly #holder: Holder;
  /** Inodes of what is held; null where that is not known. */
  #held: readonly number[] | null = null;
  #holding: Promise<void> = Promise.resolve();
  #sockets: readonly KeptSocket[] = [];

  constructor(host: SocketKeeperHost) {
    this.#host = host;
    this.#holder = new Holder(host, 'sockets');
  }

  /** The process that keeps them open; null where there is none. */
  get holder(): number | null {
    return this.#holder.pid;
  }

  /**
   * Opens again what an earlier supervisor had open: the same sockets where they can be taken from who has them. Where they can't be,
   * processes from now on have one each beside that of those that live on, for one that nobody accepts from would take its share of the
   * connections. What can't be opened is left to who opens it anew, and says so.
   */
  async resume(): Promise<ResumedSockets> {
    const records = this.#host.journal.under(KEYS.socket) as readonly (readonly [name: string, record: SocketRecord])[];
    const sockets: KeptSocket[] = [];
    const replaced: string[] = [];
    for (const [name, record] of records) {
      const { number, asked, host, port, identity } = record;
      const spec = { ...asked, host, port };
      const back = identity && this.#host.durable.takeBack(spec, identity, this.#from());
      if (back) sockets.push({ name, number, asked, spec, socket: back });
      else if (identity === null || (spec.path === null && this.#host.isUsed(name)))
        sockets.push({ name, number, asked, spec: { ...spec, so_reuseport: spec.path === null }, socket: null });
      else {
        if (spec.path !== null && this.#host.isUsed(name)) replaced.push(name);
        const socket = await this.#openAgain(name, spec, record);
        if (socket !== null) sockets.push({ name, number, asked, spec, socket });
      }
    }
    return { sockets, replaced };
  }

  /** Writes down which sockets there are, and has just these held open, at once or as soon as the one before has been served. */
  async keep(sockets: readonly KeptSocket[]): Promise<void> {
    this.#sockets = sockets;
    const { journal, durable } = this.#host;
    const names = new Set(sockets.map(({ name }) => name));
    for (const [name] of journal.under(KEYS.socket)) if (!names.has(name)) journal.delete(`${KEYS.socket}${name}`);
    for (const { name, number, asked, spec, socket } of sockets) {
      const record: SocketRecord = { number, asked, host: spec.host, port: spec.port, identity: socket?.identity() ?? null };
      if (!isSame(journal.get(`${KEYS.socket}${name}`), record)) journal.put(`${KEYS.socket}${name}`, record);
    }
    const open = sockets.flatMap(({ socket }) => socket ?? []);
    // Who can't take them back can be bound beside them, by the same user alone.
    if (!durable.takesBack) for (const socket of open) if (socket.path === null) socket.share(true);
    const held = durable.takesBack ? open : [];
    const inodes = held.map((socket) => socket.identity().inode);
    if (this.#held === null || !isSame(this.#held, inodes)) {
      this.#held = inodes;
      this.#holding = this.#hold(held, inodes);
    }
    await this.#holding;
  }

  /** Has another process keep them open, for the directory of those that do is another one. */
  renew(): Promise<void> {
    this.#held = null;
    return this.keep(this.#sockets);
  }

  /** Ends the process that keeps them open, without waiting for that. */
  kill(): void {
    this.#holder.kill();
  }

  /** Resolves when nobody but those that were given a socket has it. */
  end(): Promise<void> {
    return this.#holder.end();
  }

  async #hold(sockets: readonly ListeningSocket[], inodes: readonly number[]): Promise<void> {
    try {
      await this.#holder.hold(sockets.map(({ fd }) => fd));
    } catch (error) {
      if (this.#held === inodes) this.#held = null;
      this.#host.log.error(`no process keeps the sockets open over a crash: ${messageOf(error)}`);
    }
  }

  #from(): readonly number[] {
    const { pid } = this.#holder;
    return pid === null ? this.#host.survivors : [pid, ...this.#host.survivors];
  }

  /** Nobody has it any more, or none gives it: its address is taken again. The file of a unix socket makes place if it is its own. */
  async #openAgain(name: string, spec: ListenSpec, { identity }: SocketRecord): Promise<ListeningSocket | null> {
    const { os, durable, log } = this.#host;
    const { path } = spec;
    try {
      if (path === null) return await os.listen(spec);
      if (identity === null || !durable.ownsFile(path, identity)) return null;
      const socket = await os.listen({ ...spec, path: `${path}.new`, replace: true });
      socket.moveTo(path);
      return socket;
    } catch (error) {
      log.warn(`socket ${name} is not opened where it was before: ${messageOf(error)}`);
      return null;
    }
  }
}
