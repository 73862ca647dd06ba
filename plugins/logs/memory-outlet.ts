import type { Outlet } from './outlet.js';
import { Tail } from './tail.js';

/** Keeps the last bytes in memory. @source Circus's QueueStream, which has no bound */
export class MemoryOutlet implements Outlet {
  readonly busy = null;
  readonly tail: Tail;

  constructor(max_bytes: number) {
    this.tail = new Tail(max_bytes);
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
