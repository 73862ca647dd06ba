import type { ListeningSocket } from './os/port.js';

/** A socket that is closed when nobody is being given it. */
export class Loanable {
  readonly socket: ListeningSocket;
  #loans = 0;
  #closing = false;

  constructor(socket: ListeningSocket) {
    this.socket = socket;
  }

  /** Keeps it open until what is returned is called. */
  lend(): () => void {
    this.#loans++;
    return () => {
      this.#loans--;
      this.#settle();
    };
  }

  close(): void {
    this.#closing = true;
    this.#settle();
  }

  #settle(): void {
    if (this.#closing && this.#loans === 0) this.socket.close();
  }
}
