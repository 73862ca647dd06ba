import { Socket } from 'node:net';
import { Deferred } from '../../deferred.js';
import { PARENT } from './asked.js';
import type { Ending, ParentNote, Word } from './words.js';

/** The parent that starts this supervisor again when it dies, as the supervisor sees it. */
export class ParentLink {
  readonly pid = process.ppid;
  readonly #fd: number;
  /** How the supervisor before this one ended. */
  readonly after: Ending | null;
  readonly #socket: Socket;
  readonly #gone = new Deferred();

  constructor(fd: number, after: Ending | null) {
    this.#fd = fd;
    this.after = after;
    this.#socket = new Socket({ fd, readable: true, writable: true });
    this.#socket.on('error', () => this.#socket.destroy());
    this.#socket.once('close', () => this.#gone.resolve());
    this.#socket.resume();
    this.#socket.unref();
  }

  /** Number of the stream to it; null once it is gone. */
  get fd(): number | null {
    return this.#socket.destroyed ? null : this.#fd;
  }

  /** Resolves when the parent is gone. */
  get gone(): Promise<void> {
    return this.#gone.promise;
  }

  /** Resolves when it is told, or can't be any more. */
  tell(word: Word): Promise<void> {
    if (this.#socket.destroyed) return Promise.resolve();
    return new Promise((resolve) => this.#socket.write(`${JSON.stringify(word)}\n`, () => resolve()));
  }
}

/** The parent, where there is one; asked once, as what tells of it is taken out of the environment that children inherit. */
export function takeParent(): ParentLink | null {
  const note = process.env[PARENT];
  delete process.env[PARENT];
  if (note === undefined) return null;
  const { fd, after } = JSON.parse(note) as ParentNote;
  return fd === null ? null : new ParentLink(fd, after);
}
