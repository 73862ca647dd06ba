import type { Logger } from '../log.js';
import type { Endpoint } from './endpoint.js';
import { errorOf, faultOf } from './faults.js';
import { LineReader, LONGEST_LINE, type Pace } from './line-reader.js';
import { parseMessage } from './message-check.js';
import type { GuestMessage, HostMessage, ToGuest, ToHost } from './messages.js';
import { Outbox } from './outbox.js';

/** What a guest may say unasked: 2000 messages in a second, a few at a time, so that all that it says costs others next to nothing. */
const PACE: Pace = { window_ms: 10, lines: 20, chars: 256 * 1024 };
/** So many lines that are no messages, and it is no plugin. */
const MOST_GARBAGE = 100;
/** So many of them are shown. */
const SHOWN_GARBAGE = 3;
/** So many calls may wait for their answers. */
const MOST_CALLS = 1000;
/** For ending by itself after `close`. */
const GRACE_MS = 2000;

export interface LinkListener {
  /** Whatever is not the link's own affair. Must not throw. */
  message(message: Exclude<ToHost, HostMessage<'answer' | 'pong'>>): void;
  /** What is to be sent before the next message, so that the guest knows it by then. */
  news(): Iterable<ToGuest>;
}

interface Waiting {
  resolve(value: unknown): void;
  reject(error: Error): void;
}

/** The wire to one guest: messages both ways, calls with answers, pings, and its end. */
export class GuestLink {
  readonly name: string;
  /** Resolves when nothing of the guest is left, with why. Never rejects. */
  readonly ended: Promise<string>;
  readonly #endpoint: Endpoint;
  readonly #listener: LinkListener;
  readonly #log: Logger;
  readonly #outbox: Outbox;
  readonly #waiting = new Map<number, Waiting>();
  #calls = 0;
  #garbage = 0;
  #heard = 0;
  /** How long it may say nothing, where that is looked after. */
  #patience_ms: number | undefined;
  #open = true;
  #why: string | undefined;
  #watchdog: NodeJS.Timeout | undefined;
  #closing: Promise<void> | undefined;

  constructor(endpoint: Endpoint, listener: LinkListener, log: Logger) {
    this.name = endpoint.name;
    this.#endpoint = endpoint;
    this.#listener = listener;
    this.#log = log;
    this.#outbox = new Outbox(endpoint.input, () => listener.news());
    const output = new LineReader(
      endpoint.output,
      {
        line: (text) => this.#receive(text),
        half: (text) => this.#garbled(`half a line: ${text.slice(0, 80)}`),
        tooLong: () => this.abort(`wrote a line of more than ${LONGEST_LINE} characters`),
        dropped: (lines) => log.warn(`${lines} messages of ${endpoint.name} before its last ones were dropped: it has ended`),
      },
      PACE,
    );
    const say = (text: string): boolean => {
      log.warn(text, { stream: 'stderr' });
      return false;
    };
    const tooLong = (): void => log.warn(`a line of more than ${LONGEST_LINE} characters; the rest of its standard error is not read`);
    const dropped = (lines: number): void => log.warn(`${lines} lines before its last ones were dropped`, { stream: 'stderr' });
    const errors = new LineReader(endpoint.errors, { line: say, half: say, tooLong, dropped }, PACE);
    void endpoint.died.then(() => errors.hurry());
    const streams = [endpoint.input, endpoint.output, endpoint.errors];
    for (const stream of streams) {
      stream.on('error', (error) => log.debug(`a stream of ${endpoint.name} has failed: ${error.message}`));
    }
    this.ended = endpoint.ended.then((how) => {
      this.#open = false;
      clearTimeout(this.#watchdog);
      this.#outbox.close();
      output.finish();
      errors.finish();
      // Others may hold its pipes.
      for (const stream of streams) stream.destroy();
      const why = this.#why ?? how;
      for (const { reject } of this.#waiting.values()) reject(new Error(`${endpoint.name} ${why}`));
      this.#waiting.clear();
      return why;
    });
  }

  get open(): boolean {
    return this.#open;
  }

  send(message: ToGuest): void {
    this.#outbox.send(message);
  }

  /** Sends what may be dropped, the oldest first, while the guest does not keep up. */
  notify(message: GuestMessage<'hook'>): void {
    const before = this.#outbox.dropped;
    this.#outbox.send(message, true);
    if (before === 0 && this.#outbox.dropped > 0) {
      this.#log.warn(`${this.name} does not keep up: what it is told of is dropped, the oldest first`);
    }
  }

  /** Sends what has changed, if there is anything. */
  refresh(): void {
    this.#outbox.flush();
  }

  /** Calls the guest and waits for its answer. @throws Error what it answered, or why it does not */
  call(message: Omit<GuestMessage<'hook'>, 'call'> | Omit<GuestMessage<'invoke'>, 'call'>): Promise<unknown> {
    if (!this.#open) return Promise.reject(new Error(`${this.name} has ended`));
    if (this.#waiting.size >= MOST_CALLS) return Promise.reject(new Error(`${MOST_CALLS} calls wait for ${this.name} already`));
    const call = ++this.#calls;
    return new Promise((resolve, reject) => {
      // What can't be sent rejects the call; there is no answer to wait for.
      this.#outbox.send({ ...message, call });
      this.#waiting.set(call, { resolve, reject });
    });
  }

  /** Answers a request when `result` is there; what has changed by then goes before it. */
  reply(call: number, result: unknown): void {
    Promise.resolve(result)
      .then((value) => this.send({ type: 'reply', call, ...(value === undefined ? {} : { value }) }))
      .catch((cause: unknown) => this.send({ type: 'reply', call, error: faultOf(cause) }));
  }

  /** Ends the guest where nothing comes from it until then. */
  expectWord(patience_ms: number): void {
    clearTimeout(this.#watchdog);
    if (!this.#open || this.#closing) return;
    const heard = this.#heard;
    this.#watchdog = setTimeout(() => {
      if (heard === this.#heard) this.abort(`gave no sign of life within ${patience_ms} ms`);
      else this.watch(patience_ms);
    }, patience_ms);
  }

  /** From now on asks whether it is alive when it has said nothing for half of this, and ends it when it has not answered by then. */
  watch(patience_ms: number): void {
    clearTimeout(this.#watchdog);
    if (!this.#open || this.#closing) return;
    const heard = this.#heard;
    this.#watchdog = setTimeout(() => {
      if (heard === this.#heard) {
        this.send({ type: 'ping' });
        this.expectWord(patience_ms);
      } else {
        this.watch(patience_ms);
      }
    }, patience_ms / 2);
    this.#patience_ms = patience_ms;
  }

  /** Ends the guest at once, and says why. */
  abort(why: string): void {
    this.#why ??= why;
    this.#endpoint.kill();
  }

  /** Asks the guest to end, ends it when it does not, and waits until it has. */
  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    this.#why ??= 'was closed';
    clearTimeout(this.#watchdog);
    this.#outbox.end({ type: 'close' });
    const timer = setTimeout(() => this.#endpoint.kill(), GRACE_MS);
    await this.ended;
    clearTimeout(timer);
  }

  /** Returns whether it was an answer that was waited for. */
  #receive(line: string): boolean {
    const message = parseMessage(line);
    this.#heard += 1;
    if (typeof message === 'string') {
      this.#garbled(message);
    } else if (message.type === 'pong') {
      if (this.#patience_ms !== undefined) this.watch(this.#patience_ms);
    } else if (message.type === 'answer') {
      const waiting = this.#waiting.get(message.call);
      this.#waiting.delete(message.call);
      if (waiting === undefined) this.#garbled(`an answer to call ${message.call}, which nobody waits for`);
      else if (message.error) waiting.reject(errorOf(message.error));
      else waiting.resolve(message.value);
      return waiting !== undefined;
    } else {
      this.#listener.message(message);
    }
    return false;
  }

  #garbled(what: string): void {
    this.#garbage += 1;
    if (this.#garbage <= SHOWN_GARBAGE) this.#log.warn(`${this.name} wrote what is no message: ${what}`);
    if (this.#garbage === MOST_GARBAGE) this.abort(`wrote ${MOST_GARBAGE} lines that are no messages`);
  }
}
