import type { Clock } from '../clock.js';
import { Deferred } from '../deferred.js';
import { messageOf } from '../errors.js';
import type { Exit } from '../hooks.js';
import type { Logger } from '../log.js';
import type { DurableOs, HolderFiles } from '../os/durable.js';
import { SpawnError } from '../os/os-error.js';
import type { FdSource, Os } from '../os/port.js';

/** What a holder works with. */
export interface HolderHost {
  readonly os: Os;
  readonly durable: DurableOs;
  readonly clock: Clock;
  readonly log: Logger;
  /** Of the FIFOs and records of all holders of a supervisor; made, for its owner only, where it is missing. */
  readonly directory: string;
  /** Whether the path of it leads to that supervisor's, and to no other's. */
  isOurs(): boolean;
}

/** The process: it waits for a writer who never comes. Builtins of the shell alone, so that there is one process, and nothing to be found in PATH. */
const SCRIPT = 'trap "" HUP; read -r end <"$1"';
const FIRST_FD = 3;
/** One that somebody ends is started again at once, but not again and again without a pause. */
const PAUSE_MS = 1000;
const KILL = 9;

/** A process that holds. */
class Keeping {
  readonly fifo: string;
  readonly started_ms: number;
  pid = 0;
  /** Whether its end is meant. */
  leaving = false;
  /** How it has ended. */
  gone: Exit | null = null;
  readonly #ended = new Deferred();

  constructor(fifo: string, started_ms: number) {
    this.fifo = fifo;
    this.started_ms = started_ms;
  }

  get ended(): Promise<void> {
    return this.#ended.promise;
  }

  end(exit: Exit): void {
    this.gone = exit;
    this.#ended.resolve();
  }
}

/**
 * Keeps descriptors open in a process without code of ours, in a session of its own, so that they outlive the daemon. Should anybody end
 * that process, another takes its place.
 */
export class Holder {
  readonly name: string;
  readonly #host: HolderHost;
  readonly #files: HolderFiles;
  #keeping: Keeping | null;
  /** Those that were told to end and have not yet. */
  readonly #leaving = new Set<Keeping>();
  #fds: readonly number[] = [];
  #retry: Disposable | null = null;
  #last: Promise<void> = Promise.resolve();

  /**
   * Takes over the process that an earlier life has left, by pid and start, until others are to be held.
   *
   * @param name of its files, one for each purpose: letters, figures and dashes
   */
  constructor(host: HolderHost, name: string) {
    this.#host = host;
    this.name = name;
    this.#files = host.durable.holderFiles(host.directory, name, () => host.isOurs());
    this.#keeping = this.#find();
  }

  /** The process that holds, or has held until somebody ended it; null where there is none. */
  get pid(): number | null {
    return this.#keeping?.pid ?? null;
  }

  /**
   * Leaves it to the process that an earlier life has left, which has the same open already, under whatever numbers.
   *
   * @param fds what another is given that takes its place
   * @returns false where there is none
   */
  keep(fds: readonly number[]): boolean {
    if (this.#keeping === null || this.#keeping.gone) return false;
    this.#fds = fds;
    this.#sweep();
    return true;
  }

  /**
   * Has a process keep these descriptors open instead of those of before; whoever held those is told to end when it has them. None: nothing is held.
   * The caller keeps them open as well, as long as they are to be held, for they are needed again where the process is ended by somebody.
   *
   * @throws SpawnError, OsError: then what was held before still is
   */
  hold(fds: readonly number[]): Promise<void> {
    const replace = (): Promise<void> => this.#replace(fds);
    this.#last = this.#last.then(replace, replace);
    return this.#last;
  }

  /** Holds nothing any more; resolves when no process of its is left. */
  async end(): Promise<void> {
    await this.hold([]);
    await Promise.all([...this.#leaving].map(({ ended }) => ended));
  }

  /** Ends the process at once and waits for nothing. */
  kill(): void {
    this.#cancel();
    if (this.#keeping === null || this.#keeping.gone) return;
    this.#keeping.leaving = true;
    this.#host.os.signal(this.#keeping.pid, KILL);
  }

  #find(): Keeping | null {
    const record = this.#files.read();
    if (record === null) return null;
    const keeping = new Keeping(record.fifo, this.#host.clock.now());
    keeping.pid = record.pid;
    const exited = (exit: Exit): void => {
      this.#host.os.release(record.pid);
      this.#ended(keeping, exit);
    };
    return this.#host.durable.adopt(record, { exited }) ? keeping : null;
  }

  async #replace(fds: readonly number[]): Promise<void> {
    this.#cancel();
    const former = this.#keeping;
    if (former) former.leaving = true;
    try {
      this.#keeping = fds.length === 0 ? null : await this.#start(fds);
    } catch (error) {
      if (former) former.leaving = false;
      throw error;
    }
    this.#fds = fds;
    if (former && former.gone === null) {
      this.#leaving.add(former);
      this.#host.os.signal(former.pid, KILL);
    }
    this.#sweep();
    this.#look();
  }

  /** Files of those before are of no use any more, and in nobody's way. */
  #sweep(): void {
    try {
      this.#files.sweep(this.#keeping?.fifo ?? null);
    } catch (error) {
      this.#host.log.warn(`files of a process that kept ${this.name} open are left: ${messageOf(error)}`, { holder: this.name });
    }
  }

  async #start(fds: readonly number[]): Promise<Keeping> {
    const { os, durable, clock } = this.#host;
    const keeping = new Keeping(this.#files.add(durable.newId()), clock.now());
    const { fifo } = keeping;
    const spawned = new Deferred<number>();
    const argv = ['sh', '-c', SCRIPT, 'ringmaster-holder', this.#files.path(fifo)];
    const given = new Map(fds.map((fd, index): [number, FdSource] => [FIRST_FD + index, { kind: 'fd', fd }]));
    os.spawn(
      { file: '/bin/sh', argv, env: {}, cwd: '/', fds: given, rlimits: {} },
      {
        spawned: (pid) => spawned.resolve(pid),
        failed: (errno, message) => spawned.reject(new SpawnError(errno, message)),
        exited: (exit) => this.#ended(keeping, exit),
      },
    );
    try {
      keeping.pid = await spawned.promise;
      this.#note(keeping);
      return keeping;
    } catch (error) {
      this.#files.remove(fifo);
      throw error;
    }
  }

  /** One that is not on record holds all the same: the next life has another in its place, and ends it by its FIFO. */
  #note({ pid, fifo }: Keeping): void {
    const found = this.#host.durable.identify(pid);
    try {
      if (found) this.#files.write({ pid: found.pid, start_ticks: found.start_ticks, fifo });
    } catch (error) {
      this.#host.log.warn(`cannot note down which process keeps ${this.name} open: ${messageOf(error)}`, { holder: this.name });
    }
  }

  #ended(keeping: Keeping, exit: Exit): void {
    this.#leaving.delete(keeping);
    keeping.end(exit);
    this.#look();
  }

  /** Where somebody has ended the process, another takes its place while the daemon still has what is held. */
  #look(): void {
    const keeping = this.#keeping;
    if (!keeping?.gone || keeping.leaving || this.#retry || this.#fds.length === 0) return;
    const { clock, log } = this.#host;
    const how = keeping.gone.signal ?? `exit code ${keeping.gone.exit_code}`;
    log.warn(`the process ${keeping.pid} that keeps ${this.name} open has ended (${how}); another takes its place`, { holder: this.name });
    this.#retry = clock.setTimeout(() => this.#again(), keeping.started_ms + PAUSE_MS - clock.now());
  }

  #again(): void {
    this.#retry = null;
    const { clock, log } = this.#host;
    this.hold(this.#fds).catch((error: unknown) => {
      log.error(`no process keeps ${this.name} open: ${messageOf(error)}`, { holder: this.name });
      this.#retry = clock.setTimeout(() => this.#again(), PAUSE_MS);
    });
  }

  #cancel(): void {
    this.#retry?.[Symbol.dispose]();
    this.#retry = null;
  }
}
