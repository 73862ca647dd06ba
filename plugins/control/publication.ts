import type { XPublisher } from 'zeromq';
import { type Logger, messageOf, type Publication } from '../../core/index.js';
import { type Bound, bindEndpoint } from './bind.js';
import type { CurveSocketOptions } from './curve/server.js';
import { zeromq } from './zeromq.js';

export interface PublicationOptions {
  readonly endpoint: string;
  readonly endpoint_owner: string | number | null;
  readonly subscriber_hwm: number;
  readonly flush_ms: number;
  /** Keys, for an endpoint over TCP. */
  readonly curve?: CurveSocketOptions | undefined;
  readonly log: Logger;
}

const SUBSCRIBE = 1;

/** An endpoint that publishes; it never waits for a subscriber that has too much unread, and knows what is subscribed to. */
export class OpenPublication implements Publication {
  readonly endpoint: string;
  readonly #socket: XPublisher;
  readonly #bound: Bound;
  readonly #options: PublicationOptions;
  readonly #subscribed = new Set<string>();
  readonly #reading: Promise<void>;

  private constructor(socket: XPublisher, bound: Bound, options: PublicationOptions) {
    this.#socket = socket;
    this.#bound = bound;
    this.#options = options;
    this.endpoint = bound.endpoint;
    this.#reading = this.#read().catch((error: unknown) => {
      options.log.error(`subscriptions can no longer be read: ${messageOf(error)}`, { endpoint: this.endpoint });
    });
  }

  /** @throws RM_ENDPOINT_BIND */
  static async open(options: PublicationOptions): Promise<OpenPublication> {
    const socket = new (zeromq().XPublisher)({ ...options.curve, linger: 0, sendTimeout: 0, sendHighWaterMark: options.subscriber_hwm });
    try {
      return new OpenPublication(socket, await bindEndpoint(socket, options.endpoint, options.endpoint_owner), options);
    } catch (error) {
      socket.close();
      throw error;
    }
  }

  isWanted(topic: string): boolean {
    for (const prefix of this.#subscribed) if (topic.startsWith(prefix) || prefix.startsWith(topic)) return true;
    return false;
  }

  publish(topic: string, body: object): void {
    if (this.#socket.closed) return;
    this.#socket.send([topic, JSON.stringify(body)]).catch((error: unknown) => {
      this.#options.log.warn('a message was not published', { topic, reason: messageOf(error) });
    });
  }

  /** Closes the endpoint; what was published before gets out, as long as that takes no longer than `flush_ms`. */
  async close(): Promise<void> {
    await this.#bound.close(this.#options.flush_ms);
    await this.#reading;
  }

  /** ZeroMQ tells of the first subscription to a prefix and of the end of the last one. */
  async #read(): Promise<void> {
    for await (const [message] of this.#socket) {
      if (message === undefined || message.length === 0) continue;
      const prefix = message.subarray(1).toString();
      if (message[0] === SUBSCRIBE) this.#subscribed.add(prefix);
      else this.#subscribed.delete(prefix);
    }
  }
}
