import { closeSync, constants, existsSync, fstatSync, mkdirSync, openSync, readdirSync, readSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { messageOf } from '../errors.js';
import type { Logger } from '../log.js';
import type { KeptEnd } from '../os/kept.js';
import { errnoOf, OsError } from '../os/os-error.js';

const { O_NOFOLLOW, O_NONBLOCK, O_RDONLY, O_WRONLY } = constants;
/** FIFOs that are made at once, and kept open by one process. */
const CHUNK = 32;
const PRIVATE = 0o700;
const SINK = Buffer.allocUnsafe(65_536);

/** A process that keeps descriptors open, as `Holder` makes one. */
export interface PipeHolder {
  /** As `Holder.keep`. */
  keep(fds: readonly number[]): boolean;
  hold(fds: readonly number[]): Promise<void>;
  end(): Promise<void>;
  /** Ends at once. */
  kill(): void;
  /** As `Holder.pid`. */
  readonly pid: number | null;
}

export interface KeptPipesHost {
  /** Of the FIFOs; made, mode 0700, where it is missing. */
  readonly directory: string;
  readonly log: Logger;
  /** Whether the path of the directory leads to this daemon's: where it does not, nothing there is touched. */
  isOurs(): boolean;
  /** @throws OsError */
  makeFifo(path: string): void;
  holder(name: string): PipeHolder;
}

interface Chunk {
  readonly number: number;
  readonly holder: PipeHolder;
  /** Reading ends, in order of their indexes. */
  readonly fds: readonly number[];
  /** Resolves when another process holds them too; null where nobody was asked to. */
  held: Promise<void> | null;
}

/**
 * A stock of FIFOs that outlive the daemon with what is in them. They are known by index, and made in chunks; each chunk is kept open by a
 * process of its own.
 */
export class KeptPipes {
  readonly #host: KeptPipesHost;
  readonly #chunks = new Map<number, Chunk>();
  readonly #free = new Set<number>();
  readonly #closing = new Set<Promise<void>>();
  #isDetached = false;

  /**
   * Opens what an earlier daemon has left.
   *
   * @param used indexes that are not to be given out, for what is in them counts
   * @throws OsError, or what the file system says
   */
  constructor(host: KeptPipesHost, used: ReadonlySet<number>) {
    this.#host = host;
    mkdirSync(host.directory, { recursive: true, mode: PRIVATE });
    const left = readdirSync(host.directory).flatMap((name) => (/^\d+$/.test(name) ? [Number(name)] : []));
    for (const number of new Set([...left, ...used].map(chunkOf))) this.#open(number);
    for (const index of used) this.#free.delete(index);
  }

  path(index: number): string {
    return join(this.#host.directory, String(index));
  }

  /** The reading end of a pipe that nobody else has, and that is held. @throws OsError, SpawnError where no more can be had */
  async acquire(): Promise<KeptEnd> {
    const end = this.#next();
    try {
      await this.held(end.index);
    } catch (error) {
      this.giveBack(end.index);
      throw error;
    }
    return end;
  }

  /** Resolves when a pipe is open in another process too, be it that of an earlier daemon. @throws OsError, SpawnError */
  async held(index: number): Promise<void> {
    const chunk = this.#chunkOf(index);
    chunk.held ??= chunk.holder.hold(chunk.fds);
    try {
      await chunk.held;
    } catch (error) {
      chunk.held = null;
      if (chunk.holder.pid === null) throw error;
      this.#host.log.warn(`pipes stay with the process ${chunk.holder.pid} that keeps them open: ${messageOf(error)}`);
    }
  }

  /** The reading end of a pipe. @throws OsError where there is no such pipe */
  end(index: number): KeptEnd {
    const fd = this.#chunkOf(index).fds[index % CHUNK];
    if (fd === undefined) throw missing(index);
    return { index, fd };
  }

  /** The end that a process writes to, of the pipe that is read, whatever is at its path: the caller closes it. @throws OsError */
  openWriting(index: number): number {
    return openSync(`/proc/self/fd/${this.end(index).fd}`, O_WRONLY);
  }

  /** It is used no more. */
  giveBack(index: number): void {
    const chunk = this.#chunks.get(chunkOf(index));
    // Everything was removed meanwhile, or is others' by now.
    if (chunk === undefined || this.#isDetached) return;
    this.#free.add(index);
    if (!this.#isSpare(chunk)) return;
    const closing = this.#close(chunk).catch((error: unknown) => {
      this.#host.log.warn(`a process that kept pipes open is not ended: ${messageOf(error)}`);
    });
    this.#closing.add(closing);
    void closing.finally(() => this.#closing.delete(closing));
  }

  /** Has everything held, where an earlier daemon has left nobody who does. @throws OsError, SpawnError */
  async holdAgain(): Promise<void> {
    await Promise.all([...this.#chunks.values()].map((chunk) => this.held(chunk.number * CHUNK)));
  }

  /** Its directory is gone, or others' by now: what is open is used up, and with this process nobody has it any more. */
  detach(): void {
    this.kill();
    this.#isDetached = true;
  }

  /** Ends the processes that hold, at once. */
  kill(): void {
    for (const { holder } of this.#chunks.values()) holder.kill();
  }

  /** Removes everything: whoever still writes has nobody who reads. */
  async remove(): Promise<void> {
    await Promise.all([...this.#closing, ...[...this.#chunks.values()].map((chunk) => this.#close(chunk))]);
    if (this.#host.isOurs()) rmSync(this.#host.directory, { recursive: true, force: true });
  }

  /** Lets go of everything as it is, for the next life. */
  leave(): void {
    for (const { fds } of this.#chunks.values()) for (const fd of fds) closeSync(fd);
    this.#chunks.clear();
    this.#free.clear();
  }

  #next(): KeptEnd {
    const free = this.#clean();
    if (free !== undefined) return free;
    let number = 0;
    while (this.#chunks.has(number)) number++;
    this.#open(number);
    const fresh = this.#clean();
    if (fresh === undefined) throw new OsError('EMFILE', 'mkfifo', 'no pipe is free');
    return fresh;
  }

  /** A free pipe that is empty, and that nobody still has open who got it earlier. */
  #clean(): KeptEnd | undefined {
    for (const index of this.#free) {
      const end = this.end(index);
      const { bytes, isWritten } = empty(end.fd);
      if (bytes > 0) this.#host.log.warn(`${bytes} bytes of output that nobody asks for are dropped`, { pipe: index });
      if (isWritten) continue;
      this.#free.delete(index);
      return end;
    }
    return undefined;
  }

  #chunkOf(index: number): Chunk {
    const chunk = this.#chunks.get(chunkOf(index));
    if (chunk === undefined) throw missing(index);
    return chunk;
  }

  /** Opens the FIFOs of a chunk, and makes those that are missing. */
  #open(number: number): void {
    if (!this.#host.isOurs()) throw new OsError('ESTALE', 'mkfifo', `${this.#host.directory} is another daemon's by now`);
    const indexes = indexesOf(number);
    const fds: number[] = [];
    const areThere = indexes.every((index) => existsSync(this.path(index)));
    try {
      for (const index of indexes) fds.push(this.#opened(index));
    } catch (error) {
      for (const fd of fds) closeSync(fd);
      throw error;
    }
    const holder = this.#host.holder(`pipes-${number}`);
    // Whom an earlier daemon has left has those that it made, and no other of the same name.
    const held = areThere && holder.keep(fds) ? Promise.resolve() : null;
    this.#chunks.set(number, { number, holder, fds, held });
    for (const index of indexes) this.#free.add(index);
  }

  #opened(index: number): number {
    const path = this.path(index);
    if (!existsSync(path)) this.#host.makeFifo(path);
    const fd = openSync(path, O_RDONLY | O_NONBLOCK | O_NOFOLLOW);
    if (fstatSync(fd).isFIFO()) return fd;
    closeSync(fd);
    throw new OsError('EEXIST', 'mkfifo', `${path} is no FIFO`);
  }

  /** Whether nothing of it is used, and another one has enough for what may come. */
  #isSpare({ number }: Chunk): boolean {
    const free = (one: number): number => indexesOf(one).filter((index) => this.#free.has(index)).length;
    return free(number) === CHUNK && [...this.#chunks.keys()].some((other) => other !== number && free(other) > CHUNK / 2);
  }

  async #close({ number, fds, holder }: Chunk): Promise<void> {
    this.#chunks.delete(number);
    for (const index of indexesOf(number)) this.#free.delete(index);
    try {
      if (this.#host.isOurs()) for (const index of indexesOf(number)) rmSync(this.path(index), { force: true });
    } finally {
      await holder.end();
      for (const fd of fds) closeSync(fd);
    }
  }
}

const chunkOf = (index: number): number => Math.floor(index / CHUNK);

const indexesOf = (chunk: number): readonly number[] => Array.from({ length: CHUNK }, (_, at) => chunk * CHUNK + at);

const missing = (index: number): OsError => new OsError('ENOENT', 'open', `there is no pipe ${index}`);

/** Takes out of a pipe what is there. @returns how much, and whether somebody has it open for writing */
function empty(fd: number): { readonly bytes: number; readonly isWritten: boolean } {
  let bytes = 0;
  try {
    for (let read = readSync(fd, SINK); read > 0; read = readSync(fd, SINK)) bytes += read;
    return { bytes, isWritten: false };
  } catch (error) {
    if (errnoOf(error) !== 'EAGAIN') throw error;
    return { bytes, isWritten: true };
  }
}
