import type { OutputMark } from '../../core/index.js';
import { Backlog } from './backlog.js';
import { NEWLINE } from './line-format.js';
import type { Origin, Outlet } from './outlet.js';

/** One destination, whoever writes to it: keeps lines of different processes apart, and what waits while it is slow. */
export class Target {
  readonly #backlog: Backlog;
  #outlet: Outlet;
  /** Who has written a line that has no end yet. */
  #unended: Origin | null = null;
  #pumping: Promise<void> | null = null;
  #closed = false;

  /** @param slow_buffer bytes that wait at most, of those who may lose lines */
  constructor(outlet: Outlet, slow_buffer: number) {
    this.#outlet = outlet;
    this.#backlog = new Backlog(slow_buffer);
  }

  get outlet(): Outlet {
    return this.#outlet;
  }

  /** How much waits to be written. */
  get waiting_bytes(): number {
    return this.#backlog.bytes;
  }

  /** From now on everything goes elsewhere. */
  use(outlet: Outlet): void | Promise<void> {
    const before = this.#outlet;
    this.#outlet = outlet;
    this.#unended = null;
    return before.close();
  }

  /**
   * Writes whole lines, or a piece of one.
   *
   * @param bytes valid during the call only
   * @returns a promise where the writer has to wait
   */
  write(bytes: Buffer, origin: Origin): void | Promise<void> {
    const fresh = this.#unended !== origin;
    const separate = fresh && this.#unended !== null;
    const { format } = origin;
    const formatted = format === null ? bytes : format(bytes, origin.pid, fresh);
    if (formatted.length === 0) return;
    this.#unended = formatted[formatted.length - 1] === NEWLINE ? null : origin;
    this.#deliver(separate ? Buffer.concat([LINE_END, formatted]) : formatted, origin, fresh && !separate);
    return origin.when_slow === 'block' ? (this.#pumping ?? undefined) : undefined;
  }

  /** Where what is written now begins; null where that is no place in a file, or something else is written before. */
  mark(): OutputMark | null {
    return this.#pumping === null && !this.#closed ? (this.#outlet.mark?.() ?? null) : null;
  }

  /** @returns false where the file of the mark is not to be found */
  restore(mark: OutputMark): boolean {
    return this.#outlet.restore?.(mark) ?? false;
  }

  /** Nothing comes from there any more: a line that time and pid were put before gets its end. Bytes as they are stay so. */
  finish(origin: Origin): void {
    if (this.#unended !== origin || origin.format === null) return;
    this.#unended = null;
    this.#deliver(LINE_END, origin, false);
  }

  /** Opens files again: where they were moved away new ones are made. */
  reopen(): void {
    this.#outlet.reopen();
  }

  /** Lets go of what is open until the next write. */
  rest(): void {
    this.#outlet.rest();
  }

  /** Resolves when nothing waits any more. */
  drained(): Promise<void> {
    return this.#pumping ?? Promise.resolve();
  }

  /** Gives up what still waits. */
  async close(): Promise<void> {
    this.#closed = true;
    this.#backlog.clear('closed');
    await this.#outlet.close();
  }

  #deliver(bytes: Buffer, origin: Origin, fresh: boolean): void {
    if (this.#closed) {
      origin.loss.lost(bytes, 'closed');
      return;
    }
    if (this.#pumping !== null) {
      this.#backlog.add(bytes, origin, fresh);
      return;
    }
    const taken = this.#outlet.write(bytes, origin, fresh);
    if (taken < bytes.length) this.#backlog.add(bytes.subarray(taken), origin, fresh, taken > 0);
    if (this.#outlet.busy !== null) {
      this.#pumping = this.#pump().finally(() => {
        this.#pumping = null;
      });
    }
  }

  /** Writes what waits whenever the outlet takes something, until nothing is left. */
  async #pump(): Promise<void> {
    for (;;) {
      while (this.#outlet.busy !== null) await this.#outlet.busy;
      const { first } = this.#backlog;
      if (first === undefined) return;
      this.#backlog.took(this.#outlet.write(first.bytes, first.origin, first.fresh && !first.begun));
    }
  }
}

const LINE_END = Buffer.from('\n');
