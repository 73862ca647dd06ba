import { uptime } from 'node:os';

/** The only source of time for everything that decides; tests put a virtual one in its place. */
export interface Clock {
  /** Milliseconds on a monotonic clock, for delays and ages. */
  now(): number;
  /** Milliseconds since the epoch, for what a person or a client reads. */
  wall(): number;
  /** Milliseconds since boot, those of a suspend included, as the kernel counts the starts of processes; left out: as `now()`. */
  uptime?(): number;
  /** Calls `fn` once after `delay_ms`; disposing of the timer before then means never. */
  setTimeout(fn: () => void, delay_ms: number): Disposable;
  /** Calls `fn` in a later turn of the event loop, so that signals and sockets are served in between. */
  setImmediate(fn: () => void): Disposable;
}

/** Node caps a timer at 2^31-1 ms and fires a longer one at once. */
const LONGEST_MS = 2 ** 31 - 1;
/** A timer that fires so much later than it was due does so because the whole process stood still: by SIGSTOP, say. */
const LATE_MS = 1000;

/** What waits for its turn of the event loop, as a class: one is made for each spawn. */
class Turn implements Disposable {
  readonly #immediate: NodeJS.Immediate;

  constructor(fn: () => void) {
    this.#immediate = setImmediate(fn);
  }

  [Symbol.dispose](): void {
    clearImmediate(this.#immediate);
  }
}

export const systemClock: Clock = {
  now: () => performance.now(),
  wall: () => Date.now(),
  uptime: () => uptime() * 1000,
  setTimeout(fn, delay_ms) {
    const wait_ms = Math.min(Math.max(0, Math.ceil(delay_ms)), LONGEST_MS);
    const due_ms = performance.now() + wait_ms;
    let after: NodeJS.Immediate | undefined;
    const later = (call: () => void): void => {
      after = setImmediate(call);
    };
    const timer = setTimeout(() => {
      // What has come meanwhile, answers and signs of life, is read first: in these two turns of the loop.
      if (performance.now() - due_ms < LATE_MS) fn();
      else later(() => later(fn));
    }, wait_ms);
    return {
      [Symbol.dispose]() {
        clearTimeout(timer);
        clearImmediate(after);
      },
    };
  },
  setImmediate: (fn) => new Turn(fn),
};
