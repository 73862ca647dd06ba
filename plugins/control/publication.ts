import type { XPublisher } from 'zeromq';
import { type Clock, explain, type Logger, messageOf, type Publication } from '../../core/index.js';
import { type Bound, bindEndpoint } from './bind.js';
import type { CurveSocketOptions } from './curve/server.js';
import { zeromq } from './zeromq.js';

/** Which keys get in, and word of those that do no longer. */
export interface PublicationKeys {
  readonly socket: CurveSocketOptions;
  onRevoked(told: () => void): Disposable;
}

export interface PublicationOptions {
  readonly endpoint: string;
  readonly endpoint_owner: string | number | null;
  readonly subscriber_hwm: number;
  readonly flush_ms: number;
  /** Keys, for an endpoint over TCP. */
  readonly keys?: PublicationKeys | undefined;
  readonly clock: Clock;
  readonly log: Logger;
}

const SUBSCRIBE = 1;
/** How long subscribers have to come back; ZeroMQ's try again after 100 ms. */
const COMEBACK_MS = 1000;
const RETRY_MS = 1000;

/** A socket that is bound. */
interface Open {
  readonly socket: XPublisher;
  readonly bound: Bound;
  /** Settles when the socket is closed and all that came is read. */
  readonly reading: Promise<void>;
}

/** An endpoint that publishes; it never waits for a subscriber that has too much unread, and knows what is subscribed to. */
export class OpenPublication implements Publication {
  readonly endpoint: string;
  readonly #options: PublicationOptions;
  #open: Open;
  #subscribed: ReadonlySet<string>;
  /** What is published while subscribers are about to come back. */
  #held: (readonly [topic: string, body: string])[] | null = null;
  #renewing: Promise<void> | undefined;
  readonly #closing = new AbortController();
  readonly #watch: Disposable | undefined;

  private constructor(options: PublicationOptions, socket: XPublisher, bound: Bound) {
    this.#options = { ...options, endpoint: bound.endpoint };
    this.endpoint = bound.endpoint;
    const subscribed = new Set<string>();
    this.#subscribed = subscribed;
    this.#open = { socket, bound, reading: this.#read(socket, subscribed) };
    this.#watch = options.keys?.onRevoked(() => this.#renew());
  }

  /** @throws RM_ENDPOINT_BIND */
  static async open(options: PublicationOptions): Promise<OpenPublication> {
    const { socket, bound } = await openSocket(options);
    return new OpenPublication(options, socket, bound);
  }

  isWanted(topic: string): boolean {
    if (this.#held !== null) return true;
    for (const prefix of this.#subscribed) if (topic.startsWith(prefix) || prefix.startsWith(topic)) return true;
    return false;
  }

  publish(topic: string, body: object): void {
    const text = JSON.stringify(body);
    if (this.#held === null) this.#send(topic, text);
    else if (this.#held.length < this.#options.subscriber_hwm) this.#held.push([topic, text]);
  }

  /** Closes the endpoint; what was published before gets out, as long as that takes no longer than `flush_ms`. */
  async close(): Promise<void> {
    this.#watch?.[Symbol.dispose]();
    this.#closing.abort();
    await this.#renewing;
    await this.#shut();
  }

  /**
   * Ends every connection, which ZeroMQ can't do to one of them: subscribers whose key is still good come back by themselves. What is
   * published meanwhile waits for them, as much as one that does not read may have.
   */
  #renew(): void {
    this.#renewing = (this.#renewing ?? Promise.resolve())
      .then(() => this.#openAgain())
      .catch((error: unknown) =>
        this.#options.log.error(`subscriptions were not begun anew: ${explain(error)}`, { endpoint: this.endpoint }),
      );
  }

  async #openAgain(): Promise<void> {
    if (this.#closing.signal.aborted) return;
    this.#held = [];
    try {
      await this.#shut();
      const found = await this.#reopened();
      if (found === undefined) return;
      const subscribed = new Set<string>();
      this.#subscribed = subscribed;
      this.#open = { ...found, reading: this.#read(found.socket, subscribed) };
      await this.#pause(COMEBACK_MS);
    } finally {
      const held = this.#held;
      this.#held = null;
      for (const [topic, body] of held) this.#send(topic, body);
    }
  }

  /** Until it is bound again, or is to be closed. */
  async #reopened(): Promise<Omit<Open, 'reading'> | undefined> {
    while (!this.#closing.signal.aborted) {
      try {
        return await openSocket(this.#options);
      } catch (error) {
        this.#options.log.error(`nothing is published until this is put right: ${explain(error)}`, { endpoint: this.endpoint });
        await this.#pause(RETRY_MS);
      }
    }
    return undefined;
  }

  #pause(delay_ms: number): Promise<void> {
    const { signal } = this.#closing;
    if (signal.aborted) return Promise.resolve();
    return new Promise((resolve) => {
      const timer = this.#options.clock.setTimeout(done, delay_ms);
      function done(): void {
        timer[Symbol.dispose]();
        signal.removeEventListener('abort', done);
        resolve();
      }
      signal.addEventListener('abort', done);
    });
  }

  async #shut(): Promise<void> {
    const { socket, bound, reading } = this.#open;
    if (!socket.closed) await bound.close(this.#options.flush_ms);
    await reading;
  }

  #send(topic: string, body: string): void {
    const { socket } = this.#open;
    if (socket.closed) return;
    socket.send([topic, body]).catch((error: unknown) => {
      this.#options.log.warn('a message was not published', { topic, reason: messageOf(error) });
    });
  }

  /** ZeroMQ tells of the first subscription to a prefix and of the end of the last one. */
  async #read(socket: XPublisher, subscribed: Set<string>): Promise<void> {
    try {
      for await (const [message] of socket) {
        if (message === undefined || message.length === 0) continue;
        const prefix = message.subarray(1).toString();
        if (message[0] === SUBSCRIBE) subscribed.add(prefix);
        else subscribed.delete(prefix);
      }
    } catch (error) {
      this.#options.log.error(`subscriptions can no longer be read: ${messageOf(error)}`, { endpoint: this.endpoint });
    }
  }
}

async function openSocket(options: PublicationOptions): Promise<Omit<Open, 'reading'>> {
  const { keys, subscriber_hwm, endpoint, endpoint_owner } = options;
  const socket = new (zeromq().XPublisher)({ ...keys?.socket, linger: 0, sendTimeout: 0, sendHighWaterMark: subscriber_hwm });
  try {
    return { socket, bound: await bindEndpoint(socket, endpoint, endpoint_owner) };
  } catch (error) {
    socket.close();
    throw error;
  }
}
