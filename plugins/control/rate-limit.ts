/** One that sends; what it may send is a number that grows with time. */
interface Bucket {
  left: number;
  at_ms: number;
}

/** From that many on, those that have all they may have are forgotten now and then. */
const FEW = 1024;

/** How much each sender may send: so much in the long run, and `burst` at once. @source token bucket */
export class RateLimit {
  readonly per_s: number;
  readonly #burst: number;
  readonly #buckets = new Map<string, Bucket>();
  #sweep_at = FEW;

  constructor(per_s: number, burst: number) {
    this.per_s = per_s;
    this.#burst = burst;
  }

  /** How many senders are known. */
  get size(): number {
    return this.#buckets.size;
  }

  /**
   * Takes what one message costs; an expensive one may leave a debt, so that it is possible at all.
   *
   * @param now_ms never less than before
   * @returns milliseconds until the sender may send again; 0: this one may pass, and nothing was taken where it may not
   */
  take(sender: string, cost: number, now_ms: number): number {
    const bucket = this.#bucketOf(sender, now_ms);
    if (bucket.left <= 0) return Math.max(1, Math.ceil((-bucket.left / this.per_s) * 1000));
    bucket.left -= cost;
    return 0;
  }

  #bucketOf(sender: string, now_ms: number): Bucket {
    const known = this.#buckets.get(sender);
    if (known !== undefined) {
      known.left = this.#leftOf(known, now_ms);
      known.at_ms = now_ms;
      return known;
    }
    if (this.#buckets.size >= this.#sweep_at) this.#sweep(now_ms);
    const bucket = { left: this.#burst, at_ms: now_ms };
    this.#buckets.set(sender, bucket);
    return bucket;
  }

  #leftOf({ left, at_ms }: Bucket, now_ms: number): number {
    return Math.min(this.#burst, left + ((now_ms - at_ms) * this.per_s) / 1000);
  }

  #sweep(now_ms: number): void {
    for (const [sender, bucket] of this.#buckets) if (this.#leftOf(bucket, now_ms) >= this.#burst) this.#buckets.delete(sender);
    this.#sweep_at = Math.max(FEW, this.#buckets.size * 2);
  }
}
