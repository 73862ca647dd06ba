import { closeSync } from 'node:fs';
import { numbersOf, sourceOf } from '../fd-source.js';
import type { SpawnRequest } from '../port.js';
import { openPipe } from './fds.js';
import type { Libc } from './libc.js';
import type { OpenReading, Reading } from './pipes.js';

/** The descriptors of a process that is about to start, and the daemon's ends of its pipes. */
export class ChildFds {
  /** By number in the process: the number in the daemon, or null for /dev/null. */
  readonly table = new Map<number, number | null>();
  readonly readings: Reading[] = [];
  readonly #ends = new Map<number, number>();
  readonly #libc: Libc;
  readonly #open: OpenReading;

  readonly #fds: SpawnRequest['fds'];

  constructor(libc: Libc, open: OpenReading, fds: SpawnRequest['fds']) {
    this.#libc = libc;
    this.#open = open;
    this.#fds = fds;
  }

  /** @throws OsError where a pipe can't be opened; `close` and `cancel` are due all the same */
  fill(): void {
    if (this.table.size > 0) return;
    for (const number of numbersOf(this.#fds)) {
      const { fd, source } = sourceOf(this.#fds, number);
      if (source.kind === 'null') this.table.set(number, null);
      else if (source.kind === 'inherit') this.table.set(number, fd);
      else if (source.kind === 'fd') this.table.set(number, source.fd);
      else {
        if (!this.#ends.has(fd)) {
          const pipe = openPipe(this.#libc);
          this.#ends.set(fd, pipe.write);
          this.readings.push(this.#open(pipe.read, source.sink));
        }
        this.table.set(number, this.#ends.get(fd) ?? null);
      }
    }
  }

  /** Closes the process's ends of the pipes: it has its own, or there is none. */
  close(): void {
    for (const fd of this.#ends.values()) closeSync(fd);
    this.#ends.clear();
  }
}

/** Tells which descriptors a process is to have; those of which none has to be opened for it are the same ones each time. */
export function childFds(libc: Libc, open: OpenReading): (fds: SpawnRequest['fds']) => ChildFds {
  const shared = new WeakMap<SpawnRequest['fds'], ChildFds>();
  return (fds) => {
    const known = shared.get(fds);
    if (known !== undefined) return known;
    const made = new ChildFds(libc, open, fds);
    if (![...fds.values()].some(({ kind }) => kind === 'pipe')) shared.set(fds, made);
    return made;
  };
}
