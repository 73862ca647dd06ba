import type { Subscriber } from 'zeromq';
import { RingmasterError, understood } from '../../../core/index.js';
import { zeromq } from '../zeromq.js';
import type { CurveClientOptions } from './curve.js';
import { monitor } from './monitor.js';
import { handshakeRefusal, refusal } from './refusal.js';
import type { ClientEvent } from './types.js';

/** Where events come from. */
export interface EventSource {
  readonly endpoint: string;
  /** Keys, where it wants any. */
  readonly curve: CurveClientOptions | undefined;
}

/** Events kept while nobody asks for them; further ones are dropped. */
const KEPT_EVENTS = 10_000;

/** Events as they come. Ends when it is closed; goes on by itself when the daemon was away for a while. */
export class EventStream implements AsyncIterable<ClientEvent>, Disposable {
  /** Settles when the connection stands. The daemon knows of the subscription a moment later; earlier events are not told. */
  readonly opened: Promise<void>;
  readonly #topics: readonly string[];
  readonly #closed = new AbortController();
  readonly #onClosed: (stream: EventStream) => void;
  #socket: Subscriber | undefined;

  /** @param source the event endpoint, once it is known */
  constructor(source: Promise<EventSource>, topics: readonly string[], onClosed: (stream: EventStream) => void) {
    this.#topics = topics;
    this.#onClosed = onClosed;
    this.opened = source.then((found) => this.#connect(found));
    // Whoever iterates is told there.
    this.opened.catch((error: unknown) => this.close(error));
  }

  /** @param reason what the iteration rejects with; without one it just ends */
  close(reason?: unknown): void {
    if (this.#closed.signal.aborted) return;
    this.#closed.abort(reason ?? CLOSED);
    this.#socket?.close();
    this.#onClosed(this);
  }

  [Symbol.dispose](): void {
    this.close();
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<ClientEvent, void, undefined> {
    try {
      await this.opened;
      for await (const [topic, body] of this.#socket ?? []) {
        if (topic !== undefined && body !== undefined) yield await understood(`the event ${topic}`, () => readEvent(`${topic}`, `${body}`));
      }
    } catch (error) {
      if (!this.#closed.signal.aborted) throw error;
    } finally {
      this.close();
    }
    const { reason } = this.#closed.signal;
    if (reason !== CLOSED) throw reason;
  }

  #connect({ endpoint, curve }: EventSource): Promise<void> {
    const { signal } = this.#closed;
    if (signal.aborted) throw reasonOf(signal);
    const socket = new (zeromq().Subscriber)({ ...curve, linger: 0, receiveHighWaterMark: KEPT_EVENTS });
    this.#socket = socket;
    socket.subscribe(...this.#topics);
    return new Promise((resolve, reject) => {
      signal.addEventListener('abort', () => reject(reasonOf(signal)), { once: true });
      const refuse = (why: string, cause?: unknown, more: { readonly handshake?: string } = {}): void =>
        reject(new RingmasterError('RM_CLIENT_REFUSED', [endpoint, why], { cause, context: { endpoint, ...more } }));
      let connected = false;
      const happened = (type: string): void => {
        if (type === 'handshake') {
          connected = true;
          resolve();
        } else if (connected && type === 'handshake:error:auth') {
          const why = 'the key is no longer authorised there';
          this.close(new RingmasterError('RM_CLIENT_REFUSED', [endpoint, why], { context: { endpoint, handshake: why } }));
        } else if (!connected) {
          const why = handshakeRefusal(type, curve !== undefined);
          if (why !== undefined) refuse(why, undefined, { handshake: why });
          else if (type === 'connect:retry') refuse(refusal(endpoint));
        }
      };
      monitor(socket, happened).catch(reject);
      try {
        socket.connect(endpoint);
      } catch (cause) {
        refuse('it is no ZeroMQ address; tcp://HOST:PORT or ipc://PATH is needed', cause);
      }
    });
  }
}

const CLOSED = Symbol('closed');

const reasonOf = ({ reason }: AbortSignal): unknown => (reason === CLOSED ? new RingmasterError('RM_CLIENT_CLOSED', ['events']) : reason);

/** @throws Error for what is no event */
function readEvent(topic: string, body: string): ClientEvent {
  const [, watcher = '', name = ''] = /^[^.]*\.(.*)\.([^.]*)$/.exec(topic) ?? [];
  const parsed: unknown = JSON.parse(body);
  if (typeof parsed !== 'object' || parsed === null) throw new Error('it is no object');
  return { topic, watcher, name, body: { ...parsed } };
}
