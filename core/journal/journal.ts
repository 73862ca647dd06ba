import type { Clock } from '../clock.js';
import { messageOf, RingmasterError } from '../errors.js';
import type { Logger } from '../log.js';
import type { JournalFile } from './file.js';
import { journalLine, readJournalLines } from './lines.js';

/** Counted up when what is in a journal gets another meaning. */
export const JOURNAL_VERSION = 1;
/** A journal smaller than this is not rewritten. */
const FLOOR_BYTES = 65_536;
/** A journal is rewritten when it is so many times as big as what is in effect. */
const SLACK = 2;
/** One that can't be written is tried again so often. */
const RETRY_MS = 1000;

interface Header {
  readonly journal: number;
  readonly boot_id: string;
  readonly id: string;
  readonly life: number;
}

export interface JournalOptions {
  /** What it is called where something is said of it (default: the journal). */
  readonly called?: string;
  /** Tells one run of the kernel, or of a container, from another; null: what is there counts whichever it is of. */
  readonly boot_id: string | null;
  /** For a journal that begins anew: something that no other journal has. */
  readonly id: string;
  readonly log: Logger;
  readonly clock: Clock;
  /** Told once that it can't be written and why, and with null when all of it is written again. */
  failing(why: string | null): void;
}

/**
 * Values by key that outlive this process, however it ends: each change is a line that is written before it counts, and the last one
 * of a key is in effect. It may be cut or damaged anywhere; then the lines that are whole count, if the first is.
 */
export class Journal {
  readonly #file: JournalFile;
  readonly #clock: Clock;
  readonly #told: (why: string | null) => void;
  readonly #header: Header;
  readonly #values: Map<string, unknown>;
  /** Whether it was left by a life that did not end as it should. */
  readonly found: boolean;
  /** Whether some of it was lost. */
  readonly isDamaged: boolean;
  /** Keys that were deleted, as far as what was read tells: those are not lost. */
  readonly deleted: ReadonlySet<string>;
  #bytes = 0;
  #limit_bytes = FLOOR_BYTES;
  #isOver = false;
  /** Why it can't be written; null where it can. */
  #failing: string | null = null;
  #tried_ms = 0;
  #retry: Disposable | null = null;

  /**
   * Opens what is there, or begins anew where nothing is, or where it is of an earlier run of the kernel, of which nobody lives.
   *
   * @throws RM_JOURNAL_VERSION where another version of ringmaster has written it
   */
  constructor(file: JournalFile, { called = 'the journal', boot_id, id, log, clock, failing }: JournalOptions) {
    this.#file = file;
    this.#clock = clock;
    this.#told = failing;
    const { header, values, deleted, warning } = understand(file.read(), boot_id);
    if (warning !== null) log.warn(`${called} is ${warning}`);
    this.found = header !== null;
    this.isDamaged = warning !== null;
    this.deleted = deleted;
    this.#header = { journal: JOURNAL_VERSION, boot_id: boot_id ?? '', id: header?.id ?? id, life: (header?.life ?? 0) + 1 };
    this.#values = values;
    this.#rewrite();
  }

  /** The same for all lives of one journal, and for no other. */
  get id(): string {
    return this.#header.id;
  }

  /** Which of the lives of this journal this is, from 1. */
  get life(): number {
    return this.#header.life;
  }

  get(key: string): unknown {
    return this.#values.get(key);
  }

  /** Everything under a prefix, with what is after it in the key, in the order of the first writing. */
  under(prefix: string): readonly (readonly [name: string, value: unknown])[] {
    return [...this.#values].flatMap(([key, value]) => (key.startsWith(prefix) ? [[key.slice(prefix.length), value] as const] : []));
  }

  /** Why it can't be written at present; null where it can. */
  get failing(): string | null {
    return this.#failing;
  }

  /**
   * Has a value, JSON other than null, from now on. Where it can't be written, that is told, and everything is written anew as soon as
   * it can be.
   */
  put(key: string, value: NonNullable<unknown>): void {
    this.change([[key, value]]);
  }

  delete(key: string): void {
    this.change([[key, undefined]]);
  }

  /** Several changes by one write, each of another key; undefined deletes. @throws TypeError where a value is no JSON, and changes nothing */
  change(entries: readonly (readonly [key: string, value: unknown])[]): void {
    const lines: string[] = [];
    for (const [key, value] of entries) {
      if (value !== undefined) lines.push(journalLine([key, value]));
      else if (this.#values.has(key)) lines.push(journalLine([key]));
    }
    for (const [key, value] of entries) {
      if (value === undefined) this.#values.delete(key);
      else this.#values.set(key, value);
    }
    if (lines.length > 0) this.#write(lines.join(''));
  }

  /** Writes everything anew: whoever keeps the file says that it is another one. */
  renew(): void {
    if (!this.#isOver) this.#rewrite();
  }

  /** Lets go of it as it is, for the next life: nothing more is written. */
  close(): void {
    if (this.#failing !== null && !this.#isOver) this.#rewrite();
    this.#isOver = true;
    this.#rest();
    this.#file.close();
  }

  /** This life ends as it should: there is nothing to find, and nothing more is written. */
  erase(): void {
    this.#isOver = true;
    this.#rest();
    this.#file.remove();
  }

  #write(lines: string): void {
    if (this.#isOver) return;
    if (this.#failing !== null) {
      // The timer writes it, if it is too soon.
      if (this.#clock.now() - this.#tried_ms >= RETRY_MS) this.#rewrite();
      return;
    }
    const bytes = Buffer.byteLength(lines);
    if (this.#bytes + bytes > this.#limit_bytes || !this.#append(lines)) this.#rewrite();
    else this.#bytes += bytes;
  }

  #append(lines: string): boolean {
    try {
      this.#file.append(lines);
      return true;
    } catch {
      // There may be room where it is written anew; if not, that says why.
      return false;
    }
  }

  /** With what is in effect alone. */
  #rewrite(): void {
    const lines = [journalLine(this.#header)];
    for (const entry of this.#values) lines.push(journalLine(entry));
    const text = lines.join('');
    this.#bytes = Buffer.byteLength(text);
    this.#limit_bytes = Math.max(FLOOR_BYTES, SLACK * this.#bytes);
    this.#rest();
    try {
      this.#file.replace(text, this.#limit_bytes);
      this.#is(null);
    } catch (error) {
      this.#tried_ms = this.#clock.now();
      this.#retry = this.#clock.setTimeout(() => this.#rewrite(), RETRY_MS);
      this.#is(messageOf(error));
    }
  }

  #is(failing: string | null): void {
    const isNews = (failing === null) !== (this.#failing === null);
    this.#failing = failing;
    if (isNews) this.#told(failing);
  }

  #rest(): void {
    this.#retry?.[Symbol.dispose]();
    this.#retry = null;
  }
}

interface Understood {
  readonly header: Header | null;
  readonly values: Map<string, unknown>;
  readonly deleted: Set<string>;
  readonly warning: string | null;
}

function understand(bytes: Uint8Array | null, boot_id: string | null): Understood {
  const values = new Map<string, unknown>();
  const deleted = new Set<string>();
  const nothing = { header: null, values, deleted, warning: null };
  if (bytes === null) return nothing;
  const { values: lines, bad_at, bad_bytes } = readJournalLines(bytes);
  const [first, ...entries] = lines;
  const warning = bad_bytes > 0 ? `damaged after ${bad_at} bytes; ${bad_bytes} bytes of it are dropped` : null;
  if (!isHeader(first)) return { ...nothing, warning: warning === null ? null : `${warning}, and nothing can be made of the rest` };
  if (first.journal !== JOURNAL_VERSION) throw new RingmasterError('RM_JOURNAL_VERSION', [first.journal, JOURNAL_VERSION]);
  if (boot_id !== null && first.boot_id !== boot_id) return nothing;
  for (const entry of entries) {
    if (!Array.isArray(entry) || typeof entry[0] !== 'string') continue;
    const [key] = entry;
    if (entry.length > 1) {
      values.set(key, entry[1]);
      deleted.delete(key);
    } else {
      values.delete(key);
      deleted.add(key);
    }
  }
  return { header: first, values, deleted, warning };
}

function isHeader(value: unknown): value is Header {
  return typeof value === 'object' && value !== null && 'journal' in value && 'boot_id' in value && 'id' in value && 'life' in value;
}
