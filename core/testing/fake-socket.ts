import type { ListeningSocket, ListenSpec, SocketIdentity } from '../os/port.js';

const ANY_FREE_PORT = 40_000;

/** A socket that nobody but the test ever connects to. */
export class FakeSocket implements ListeningSocket {
  readonly spec: ListenSpec;
  readonly fd: number;
  /** The same for all that are one socket. */
  readonly inode: number;
  readonly host: string | null;
  readonly port: number | null;
  path: string | null;
  /** How often its mode was put back. */
  resets = 0;
  closed = false;
  /** What `adjust` was given last. */
  adjusted: ListenSpec | null = null;
  /** Whether others may be bound to the same address. */
  shared = false;
  readonly #arrived = new Set<() => void>();
  readonly #waiting = new Set<() => void>();

  constructor(spec: ListenSpec, fd: number, inode = fd) {
    const unix = spec.family === 'AF_UNIX';
    this.spec = spec;
    this.fd = fd;
    this.inode = inode;
    this.host = unix ? null : spec.host;
    this.port = unix ? null : spec.port || ANY_FREE_PORT + fd;
    this.path = spec.path;
  }

  identity(): SocketIdentity {
    return { inode: this.inode, file: this.path };
  }

  onReady(ready: () => void): Disposable {
    const own = (): void => ready();
    this.#waiting.add(own);
    return { [Symbol.dispose]: () => void this.#waiting.delete(own) };
  }

  onArrival(arrived: () => void): Disposable {
    const own = (): void => arrived();
    this.#arrived.add(own);
    return { [Symbol.dispose]: () => void this.#arrived.delete(own) };
  }

  adjust(spec: ListenSpec): void {
    this.adjusted = spec;
  }

  share(shared: boolean): void {
    this.shared = shared;
  }

  moveTo(path: string): void {
    this.path = path;
  }

  /** A connection comes: whoever waits for one is told, once, and whoever counts them. */
  connect(): void {
    for (const arrived of this.#arrived) arrived();
    const waiting = [...this.#waiting];
    this.#waiting.clear();
    for (const ready of waiting) ready();
  }

  resetMode(): void {
    this.resets += 1;
  }

  close(): void {
    this.leave();
  }

  leave(): void {
    this.closed = true;
    this.#arrived.clear();
    this.#waiting.clear();
  }
}
