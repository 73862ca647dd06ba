import type { XPublisher } from 'zeromq';
import { type Clock, explain, type Logger, messageOf, type Publication } from '../../core/index.js';
import { type Bound, bindEndpoint } from './bind.js';
import type { CurveSocketOptions } from './curve/server.js';
import { FanOut } from './fan-out.js';
import { zeromq } from './zeromq.js';

/** Which keys get in, and word of those that do no longer. */
export interface PublicationKeys {
  readonly socket: CurveSocketOptions;
  onRevoked(told: () => void): Disposable;
}

/** Far more than a topic to subscribe to; whoever sends more is cut off, before the handshake too, when anybody may be sending. */
const LONGEST_SUBSCRIPTION_BYTES = 65_536;

export interface PublicationOptions {
  readonly endpoint: string;
  readonly endpoint_owner: string | number | null;
  readonly subscriber_hwm: number;
  readonly flush_ms: number;
  /** Keys, for an endpoint over TCP. */
  readonly keys?: PublicationKeys | undefined;
  readonly losses: Losses;
  readonly clock: Clock;
  readonly log: Logger;
}

/** What subscribers did not get, counted. */
export interface Losses {
  /** Times that one had as much unread as is kept for it, and began to miss what follows. */
  stalls: number;
  /** Messages that nobody got, for there were too many while subscribers were to come back. */
  dropped: number;
}

const SUBSCRIBE = 1;
/** How long subscribers have to come back; ZeroMQ's try again after 100 ms. */
const COMEBACK_MS = 1000;
const RETRY_MS = 1000;
/** The log has one line for a subscriber that stalls again and again within this time. */
const QUIET_MS = 60_000;

/** A socket that is bound. */
interface Open {
  readonly socket: XPublisher;
  readonly all: FanOut;
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
  #quiet_until_ms = 0;
  readonly #closing = new AbortController();
  readonly #watch: Disposable | undefined;

  private constructor(options: PublicationOptions, socket: XPublisher, bound: Bound) {
    this.#options = { ...options, endpoint: bound.endpoint };
    this.endpoint = bound.endpoint;
    const subscribed = new Set<string>();
    this.#subscribed = subscribed;
    this.#open = this.#use({ socket, bound }, subscribed);
    this.#watch = options.keys?.onRevoked(() => this.#renew());
  }

  /** @throws RM_ENDPOINT_BIND */
  static async open(options: PublicationOptions): Promise<OpenPublication> {
    const { socket, bound } = await openSocket(options);
    return new OpenPublication(options, socket, bound);
  }

  /** Whether anybody is subscribed to anything, or may be about to come back. */
  get isHeard(): boolean {
    return this.#held !== null || this.#subscribed.size > 0;
  }

  isWanted(topic: string): boolean {
    if (this.#held !== null) return true;
    for (const prefix of this.#subscribed) if (topic.startsWith(prefix) || prefix.startsWith(topic)) return true;
    return false;
  }

  publish(topic: string, body: object): void {
    const text = JSON.stringify(body);
    if (this.#held === null) this.#open.all.send(topic, text);
    else if (this.#held.length < this.#options.subscriber_hwm) this.#held.push([topic, text]);
    else this.#options.losses.dropped++;
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
      this.#open = this.#use(found, subscribed);
      await this.#pause(COMEBACK_MS);
    } finally {
      const held = this.#held;
      this.#held = null;
      for (const [topic, body] of held) this.#open.all.send(topic, body);
    }
  }

  /** Until it is bound again, or is to be closed. */
  async #reopened(): Promise<Pick<Open, 'socket' | 'bound'> | undefined> {
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
    const { socket, all, bound, reading } = this.#open;
    await all.handedOver;
    if (!socket.closed) await bound.close(this.#options.flush_ms);
    await reading;
  }

  #use({ socket, bound }: Pick<Open, 'socket' | 'bound'>, subscribed: Set<string>): Open {
    const all = new FanOut(socket, {
      stalled: (topic) => this.#stalled(topic),
      failed: (topic, error) => this.#options.log.warn('a message was not published', { topic, reason: messageOf(error) }),
    });
    return { socket, bound, all, reading: this.#read(socket, subscribed) };
  }

  #stalled(topic: string): void {
    const { losses, clock, log, subscriber_hwm } = this.#options;
    losses.stalls++;
    if (clock.now() < this.#quiet_until_ms) return;
    this.#quiet_until_ms = clock.now() + QUIET_MS;
    log.warn(`a subscriber has not read ${subscriber_hwm} messages: it gets no more until it has read half of them`, {
      endpoint: this.endpoint,
      topic,
      stalls: losses.stalls,
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

async function openSocket(options: PublicationOptions): Promise<Pick<Open, 'socket' | 'bound'>> {
  const { keys, subscriber_hwm, endpoint, endpoint_owner } = options;
  const socket = new (zeromq().XPublisher)({
    ...keys?.socket,
    ...FanOut.options,
    linger: 0,
    sendHighWaterMark: subscriber_hwm,
    maxMessageSize: LONGEST_SUBSCRIPTION_BYTES,
  });
  try {
    return { socket, bound: await bindEndpoint(socket, endpoint, endpoint_owner) };
  } catch (error) {
    socket.close();
    throw error;
  }
}
