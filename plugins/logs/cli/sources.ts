import { type DaemonLink, understood } from '../../../core/index.js';
import type { ToldStream } from '../logs-command.js';
import { Follower } from './follow.js';
import type { LogStream } from './streams.js';

/** Something that lines come from. */
export interface LineSource extends Disposable {
  readonly watcher: string;
  /** `stdout`, `stderr`, or both. */
  readonly name: string;
  /** The lines that were asked for. */
  first(): Buffer;
  /** What has come since the last call. */
  more(): Buffer | Promise<Buffer>;
}

/** A file, followed over its rotations. */
export class FileSource implements LineSource {
  readonly watcher: string;
  readonly name: string;
  readonly #follower: Follower;
  readonly #first: (end: number) => Buffer;

  /** @param first the lines asked for, of what comes before `end` in the file that is written to */
  constructor({ watcher, name, filename }: LogStream, first: (end: number) => Buffer) {
    this.watcher = watcher;
    this.name = name;
    this.#follower = new Follower(filename);
    this.#first = first;
  }

  first(): Buffer {
    return this.#first(this.#follower.offset);
  }

  more(): Buffer {
    return this.#follower.read();
  }

  [Symbol.dispose](): void {
    this.#follower[Symbol.dispose]();
  }
}

/** What the daemon keeps in memory. */
export class MemorySource implements LineSource {
  readonly watcher: string;
  readonly name: string;
  readonly #link: DaemonLink;
  readonly #text: string;
  #cursor: string;

  constructor(link: DaemonLink, { watcher, stream, text = '', cursor = '' }: ToldStream) {
    this.watcher = watcher;
    this.name = stream;
    this.#link = link;
    this.#text = text;
    this.#cursor = cursor;
  }

  first(): Buffer {
    return Buffer.from(this.#text);
  }

  async more(): Promise<Buffer> {
    const cursors = { [`${this.watcher} ${this.name}`]: this.#cursor };
    const told = await toldStreams(this.#link, { name: this.watcher, cursors });
    const {
      text = '',
      cursor = this.#cursor,
      lost_bytes = 0,
    } = (await understood('the reply to logs', () => told.find(({ stream }) => stream === this.name))) ?? {};
    this.#cursor = cursor;
    return Buffer.from(lost_bytes > 0 ? `[${lost_bytes} bytes came faster than they were read]\n${text}` : text);
  }

  [Symbol.dispose](): void {}
}

/** What the daemon tells of its streams. */
export async function toldStreams(link: DaemonLink, properties: Readonly<Record<string, unknown>>): Promise<readonly ToldStream[]> {
  const { streams } = await link.call('logs', properties);
  return streams as readonly ToldStream[];
}
