import { RingmasterError } from '../errors.js';
import {
  type AdoptListener,
  type DurableOs,
  type HolderFiles,
  type HolderRecord,
  type Image,
  type MarkedProcess,
  type ProcessIdentity,
  SPAWN_VARIABLE,
  type StateDirectory,
} from '../os/durable.js';
import type { ListeningSocket, ListenSpec, SocketIdentity } from '../os/port.js';
import type { FakeProcess } from './fake-process.js';
import { MemoryJournalFile } from './memory-journal.js';

/** The processes of a fake operating system, as far as one may find them again. */
export interface FakeProcesses {
  all(): Iterable<FakeProcess>;
  get(pid: number): FakeProcess | undefined;
  /** Milliseconds since such a start. */
  sinceStart(start_ticks: number): number;
  /** Ends who was started with this path of a FIFO, to wait there. */
  endWaiting(path: string): void;
  /** Opens a socket once more that a live process was started with; null where there is none. */
  takeSocket(spec: ListenSpec, identity: SocketIdentity, from: readonly number[]): ListeningSocket | null;
  /** Has the end of a process told, where it is told at all. */
  adopt(pid: number, listener: AdoptListener): void;
  /** Has its end told to nobody. */
  leave(pid: number): void;
}

/** State directories in memory, and processes found again by what they were spawned with. */
export class FakeDurable implements DurableOs {
  readonly boot_id = 'fake';
  readonly openKeptReader = null;
  /** By the path of the directory. */
  readonly journals = new Map<string, MemoryJournalFile>();
  /** What is told of the past, likewise. */
  readonly histories = new Map<string, MemoryJournalFile>();
  /** Whether descriptors can be taken from processes. */
  takesBack = true;
  /** The processes on record that keep descriptors open, by directory and name. */
  readonly holders = new Map<string, HolderRecord>();
  /** Paths of those that were made. */
  readonly fifos = new Set<string>();
  readonly #held = new Set<string>();
  readonly #processes: FakeProcesses;
  #ids = 0;

  constructor(processes: FakeProcesses) {
    this.#processes = processes;
  }

  newId(): string {
    return (++this.#ids).toString(16).padStart(12, '0');
  }

  take(path: string): StateDirectory {
    if (this.#held.has(path)) throw new RingmasterError('RM_STATE_DIR_HELD', [path, 'another supervisor']);
    this.#held.add(path);
    const journal = this.journals.get(path) ?? new MemoryJournalFile();
    this.journals.set(path, journal);
    const history = this.histories.get(path) ?? new MemoryJournalFile();
    this.histories.set(path, history);
    return {
      path,
      journal,
      history,
      left_at: null,
      last_alive: null,
      look: async () => 'whole',
      isThere: () => true,
      retake: () => {},
      close: () => void this.#held.delete(path),
    };
  }

  identify(pid: number): ReturnType<DurableOs['identify']> {
    const process = this.#processes.get(pid);
    return process?.alive || process?.zombie ? { pid, start_ticks: process.start_ticks, alive: process.alive } : null;
  }

  sinceStart(start_ticks: number): number {
    return this.#processes.sinceStart(start_ticks);
  }

  find(tokens: ReadonlySet<string>): ReadonlyMap<string, readonly MarkedProcess[]> {
    return this.#marked((token) => tokens.has(token));
  }

  findOf(ids: ReadonlySet<string>): ReadonlyMap<string, readonly MarkedProcess[]> {
    return this.#marked((token) => ids.has(token.split('.', 1)[0] ?? ''));
  }

  #marked(isMeant: (token: string) => boolean): ReadonlyMap<string, readonly MarkedProcess[]> {
    const found = new Map<string, MarkedProcess[]>();
    for (const { alive, env, pid, pgid, leader, start_ticks, started } of this.#processes.all()) {
      const token = env[SPAWN_VARIABLE];
      if (!alive || token === undefined || !isMeant(token)) continue;
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

  takeBack(spec: ListenSpec, identity: SocketIdentity, from: readonly number[]): ListeningSocket | null {
    return this.takesBack ? this.#processes.takeSocket(spec, identity, from) : null;
  }

  ownsFile(path: string, { file }: SocketIdentity): boolean {
    return path === file;
  }

  holderFiles(directory: string, name: string): HolderFiles {
    const key = `${directory}/${name}`;
    const path = (fifo: string): string => `${directory}/${fifo}`;
    const remove = (fifo: string): void => {
      this.fifos.delete(path(fifo));
      this.#processes.endWaiting(path(fifo));
    };
    return {
      path,
      remove,
      add: (token) => {
        this.makeFifo(path(`${name}.${token}`));
        return `${name}.${token}`;
      },
      write: (record) => void this.holders.set(key, record),
      read: () => this.holders.get(key) ?? null,
      sweep: (keep) => {
        const others = [...this.fifos].filter((one) => one.startsWith(`${key}.`) && one !== path(keep ?? ''));
        for (const one of others) remove(one.slice(directory.length + 1));
        if (keep === null) this.holders.delete(key);
      },
    };
  }

  makeFifo(path: string): void {
    this.fifos.add(path);
  }
}
