import { RingmasterError, systemClock } from '../../../core/index.js';
import { isInGap, knowsGaps } from '../gap.js';
import { Connection, type ConnectionListener } from './connection.js';
import type { CurveClientOptions } from './curve.js';

/** How often a daemon that was there is looked for again. */
const RETRY_MS = 25;

/** One message on its way, and whoever waits for what becomes of it. */
export interface Outgoing {
  readonly text: string;
  readonly command: string;
  /** Whether it has an answer, which is lost with its connection. */
  readonly answered: boolean;
  /** Whether sending it twice is as good as sending it once. */
  readonly repeatable: boolean;
  sent(): void;
  failed(error: unknown): void;
}

export interface LinkOptions {
  readonly endpoint: string;
  readonly curve: CurveClientOptions | undefined;
  /** How long a daemon that was there may be away. */
  readonly reconnect_ms: number;
  receive(body: Uint8Array): void;
}

/**
 * The way to a daemon across its deaths: connects when something is to be sent, and again after a connection broke. What was sent then
 * and is not answered is sent again where that does no harm, and fails otherwise; what was not sent waits.
 *
 * Failures are RM_CLIENT_REFUSED for what was never sent, RM_CLIENT_LOST for what was.
 */
export class Link {
  readonly #options: LinkOptions;
  readonly #waiting = new Set<Outgoing>();
  readonly #underway = new Set<Outgoing>();
  /** Of those that wait: they were sent before. */
  readonly #sent_before = new WeakSet<Outgoing>();
  #connection: Connection | undefined;
  #retry: Disposable | undefined;
  /** Until when the daemon may be away, on performance.now(); 0: it is not known to have been there. */
  #patient_until = 0;
  /** It was refused, and looks once more. */
  #looks_again = false;

  constructor(options: LinkOptions) {
    this.#options = options;
  }

  send(message: Outgoing): void {
    if (this.#connection?.ready) {
      this.#give(this.#connection, message);
      return;
    }
    this.#waiting.add(message);
    if (this.#retry === undefined) this.#connection ??= this.#connect();
  }

  /** Whether it has gone out, once at least. */
  wasSent(message: Outgoing): boolean {
    return this.#underway.has(message) || this.#sent_before.has(message);
  }

  /** Nobody waits for it any more. */
  forget(message: Outgoing): void {
    this.#waiting.delete(message);
    this.#underway.delete(message);
  }

  close(errorFor: (command: string) => unknown): void {
    this.#retry?.[Symbol.dispose]();
    for (const message of [...taken(this.#waiting), ...taken(this.#underway)]) message.failed(errorFor(message.command));
    this.#connection?.close();
    this.#connection = undefined;
  }

  #give(connection: Connection, message: Outgoing): void {
    connection.send(message.text);
    if (message.answered) this.#underway.add(message);
    message.sent();
  }

  #connect(): Connection {
    const { endpoint, curve, receive } = this.#options;
    const listener: ConnectionListener = {
      ready: () => {
        this.#patient_until = 0;
        this.#looks_again = false;
        for (const message of taken(this.#waiting)) this.#give(connection, message);
      },
      message: receive,
      refused: (error) => {
        this.#connection = undefined;
        if (this.#patient_until === 0) {
          // Another version is about to be there: it is waited for as by who has known the one before.
          if (isInGap(endpoint)) this.#wait();
          else if (this.#mayBeBack()) return;
        }
        this.#looks_again = false;
        if (this.#waiting.size > 0) this.#again(error);
      },
      lost: (cause) => {
        this.#connection = undefined;
        this.#wait();
        for (const message of taken(this.#underway)) this.#lost(message, cause);
        if (this.#waiting.size > 0) this.#again(cause);
      },
    };
    const connection = new Connection(endpoint, listener, curve);
    return connection;
  }

  /** Looks once more where the refusal may be of a gap that is over by now. */
  #mayBeBack(): boolean {
    const { endpoint, reconnect_ms } = this.#options;
    if (this.#looks_again || this.#waiting.size === 0 || reconnect_ms === 0 || !knowsGaps(endpoint)) return false;
    this.#looks_again = true;
    this.#connection = this.#connect();
    return true;
  }

  #lost(message: Outgoing, cause: unknown): void {
    if (message.repeatable && this.#options.reconnect_ms > 0) {
      this.#sent_before.add(message);
      this.#waiting.add(message);
    } else message.failed(this.#lostError(message, cause));
  }

  #wait(): void {
    this.#patient_until = performance.now() + this.#options.reconnect_ms;
  }

  /** Connects again in a moment, or gives up. */
  #again(why: unknown): void {
    if (performance.now() < this.#patient_until) {
      this.#retry = systemClock.setTimeout(() => {
        this.#retry = undefined;
        if (this.#waiting.size > 0) this.#connection ??= this.#connect();
      }, RETRY_MS);
      return;
    }
    this.#patient_until = 0;
    for (const message of taken(this.#waiting)) message.failed(this.#sent_before.has(message) ? this.#lostError(message, why) : why);
  }

  #lostError({ command, repeatable }: Outgoing, cause: unknown): RingmasterError {
    const then = repeatable ? 'no other one has opened there since' : 'it may have been carried out, so it was not sent again';
    return new RingmasterError('RM_CLIENT_LOST', [command, this.#options.endpoint, then], { cause, context: { command, sent: true } });
  }
}

/** What is in a set, which is empty afterwards. */
function taken<T>(set: Set<T>): readonly T[] {
  const all = [...set];
  set.clear();
  return all;
}
