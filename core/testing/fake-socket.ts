import type { ListeningSocket, ListenSpec } from '../os/port.js';

const ANY_FREE_PORT = 40_000;

/** A socket that nobody but the test ever connects to. */
export class FakeSocket implements ListeningSocket {
  readonly spec: ListenSpec;
  readonly fd: number;
  readonly host: string | null;
  readonly port: number | null;
  readonly path: string | null;
  /** How often its mode was put back. */
  resets = 0;
  closed = false;
  readonly #waiting = new Set<() => void>();

  constructor(spec: ListenSpec, fd: number) {
    const unix = spec.family === 'AF_UNIX';
    this.spec = spec;
    this.fd = fd;
    this.host = unix ? null : spec.host;
    this.port = unix ? null : spec.port || ANY_FREE_PORT + fd;
    this.path = spec.path;
  }

  onReady(ready: () => void): Disposable {
    const own = (): void => ready();
    this.#waiting.add(own);
    return { [Symbol.dispose]: () => void this.#waiting.delete(own) };
  }

  /** A connection comes: whoever waits for one is told, once. */
  connect(): void {
    const waiting = [...this.#waiting];
    this.#waiting.clear();
    for (const ready of waiting) ready();
  }

  resetMode(): void {
    this.resets += 1;
  }

  close(): void {
    this.closed = true;
    this.#waiting.clear();
  }
}
