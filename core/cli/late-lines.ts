/** A line of the log that is not written yet. */
interface Line {
  readonly at_ms: number;
  readonly write: () => void;
}

/**
 * Keeps lines of the log back until what they tell of is done, in their order: most come where a process has died, and its
 * replacement is not to wait for them.
 */
export class LateLines {
  #lines: Line[] = [];
  #writing_ms: number | null = null;
  #turn: NodeJS.Immediate | null = null;

  /** The time of the line that is written: milliseconds since the epoch. */
  get now_ms(): number {
    return this.#writing_ms ?? Date.now();
  }

  add(write: () => void): void {
    this.#lines.push({ at_ms: Date.now(), write });
    // What is due in this turn of the event loop comes first, whoever asked first.
    this.#turn ??= setImmediate(() => {
      this.#turn = setImmediate(() => this.flush());
    });
  }

  /** Writes what is kept back now. */
  flush(): void {
    if (this.#turn !== null) clearImmediate(this.#turn);
    this.#turn = null;
    const lines = this.#lines;
    this.#lines = [];
    try {
      for (const { at_ms, write } of lines) {
        this.#writing_ms = at_ms;
        write();
      }
    } finally {
      this.#writing_ms = null;
    }
  }
}
