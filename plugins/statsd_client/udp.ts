import { createSocket, type Socket } from 'node:dgram';
import { isIPv6 } from 'node:net';
import { type Logger, messageOf } from '../../core/index.js';
import { cachedLookup } from './lookup.js';

/** Sends texts to one address. What goes wrong is logged once, until it goes right again. */
export class UdpSender {
  readonly #socket: Socket;
  readonly #target: { readonly host: string; readonly port: number };
  readonly #log: Logger;
  #failing = false;
  #closed = false;

  constructor({ host, port }: { readonly host: string; readonly port: number }, log: Logger) {
    this.#target = { host, port };
    this.#log = log;
    const family = isIPv6(host) ? 6 : 4;
    this.#socket = createSocket({ type: `udp${family}`, lookup: cachedLookup(family) });
    this.#socket.on('error', (error) => this.#ended(error));
  }

  send(text: string): void {
    if (this.#closed) return;
    this.#socket.send(text, this.#target.port, this.#target.host, (error) => this.#ended(error));
  }

  close(): Promise<void> {
    if (this.#closed) return Promise.resolve();
    this.#closed = true;
    return new Promise((resolve) => this.#socket.close(resolve));
  }

  #ended(error: Error | null): void {
    if (error !== null && !this.#failing && !this.#closed) {
      this.#log.warn('figures are not sent to statsd', { ...this.#target, reason: messageOf(error) });
    }
    this.#failing = error !== null;
  }
}
