import type { Clock } from '../../core/index.js';
import { countLines } from './line-format.js';

export interface Lost {
  readonly bytes: number;
  readonly lines: number;
}

export interface LossListener {
  /** The first loss after everything was well. */
  lost(lost: Lost, error: string): void;
  /** All is well again; what was lost meanwhile. */
  resumed(lost: Lost): void;
}

/** A loss that recurs within this time is the same loss, ms. */
const QUIET_MS = 1000;

/** Counts what could not be kept of one output. */
export class Loss {
  readonly #clock: Clock;
  readonly #listener: LossListener;
  #bytes = 0;
  #lines = 0;
  #last_ms = 0;
  #losing = false;
  #total_bytes = 0;
  #total_lines = 0;

  constructor(clock: Clock, listener: LossListener) {
    this.#clock = clock;
    this.#listener = listener;
  }

  /** What was lost since the beginning. */
  get total(): Lost {
    return { bytes: this.#total_bytes, lines: this.#total_lines };
  }

  /** @param error errno's name, or why in words */
  lost(bytes: Uint8Array, error: string): void {
    if (bytes.length === 0) return;
    const lines = countLines(bytes);
    this.#bytes += bytes.length;
    this.#lines += lines;
    this.#total_bytes += bytes.length;
    this.#total_lines += lines;
    this.#last_ms = this.#clock.now();
    if (this.#losing) return;
    this.#losing = true;
    this.#listener.lost({ bytes: bytes.length, lines }, error);
  }

  /** Something was kept. */
  kept(): void {
    if (this.#losing && this.#clock.now() - this.#last_ms >= QUIET_MS) this.settle();
  }

  /** Tells what was lost, if there is anything untold. */
  settle(): void {
    if (!this.#losing) return;
    const lost = { bytes: this.#bytes, lines: this.#lines };
    this.#losing = false;
    this.#bytes = this.#lines = 0;
    this.#listener.resumed(lost);
  }
}
