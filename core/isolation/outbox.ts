import type { Writable } from 'node:stream';
import { lineOf, type ToGuest } from './messages.js';

/** So many messages that may be dropped wait at most, and no more than so many characters of them. */
const MOST_DROPPABLE = 1000;
const MOST_DROPPABLE_CHARS = 4 * 1024 * 1024;

interface Held {
  readonly line: string;
  readonly droppable: boolean;
}

/** Messages on their way to a guest: no more than it reads is written, and of what may be dropped only the newest wait. */
export class Outbox {
  /** How many were dropped. */
  dropped = 0;
  readonly #stream: Writable;
  readonly #news: () => Iterable<ToGuest>;
  #held: Held[] = [];
  #droppable = 0;
  #droppable_chars = 0;
  #full = false;
  #open = true;

  /** @param news what is written before the next message */
  constructor(stream: Writable, news: () => Iterable<ToGuest>) {
    this.#stream = stream;
    this.#news = news;
    stream.on('drain', () => {
      this.#full = false;
      this.flush();
    });
  }

  /** @throws TypeError for what can't be JSON; then nothing is sent */
  send(message: ToGuest, droppable = false): void {
    if (!this.#open) return;
    const line = lineOf(message);
    this.#held.push({ line, droppable });
    if (droppable) this.#count(1, line);
    while (this.#droppable > MOST_DROPPABLE || this.#droppable_chars > MOST_DROPPABLE_CHARS) this.#drop();
    this.flush();
  }

  /** Writes what waits, as far as the guest reads. */
  flush(): void {
    if (this.#full || !this.#open) return;
    for (const message of this.#news()) this.#write(lineOf(message));
    let written = 0;
    for (const { line, droppable } of this.#held) {
      if (this.#full) break;
      this.#write(line);
      written += 1;
      if (droppable) this.#count(-1, line);
    }
    if (written > 0) this.#held = this.#held.slice(written);
  }

  /** Writes a last message, whatever waits, and ends the stream. */
  end(message: ToGuest): void {
    if (!this.#open) return;
    this.close();
    this.#stream.end(lineOf(message));
  }

  close(): void {
    this.#open = false;
    this.#held = [];
  }

  #write(line: string): void {
    if (!this.#stream.write(line)) this.#full = true;
  }

  #drop(): void {
    const [oldest] = this.#held.splice(
      this.#held.findIndex(({ droppable }) => droppable),
      1,
    );
    this.#count(-1, oldest?.line ?? '');
    this.dropped += 1;
  }

  #count(by: 1 | -1, line: string): void {
    this.#droppable += by;
    this.#droppable_chars += by * line.length;
  }
}
