import type { Clock, Logger } from '../../core/index.js';
import { pauseFor, retryDelay } from './policy.js';
import type { Options } from './schema.js';

/** What came of one attempt. */
export type Delivery =
  | { readonly ok: true }
  | {
      readonly ok: false;
      /** In words, with nothing secret in them. */
      readonly why: string;
      /** Whether another attempt may do better. */
      readonly again: boolean;
      /** How long the receiver asks to be left alone. */
      readonly wait_ms?: number;
    };

/** Something to be told. */
export interface Letter {
  readonly options: Pick<Options, 'attempts' | 'retry_in' | 'retry_cap'>;
  /** For the log. */
  readonly fields: Readonly<Record<string, string>>;
  /** @param dropped how many were dropped before this one. Never rejects. */
  send(dropped: number): Promise<Delivery>;
}

interface OutboxOptions extends Pick<Options, 'max_per_minute' | 'max_queue'> {
  readonly clock: Clock;
  readonly log: Logger;
  readonly signal: AbortSignal;
}

/** Sends one letter after the other, in order, each again until it has arrived or is given up. */
export class Outbox {
  readonly #options: OutboxOptions;
  readonly #waiting: Letter[] = [];
  #sent_ms: number[] = [];
  #dropped = 0;
  #work: Promise<void> | null = null;
  #hastening = new AbortController();

  constructor(options: OutboxOptions) {
    this.#options = options;
  }

  /** Letters that have not arrived, one that is on its way included. */
  get size(): number {
    return this.#waiting.length;
  }

  add(letter: Letter): void {
    const { max_queue, log } = this.#options;
    // The first may be on its way, and is left alone.
    if (this.#waiting.length >= max_queue) {
      if (this.#dropped === 0) log.warn(`more than ${max_queue} events wait to be told: the oldest are dropped`);
      this.#waiting.splice(this.#waiting.length > 1 ? 1 : 0, 1);
      this.#dropped += 1;
    }
    this.#waiting.push(letter);
    this.#work ??= this.#run();
  }

  /** Waits until everything has arrived or was given up, and holds nothing back any more because of its number. */
  async empty(): Promise<void> {
    this.#hastening.abort();
    await this.#work;
  }

  async #run(): Promise<void> {
    const { clock, signal, max_per_minute } = this.#options;
    // Whoever told of the event has other things to do first.
    await this.#pause(0, [signal]);
    for (let letter = this.#waiting[0]; letter !== undefined && !signal.aborted; letter = this.#waiting[0]) {
      const pause_ms = pauseFor(this.#sent_ms, clock.now(), max_per_minute);
      if (pause_ms > 0) await this.#pause(pause_ms, [signal, this.#hastening.signal]);
      // While it waited, it may have been dropped for newer ones.
      const first = this.#waiting[0];
      if (first === undefined || signal.aborted) break;
      await this.#deliver(first);
      this.#sent_ms = max_per_minute === null ? [] : [...this.#sent_ms, clock.now()].slice(-max_per_minute);
      const at = this.#waiting.indexOf(first);
      if (at >= 0) this.#waiting.splice(at, 1);
    }
    this.#work = null;
  }

  async #deliver({ options, fields, send }: Letter): Promise<void> {
    const { log, signal } = this.#options;
    for (let attempt = 1; !signal.aborted; attempt++) {
      const dropped = this.#dropped;
      const delivery = await send(dropped);
      if (delivery.ok) {
        this.#dropped -= dropped;
        log.debug('told of an event', fields);
        return;
      }
      if (signal.aborted) return;
      if (!delivery.again || attempt >= options.attempts) {
        log.error(`nobody was told of an event: ${delivery.why}${delivery.again ? `, after ${attempt} attempts` : ''}`, fields);
        return;
      }
      const wait_ms = retryDelay(attempt, options, delivery.wait_ms ?? null);
      log.warn(`telling of an event failed: ${delivery.why}; again in ${wait_ms} ms`, fields);
      await this.#pause(wait_ms, [signal]);
    }
  }

  #pause(ms: number, signals: readonly AbortSignal[]): Promise<void> {
    return new Promise((resolve) => {
      const end = (): void => {
        timer[Symbol.dispose]();
        for (const signal of signals) signal.removeEventListener('abort', end);
        resolve();
      };
      const timer = this.#options.clock.setTimeout(end, ms);
      for (const signal of signals) {
        if (signal.aborted) end();
        else signal.addEventListener('abort', end);
      }
    });
  }
}
