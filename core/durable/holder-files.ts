import {
  closeSync,
  constants,
  existsSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmdirSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import type { HolderFiles, HolderRecord } from '../os/durable.js';
import { OsError } from '../os/os-error.js';

const PRIVATE = 0o700;
const RECORD = '.json';

/** On disk. */
export class DiskHolderFiles implements HolderFiles {
  readonly #makeFifo: (path: string) => void;
  readonly #directory: string;
  readonly #name: string;
  readonly #isOurs: () => boolean;

  /** @param directory, name, isOurs as for `DurableOs.holderFiles` */
  constructor(makeFifo: (path: string) => void, directory: string, name: string, isOurs: () => boolean) {
    this.#makeFifo = makeFifo;
    this.#directory = directory;
    this.#name = name;
    this.#isOurs = isOurs;
  }

  add(token: string): string {
    this.#mustBeOurs();
    mkdirSync(this.#directory, { recursive: true, mode: PRIVATE });
    const fifo = `${this.#name}.${token}`;
    this.#makeFifo(this.path(fifo));
    return fifo;
  }

  path(fifo: string): string {
    return join(this.#directory, fifo);
  }

  write(record: HolderRecord): void {
    this.#mustBeOurs();
    const path = this.path(`${this.#name}${RECORD}`);
    writeFileSync(`${path}.new`, JSON.stringify(record), { mode: 0o600 });
    renameSync(`${path}.new`, path);
  }

  read(): HolderRecord | null {
    return this.#isOurs() ? parse(this.path(`${this.#name}${RECORD}`)) : null;
  }

  sweep(keep: string | null): void {
    if (!this.#isOurs() || !existsSync(this.#directory)) return;
    for (const name of readdirSync(this.#directory)) {
      const isOurs = name.startsWith(`${this.#name}.`) && !name.endsWith(RECORD) && !name.endsWith('.new');
      if (isOurs && name !== keep) this.remove(name);
    }
    if (keep !== null) return;
    rmSync(this.path(`${this.#name}${RECORD}`), { force: true });
    // Other holders of the supervisor have theirs there.
    if (readdirSync(this.#directory).length === 0) rmdirSync(this.#directory);
  }

  remove(fifo: string): void {
    if (!this.#isOurs()) return;
    const path = this.path(fifo);
    wake(path);
    rmSync(path, { force: true });
  }

  /** @throws OsError */
  #mustBeOurs(): void {
    if (!this.#isOurs()) throw new OsError('ESTALE', 'open', `${this.#directory} is another supervisor's by now`);
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
