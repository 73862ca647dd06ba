import type { Outlet } from './outlet.js';
import { Tail } from './tail.js';

/** Keeps the last bytes in memory. @source Circus's QueueStream, which has no bound */
export class MemoryOutlet implements Outlet {
  readonly busy = null;
  readonly tail: Tail;

  /** @param now_ms milliseconds since the epoch */
  constructor(max_bytes: number, now_ms: () => number) {
    this.tail = new Tail(max_bytes, now_ms);
  }

  write(bytes: Buffer): number {
    this.tail.add(bytes);
    return bytes.length;
  }

  wake(): null {
    return null;
  }

  reopen(): void {}

  rest(): void {}

  close(): void {}
}

/** Keeps nothing. */
export const nullOutlet: Outlet = {
  busy: null,
  write: (bytes) => bytes.length,
  wake: () => null,
  reopen: () => {},
  rest: () => {},
  close: () => {},
};
