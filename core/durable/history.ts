import type { Clock } from '../clock.js';
import type { Journal } from '../journal/journal.js';

/**
 * What is told of the past, for the next daemon to go on with: values by key. Nothing rests on it, so it is kept in a file of its own beside
 * the journal; while there is none, in memory.
 */
export class History {
  readonly #clock: Pick<Clock, 'setImmediate'>;
  #journal: Journal | null = null;
  /** What is to be written; undefined: removed. */
  readonly #unwritten = new Map<string, unknown>();
  #writing: Disposable | null = null;

  constructor(clock: Pick<Clock, 'setImmediate'>) {
    this.#clock = clock;
  }

  /** From now on it is kept there, together with what an earlier daemon has left. */
  open(journal: Journal): void {
    this.#journal = journal;
    this.#write();
  }

  /** Whether an earlier daemon has left something, for it did not end as it should. */
  get found(): boolean {
    return this.#journal?.found === true;
  }

  /** As `Journal.under`. */
  under(prefix: string): readonly (readonly [name: string, value: unknown])[] {
    return this.#journal?.under(prefix) ?? [];
  }

  /** Has a value, JSON, from now on; null: none. It is written when the call returns. @throws TypeError where it is no JSON */
  put(key: string, value: unknown): void {
    const given = copyOf(value ?? undefined);
    if (this.#journal !== null) {
      this.#journal.change([[key, given]]);
      return;
    }
    if (given === undefined) this.#unwritten.delete(key);
    else this.#unwritten.set(key, given);
  }

  /** The same, written at the end of this turn of the event loop, all of it at once; it is JSON. */
  putSoon(key: string, value: unknown): void {
    this.#unwritten.set(key, value ?? undefined);
    this.#writing ??= this.#clock.setImmediate(() => this.#write());
  }

  /** Writes everything anew, where it can be written: the file is another one. */
  renew(): void {
    if (this.#journal?.failing === null) this.#journal.renew();
  }

  /** Lets go of it as it is, for the next daemon. */
  close(): void {
    this.#write();
    this.#journal?.close();
    this.#journal = null;
  }

  /** There is nothing to find afterwards, and nothing more is written. */
  erase(): void {
    this.#rest();
    this.#unwritten.clear();
    this.#journal?.erase();
    this.#journal = null;
  }

  #write(): void {
    if (this.#journal === null) return;
    this.#rest();
    const entries = [...this.#unwritten];
    this.#unwritten.clear();
    this.#journal.change(entries);
  }

  #rest(): void {
    this.#writing?.[Symbol.dispose]();
    this.#writing = null;
  }
}

/** It is written again and again, and whoever has given it may change it meanwhile, into what can't be written even. @throws TypeError */
function copyOf(value: unknown): unknown {
  if (value === undefined) return undefined;
  const text: string | undefined = JSON.stringify(value);
  if (text === undefined) throw new TypeError(`what is kept is to be JSON, got a ${typeof value}`);
  return JSON.parse(text);
}
