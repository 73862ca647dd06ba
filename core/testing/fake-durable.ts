import { RingmasterError } from '../errors.js';
import {
  type AdoptListener,
  type DurableOs,
  type Image,
  type MarkedProcess,
  type ProcessIdentity,
  SPAWN_VARIABLE,
  type StateDirectory,
} from '../os/durable.js';
import type { FakeProcess } from './fake-process.js';
import { MemoryJournalFile } from './memory-journal.js';

/** The processes of a fake operating system, as far as one may find them again. */
export interface FakeProcesses {
  all(): Iterable<FakeProcess>;
  get(pid: number): FakeProcess | undefined;
  /** Has the end of a process told, where it is told at all. */
  adopt(pid: number, listener: AdoptListener): void;
  /** Has its end told to nobody. */
  leave(pid: number): void;
}

/** State directories in memory, and processes found again by what they were spawned with. */
export class FakeDurable implements DurableOs {
  readonly boot_id = 'fake';
  /** By the path of the directory. */
  readonly journals = new Map<string, MemoryJournalFile>();
  readonly #held = new Set<string>();
  readonly #processes: FakeProcesses;

  constructor(processes: FakeProcesses) {
    this.#processes = processes;
  }

  take(path: string): StateDirectory {
    if (this.#held.has(path)) throw new RingmasterError('RM_STATE_DIR_HELD', [path, 'another supervisor']);
    this.#held.add(path);
    const journal = this.journals.get(path) ?? new MemoryJournalFile();
    this.journals.set(path, journal);
    return { path, journal, left_at: null, close: () => void this.#held.delete(path) };
  }

  identify(pid: number): ProcessIdentity | null {
    const process = this.#processes.get(pid);
    return process?.alive || process?.zombie ? { pid, start_ticks: process.start_ticks } : null;
  }

  find(tokens: ReadonlySet<string>): ReadonlyMap<string, readonly MarkedProcess[]> {
    const found = new Map<string, MarkedProcess[]>();
    for (const { alive, env, pid, pgid, leader, start_ticks, started } of this.#processes.all()) {
      const token = env[SPAWN_VARIABLE];
      if (!alive || token === undefined || !tokens.has(token)) continue;
      const marked = { pid, pgid, sid: leader, start_ticks, started };
      found.set(token, [...(found.get(token) ?? []), marked]);
    }
    return found;
  }

  adopt({ pid, start_ticks }: ProcessIdentity, listener: AdoptListener): boolean {
    const process = this.#processes.get(pid);
    if (!process?.alive || process.start_ticks !== start_ticks) return false;
    this.#processes.adopt(pid, listener);
    return true;
  }

  leave(pid: number): void {
    this.#processes.leave(pid);
  }

  become({ file }: Image): Error {
    return new Error(`${file} can not be executed here`);
  }
}
