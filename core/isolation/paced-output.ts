import type { Writable } from 'node:stream';

const BATCH_CHARS = 32 * 1024;

/**
 * Writes lines in small portions, each when the one before was taken, so that whoever reads has never more than one to swallow. A
 * stream of a thread would else hand over everything that was written meanwhile at once.
 */
export class PacedOutput {
  readonly #write: (text: string, done: () => void) => void;
  readonly #most: number;
  #held: string[] = [];
  #busy = false;
  #lost = 0;
  #idle: (() => void) | undefined;

  /** @param most lines that may be dropped are, while as many as these wait */
  constructor(stream: Writable, most: number) {
    const write = stream.write.bind(stream);
    this.#write = (text, done) => void write(text, done);
    this.#most = most;
  }

  /** Lines that were dropped since this was asked for last. */
  takeLost(): number {
    const lost = this.#lost;
    this.#lost = 0;
    return lost;
  }

  /** @returns whether there is room for what may be dropped; where there is not, it counts as dropped */
  hasRoom(): boolean {
    if (this.#held.length < this.#most) return true;
    this.#lost += 1;
    return false;
  }

  write(line: string): void {
    this.#held.push(line);
    if (!this.#busy) this.#next();
  }

  /** Writes at once whatever waits: there will be no later. */
  flush(): void {
    if (this.#held.length > 0) this.#write(this.#held.splice(0).join(''), () => undefined);
  }

  /** Resolves when everything was taken. */
  drained(): Promise<void> {
    return new Promise((resolve) => {
      if (this.#busy) this.#idle = resolve;
      else resolve();
    });
  }

  #next(): void {
    this.#busy = this.#held.length > 0;
    if (!this.#busy) {
      this.#idle?.();
      return;
    }
    let count = 0;
    let chars = 0;
    while (count < this.#held.length && (count === 0 || chars < BATCH_CHARS)) chars += this.#held[count++]?.length ?? 0;
    const batch = this.#held.slice(0, count).join('');
    this.#held = this.#held.slice(count);
    this.#write(batch, () => this.#next());
  }
}
