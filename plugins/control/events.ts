import { Publisher } from 'zeromq';
import { type Logger, messageOf, type SupervisorEvent } from '../../core/index.js';
import { type Bound, bindEndpoint } from './bind.js';

export interface EventPublisherOptions {
  readonly pubsub_endpoint: string;
  readonly endpoint_owner: string | number | null;
  readonly subscriber_hwm: number;
  readonly flush_ms: number;
  readonly log: Logger;
}

/** Topic of an event: `watcher.NAME.ACTION`, NAME in lower case with `_` for spaces. */
export function topicOf(event: Pick<SupervisorEvent, 'watcher' | 'name'>): string {
  return `watcher.${event.watcher.toLowerCase().replaceAll(' ', '_')}.${event.name}`;
}

/** The event endpoint: a PUB socket with two frames for each event, its topic and its body as JSON. */
export class EventPublisher {
  readonly endpoint: string;
  readonly #socket: Publisher;
  readonly #bound: Bound;
  readonly #options: EventPublisherOptions;

  private constructor(socket: Publisher, bound: Bound, options: EventPublisherOptions) {
    this.#socket = socket;
    this.#bound = bound;
    this.#options = options;
    this.endpoint = bound.endpoint;
  }

  /** @throws RM_ENDPOINT_BIND */
  static async open(options: EventPublisherOptions): Promise<EventPublisher> {
    // A PUB socket never waits: it drops for a subscriber that has too much unread.
    const socket = new Publisher({ linger: 0, sendTimeout: 0, sendHighWaterMark: options.subscriber_hwm });
    try {
      return new EventPublisher(socket, await bindEndpoint(socket, options.pubsub_endpoint, options.endpoint_owner), options);
    } catch (error) {
      socket.close();
      throw error;
    }
  }

  publish(event: SupervisorEvent): void {
    if (this.#socket.closed) return;
    this.#socket.send([topicOf(event), JSON.stringify(event.body)]).catch((error: unknown) => {
      this.#options.log.warn('an event was not published', { topic: topicOf(event), reason: messageOf(error) });
    });
  }

  /** Closes the endpoint; what was published before gets out, as long as that takes no longer than `flush_ms`. */
  async close(): Promise<void> {
    await this.#bound.close(this.#options.flush_ms);
  }
}
