import { type Clock, type Logger, RingmasterError } from '../../core/index.js';
import { RateLimit } from './rate-limit.js';

export interface AdmissionOptions {
  readonly clock: Clock;
  readonly log: Logger;
  readonly max_requests_per_s: number;
}

/** How many seconds' worth may come at once. */
const BURST_S = 2;
/** Reading and answering a long message is as much work as that many bytes of short ones. */
const BYTES_PER_REQUEST = 4096;
/** How long there is no other line about clients that send too much. */
const QUIET_MS = 10_000;

/** Has no client, and no key on however many connections, send more than its share. */
export class Admission {
  /** Requests that were not carried out for that. */
  limited = 0;
  readonly #options: AdmissionOptions;
  readonly #connections: RateLimit;
  readonly #keys: RateLimit;
  #told_ms = Number.NEGATIVE_INFINITY;

  constructor(options: AdmissionOptions) {
    const { max_requests_per_s: per_s } = options;
    this.#options = options;
    this.#connections = new RateLimit(per_s, per_s * BURST_S);
    this.#keys = new RateLimit(per_s, per_s * BURST_S);
  }

  /** @throws RM_REQUEST_RATE */
  admit(connection: string, bytes: number): void {
    this.#take(this.#connections, connection, 1 + Math.floor(bytes / BYTES_PER_REQUEST), 'a connection');
  }

  /** @throws RM_REQUEST_RATE */
  admitKey(who: string): void {
    this.#take(this.#keys, who, 1, who);
  }

  #take(limit: RateLimit, sender: string, cost: number, who: string): void {
    const now_ms = this.#options.clock.now();
    const wait_ms = limit.take(sender, cost, now_ms);
    if (wait_ms === 0) return;
    this.limited++;
    if (now_ms - this.#told_ms >= QUIET_MS) {
      this.#told_ms = now_ms;
      this.#options.log.warn(`${who} sends too many requests`, { limited: this.limited, allowed_per_s: limit.per_s });
    }
    throw new RingmasterError('RM_REQUEST_RATE', [limit.per_s, wait_ms], { context: { retry_in_ms: wait_ms } });
  }
}
