import { setImmediate } from 'node:timers/promises';
import type { Router } from 'zeromq';
import { type LogFields, type Logger, messageOf } from '../../core/index.js';
import { type Bound, bindEndpoint } from './bind.js';
import type { CurveSocketOptions } from './curve/server.js';
import { zeromq } from './zeromq.js';

const BACKLOG = 1024;
/** Messages that are there already are read without a turn of the event loop; after this long everybody else has one. */
const SLICE_MS = 8;
/** A message this many times the limit is not read to its end: the connection is closed. */
const HARD_LIMIT_FACTOR = 4;

export interface RouterOptions {
  readonly endpoint: string;
  readonly endpoint_owner: string | number | null;
  readonly max_message_bytes: number;
  readonly max_unread_replies: number;
  readonly flush_ms: number;
  /** Keys, for an endpoint over TCP. */
  readonly curve?: CurveSocketOptions | undefined;
  readonly log: Logger;
}

/** What is done with a message. Must not throw. */
export type Receive = (client: string, body: Uint8Array) => void;

/** The control endpoint: a ROUTER socket, its messages in, its replies out. */
export class ControlRouter {
  readonly endpoint: string;
  /** Replies that did not reach anybody: the client is gone, or does not read. */
  dropped_replies = 0;
  /** Messages that were not two frames. */
  dropped_messages = 0;
  readonly #socket: Router;
  readonly #bound: Bound;
  readonly #options: RouterOptions;
  #reading: Promise<void> | undefined;

  private constructor(socket: Router, bound: Bound, options: RouterOptions) {
    this.#socket = socket;
    this.#bound = bound;
    this.#options = options;
    this.endpoint = bound.endpoint;
  }

  /** @throws RM_ENDPOINT_BIND */
  static async open(options: RouterOptions): Promise<ControlRouter> {
    const socket = new (zeromq().Router)({
      ...options.curve,
      linger: 0,
      backlog: BACKLOG,
      // With these two a reply that can't be queued is refused at once, so that it can be counted.
      mandatory: true,
      sendTimeout: 0,
      sendHighWaterMark: options.max_unread_replies,
      maxMessageSize: options.max_message_bytes * HARD_LIMIT_FACTOR,
      // A client that comes back under its identity replaces its dead connection; with keys it could be another one's.
      handover: options.curve === undefined,
    });
    try {
      return new ControlRouter(socket, await bindEndpoint(socket, options.endpoint, options.endpoint_owner), options);
    } catch (error) {
      socket.close();
      throw error;
    }
  }

  /** Begins to read; messages that came before are not lost. */
  receive(receive: Receive): void {
    this.#reading ??= this.#read(receive).catch((error: unknown) => {
      this.#options.log.error(`the control endpoint has failed: ${messageOf(error)}`, { endpoint: this.endpoint });
    });
  }

  /** Hands a reply to ZeroMQ at once; never waits, never throws. */
  send(client: string, reply: string): void {
    if (this.#socket.closed) return;
    this.#socket.send([Buffer.from(client, 'latin1'), reply]).catch((error: unknown) => {
      this.dropped_replies++;
      this.#options.log.debug('a reply was dropped', { reason: messageOf(error), dropped_replies: this.dropped_replies });
    });
  }

  /** Closes the endpoint; what was sent before gets out, as long as that takes no longer than `flush_ms`. */
  async close(): Promise<void> {
    await this.#bound.close(this.#options.flush_ms);
    await this.#reading;
  }

  async #read(receive: Receive): Promise<void> {
    let until = performance.now() + SLICE_MS;
    // The socket's own iterator takes two promises more for each message.
    while (!this.#socket.closed) {
      let frames: readonly Buffer[];
      try {
        frames = await this.#socket.receive();
      } catch (error) {
        if (this.#socket.closed) return;
        throw error;
      }
      if (performance.now() >= until) {
        await setImmediate();
        until = performance.now() + SLICE_MS;
      }
      const [client, body] = frames;
      if (client === undefined || body === undefined || frames.length > 2) {
        this.dropped_messages++;
        const fields: LogFields = { frames: frames.length, dropped_messages: this.dropped_messages };
        this.#options.log.debug('a message that is not two frames was dropped', fields);
      } else {
        receive(client.toString('latin1'), body);
      }
    }
  }
}
