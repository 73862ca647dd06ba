import {
  closeSync,
  constants,
  existsSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import type { Os } from '../os/port.js';

/** A process that keeps descriptors open, as it is known to the next start. */
export interface HolderRecord {
  readonly pid: number;
  /** Of the process, in clock ticks since boot: with the pid it names one process for ever. */
  readonly start_ticks: number;
  /** File name of the FIFO that it waits at. */
  readonly fifo: string;
}

const PRIVATE = 0o700;
const RECORD = '.json';

/** The files of one holder: a FIFO for each process, at which nobody ever writes, and a record of the one that counts. */
export class HolderFiles {
  readonly #os: Os;
  readonly #directory: string;
  readonly #name: string;

  constructor(os: Os, directory: string, name: string) {
    this.#os = os;
    this.#directory = directory;
    this.#name = name;
  }

  /** Makes the FIFO for one more process, and returns its file name. @throws Error, OsError where it can't be made */
  add(token: string): string {
    mkdirSync(this.#directory, { recursive: true, mode: PRIVATE });
    const fifo = `${this.#name}.${token}`;
    this.#os.makeFifo(this.path(fifo));
    return fifo;
  }

  path(fifo: string): string {
    return join(this.#directory, fifo);
  }

  /** Has the next start find this process instead of the one before. @throws Error where it can't be written */
  write(record: HolderRecord): void {
    const path = this.path(`${this.#name}${RECORD}`);
    writeFileSync(`${path}.new`, JSON.stringify(record), { mode: 0o600 });
    renameSync(`${path}.new`, path);
  }

  /** The process on record, if that very one still lives. */
  read(): HolderRecord | null {
    const record = parse(this.path(`${this.#name}${RECORD}`));
    return record && this.#os.startTicks(record.pid) === record.start_ticks ? record : null;
  }

  /** Removes the FIFOs but one. Whoever waits at one of them, unknown to any record, ends by that. */
  sweep(keep: string | null): void {
    if (!existsSync(this.#directory)) return;
    for (const name of readdirSync(this.#directory)) {
      const isOurs = name.startsWith(`${this.#name}.`) && !name.endsWith(RECORD) && !name.endsWith('.new');
      if (isOurs && name !== keep) this.remove(name);
    }
    if (keep === null) rmSync(this.path(`${this.#name}${RECORD}`), { force: true });
  }

  /** Removes one FIFO; a process that waits at it ends, and so does one that has yet to come. */
  remove(fifo: string): void {
    const path = this.path(fifo);
    wake(path);
    rmSync(path, { force: true });
  }
}

/** For a moment there is one who could write: a process that waits for that goes on, and finds that there is nothing to read. */
function wake(path: string): void {
  try {
    closeSync(openSync(path, constants.O_WRONLY | constants.O_NONBLOCK));
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : undefined;
    // Nobody waits there, or it is gone already.
    if (code !== 'ENXIO' && code !== 'ENOENT') throw error;
  }
}

function parse(path: string): HolderRecord | null {
  if (!existsSync(path)) return null;
  try {
    const { pid, start_ticks, fifo } = JSON.parse(readFileSync(path, 'utf8'));
    return Number.isSafeInteger(pid) && pid > 1 && Number.isSafeInteger(start_ticks) && typeof fifo === 'string'
      ? { pid, start_ticks, fifo }
      : null;
  } catch (error) {
    // Only a whole one is ever renamed to this name; what else is there is not ours.
    if (error instanceof SyntaxError || error instanceof TypeError) return null;
    throw error;
  }
}
