import type { Dealer } from 'zeromq';
import { messageOf, RingmasterError } from '../../../core/index.js';
import { zeromq } from '../zeromq.js';
import type { CurveClientOptions } from './curve.js';
import { monitor } from './monitor.js';
import { handshakeRefusal, refusal } from './refusal.js';

/** How long what was just sent may take to get out when the client is closed. */
const FLUSH_MS = 250;

export interface ConnectionListener {
  /** From now on `send` works. */
  ready(): void;
  message(body: Uint8Array): void;
  /** It could not be made: nothing was sent. The connection is closed. */
  refused(error: RingmasterError): void;
  /** It is gone, and with it every reply still to come. The connection is closed. */
  lost(cause: unknown): void;
}

/**
 * One connection to the control endpoint: made once, used until it breaks.
 *
 * ZeroMQ on its own would queue requests for a daemon that is not there and send them when one comes up, long after whoever asked
 * was told that it failed; so nothing is given to it before the connection stands.
 */
export class Connection {
  // Not `immediate`: with that ZeroMQ drops what was received and not read yet when the connection ends.
  readonly #dealer: Dealer;
  readonly #endpoint: string;
  readonly #listener: ConnectionListener;
  readonly #has_key: boolean;
  #ready = false;

  constructor(endpoint: string, listener: ConnectionListener, curve: CurveClientOptions | undefined) {
    this.#dealer = new (zeromq().Dealer)({ ...curve, linger: 0, sendTimeout: 0, sendHighWaterMark: 0, receiveHighWaterMark: 0 });
    this.#endpoint = endpoint;
    this.#listener = listener;
    this.#has_key = curve !== undefined;
    monitor(this.#dealer, (type) => this.#happened(type)).catch((error: unknown) => this.#fail(error));
    try {
      this.#dealer.connect(endpoint);
    } catch (cause) {
      const why = 'it is no ZeroMQ address; tcp://HOST:PORT or ipc://PATH is needed';
      this.#dealer.close();
      queueMicrotask(() =>
        listener.refused(new RingmasterError('RM_CLIENT_REFUSED', [endpoint, why], { cause, context: { endpoint, sent: false } })),
      );
      return;
    }
    this.#read().catch((error: unknown) => this.#fail(error));
  }

  get ready(): boolean {
    return this.#ready;
  }

  send(message: string): void {
    this.#dealer.send(message).catch((error: unknown) => this.#fail(error));
  }

  close(): void {
    if (this.#dealer.closed) return;
    if (this.#ready) this.#dealer.linger = FLUSH_MS;
    this.#dealer.close();
  }

  async #read(): Promise<void> {
    for await (const [body] of this.#dealer) if (body !== undefined) this.#listener.message(body);
  }

  #happened(type: string): void {
    if (this.#dealer.closed) return;
    const why = handshakeRefusal(type, this.#has_key);
    if (type === 'handshake') {
      this.#ready = true;
      this.#listener.ready();
    } else if (why !== undefined) {
      this.#refuse(why, { handshake: why });
    } else if (this.#ready && type === 'disconnect') {
      // Replies that came before the end are read first.
      setImmediate(() => setImmediate(() => this.#fail(new Error('disconnected'))));
    } else if (!this.#ready && type === 'connect:retry') {
      this.#refuse(refusal(this.#endpoint));
    }
  }

  #refuse(why: string, { cause, ...more }: { readonly handshake?: string; readonly cause?: unknown } = {}): void {
    this.#dealer.close();
    const context = { endpoint: this.#endpoint, sent: false, ...more };
    this.#listener.refused(new RingmasterError('RM_CLIENT_REFUSED', [this.#endpoint, why], { cause, context }));
  }

  #fail(cause: unknown): void {
    if (this.#dealer.closed) return;
    if (!this.#ready) this.#refuse(messageOf(cause), { cause });
    else {
      this.#dealer.close();
      this.#listener.lost(cause);
    }
  }
}
