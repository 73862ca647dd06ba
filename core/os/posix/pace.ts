/** How long somebody is left alone who writes little at a time, ms. */
export const PAUSE_MS = 2;
/** Reads that follow so soon after each other are of somebody who writes all the time. */
const SOON_MS = 1;
const BUSY_READS = 16;
/** After a pause there is so much at least, or it was not worth it. */
const WORTH_BYTES = 512;
/** What comes so long after a pause began is no more of the same. */
const LATE_MS = 20;
/** A pipe that was full after so many pauses is of somebody who would have to wait for us; each that was not takes something of one back. */
const FULL_PAUSES = 20;
const TAKEN_BACK = 0.5;
const HURRY_MS = 10_000;

/**
 * Whether to look at a pipe again as soon as anything is in it, or a moment later, when there is more: who writes line by line, and all
 * the time, would otherwise cost a turn of the event loop for each line. Whoever writes now and then is read at once.
 */
export class Pace {
  #streak = 0;
  #paused = false;
  #fullPauses = 0;
  #full_bytes = 0;
  #read_at = Number.NEGATIVE_INFINITY;
  #hurry_until = Number.NEGATIVE_INFINITY;

  /**
   * So much was read at once.
   *
   * @param full_bytes as much as there is when a pipe is nearly full
   * @returns whether to read on only after a pause
   */
  read(bytes: number, full_bytes: number, now: number): boolean {
    const since_ms = now - this.#read_at;
    this.#read_at = now;
    // One that holds more now may be wide enough.
    if (full_bytes !== this.#full_bytes) this.#fullPauses = 0;
    this.#full_bytes = full_bytes;
    if (this.#paused) this.#judge(bytes, full_bytes, now, since_ms);
    else this.#streak = since_ms < SOON_MS ? this.#streak + 1 : 0;
    this.#paused = this.#streak >= BUSY_READS && bytes < full_bytes && now >= this.#hurry_until;
    return this.#paused;
  }

  #judge(bytes: number, full_bytes: number, now: number, since_ms: number): void {
    if (bytes < WORTH_BYTES || since_ms > LATE_MS) this.#streak = 0;
    if (bytes < full_bytes) {
      this.#fullPauses = Math.max(0, this.#fullPauses - TAKEN_BACK);
      return;
    }
    this.#fullPauses += 1;
    if (this.#fullPauses < FULL_PAUSES) return;
    this.#fullPauses = 0;
    this.#hurry_until = now + HURRY_MS;
  }
}
