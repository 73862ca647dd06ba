import type { XPublisher } from 'zeromq';

export interface FanOutListener {
  /** A subscriber has as much unread as is kept for it: it misses this message, and those that follow until it has read half. */
  stalled(topic: string): void;
  /** A message went to nobody. */
  failed(topic: string, error: unknown): void;
}

/**
 * Sends to all subscribers, in order, and waits for none: one that has too much unread misses what follows.
 *
 * ZeroMQ tells only of the first message that it misses. With ZMQ_XPUB_NODROP a message that would not reach everybody is refused, and it is
 * sent again without; ZeroMQ then leaves that subscriber out, and tells nobody, until it has read half of what is kept for it.
 */
export class FanOut {
  /** What the socket has to be made with. */
  static readonly options = { noDrop: true, sendTimeout: 0 } as const;
  readonly #socket: XPublisher;
  readonly #listener: FanOutListener;
  readonly #waiting: (readonly [topic: string, body: string])[] = [];
  #sending: Promise<void> | null = null;

  constructor(socket: XPublisher, listener: FanOutListener) {
    this.#socket = socket;
    this.#listener = listener;
  }

  /** Settles when ZeroMQ has all that was sent so far. */
  get handedOver(): Promise<void> {
    return this.#sending ?? Promise.resolve();
  }

  /** What was refused is told in a later turn, and until then the next message waits, so that none overtakes another. */
  send(topic: string, body: string): void {
    if (this.#socket.closed) return;
    this.#waiting.push([topic, body]);
    this.#sending ??= this.#drain();
  }

  async #drain(): Promise<void> {
    for (const [topic, body] of this.#waiting) {
      if (this.#socket.closed) break;
      try {
        await this.#give(topic, body);
      } catch (error) {
        this.#listener.failed(topic, error);
      }
    }
    this.#waiting.length = 0;
    this.#sending = null;
  }

  async #give(topic: string, body: string): Promise<void> {
    try {
      await this.#socket.send([topic, body]);
    } catch (error) {
      if (!(error instanceof Error && 'code' in error && error.code === 'EAGAIN')) throw error;
      const sent = this.#lossily(topic, body);
      this.#listener.stalled(topic);
      await sent;
    }
  }

  #lossily(topic: string, body: string): Promise<void> {
    this.#mayDrop(true);
    try {
      return this.#socket.send([topic, body]);
    } finally {
      this.#mayDrop(false);
    }
  }

  /** ZeroMQ takes this at once; its binding warns that it does not, in the middle of the log of the daemon. */
  #mayDrop(may: boolean): void {
    const { emitWarning } = process;
    process.emitWarning = () => {};
    try {
      this.#socket.noDrop = !may;
    } finally {
      process.emitWarning = emitWarning;
    }
  }
}
