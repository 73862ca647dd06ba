import { randomBytes } from 'node:crypto';
import type { Clock } from '../clock.js';
import { Deferred } from '../deferred.js';
import { messageOf } from '../errors.js';
import type { Exit } from '../hooks.js';
import type { Logger } from '../log.js';
import { SpawnError } from '../os/os-error.js';
import type { FdSource, Os } from '../os/port.js';
import { HolderFiles, type HolderRecord } from './holder-files.js';

/** What a holder works with. */
export interface HolderHost {
  readonly os: Os;
  readonly clock: Clock;
  readonly log: Logger;
  /** Of the FIFOs and records of all holders of a supervisor; made, mode 0700, where it is missing. */
  readonly directory: string;
}

/** The process: it waits for a writer who never comes. Builtins of the shell alone, so that there is one process, and nothing to be found in PATH. */
const SCRIPT = 'trap "" HUP; read -r end <"$1"';
const FIRST_FD = 3;
/** One that somebody ends is started again at once, but not again and again without a pause. */
const PAUSE_MS = 1000;
const KILL = 9;

/** A process that was started by us. */
interface Keeper {
  pid: number;
  readonly fifo: string;
  readonly started_ms: number;
  /** Resolves when it has ended. */
  readonly ended: Promise<void>;
  /** Whether its end is meant. */
  leaving: boolean;
  /** How it has ended. */
  gone: Exit | null;
}

/**
 * Keeps descriptors open in a process without code of ours, in a session of its own, so that they outlive the daemon. Should anybody end
 * that process, another takes its place.
 */
export class Holder {
  readonly name: string;
  readonly #host: HolderHost;
  readonly #files: HolderFiles;
  /** The one of an earlier life, until another has what it had. */
  #former: HolderRecord | null;
  #keeper: Keeper | null = null;
  #fds: readonly number[] = [];
  #retry: Disposable | null = null;
  #last: Promise<void> = Promise.resolve();

  /** @param name of its files, one for each purpose: letters, figures and dashes */
  constructor(host: HolderHost, name: string) {
    this.#host = host;
    this.name = name;
    this.#files = new HolderFiles(host.os, host.directory, name);
    this.#former = this.#files.read();
  }

  /** The process that holds now, or that an earlier life has left, found by pid and start; null where there is none. */
  get pid(): number | null {
    return this.#keeper?.pid ?? this.#former?.pid ?? null;
  }

  /**
   * Has a process keep these descriptors open instead of those of before; whoever held those ends when it has them. None: nothing is held.
   * The caller keeps them open as well, as long as they are to be held, for they are needed again where the process is ended by somebody.
   *
   * @throws SpawnError, OsError: then what was held before still is
   */
  hold(fds: readonly number[]): Promise<void> {
    this.#last = this.#last.then(
      () => this.#replace(fds),
      () => this.#replace(fds),
    );
    return this.#last;
  }

  /** Holds nothing any more; resolves when the process is gone. */
  end(): Promise<void> {
    return this.hold([]);
  }

  async #replace(fds: readonly number[]): Promise<void> {
    this.#cancel();
    const former = this.#keeper;
    if (former) former.leaving = true;
    try {
      this.#keeper = fds.length === 0 ? null : await this.#start(fds);
    } catch (error) {
      if (former) former.leaving = false;
      throw error;
    }
    this.#fds = fds;
    this.#endFormer();
    if (former && former.gone === null) {
      this.#host.os.signal(former.pid, KILL);
      await former.ended;
    }
    this.#files.sweep(this.#keeper?.fifo ?? null);
    this.#look();
  }

  /** One of an earlier life is no child of ours, so that its end is told to nobody: the FIFO that goes with it has it end as well. */
  #endFormer(): void {
    const former = this.#former;
    this.#former = null;
    if (former && this.#host.os.startTicks(former.pid) === former.start_ticks) this.#host.os.signal(former.pid, KILL);
  }

  async #start(fds: readonly number[]): Promise<Keeper> {
    const { os, clock } = this.#host;
    const fifo = this.#files.add(randomBytes(4).toString('hex'));
    const ended = new Deferred();
    const spawned = new Deferred<number>();
    const keeper: Keeper = { pid: 0, fifo, started_ms: clock.now(), ended: ended.promise, leaving: false, gone: null };
    const argv = ['sh', '-c', SCRIPT, 'ringmaster-holder', this.#files.path(fifo)];
    const given = new Map(fds.map((fd, index): [number, FdSource] => [FIRST_FD + index, { kind: 'fd', fd }]));
    os.spawn(
      { file: '/bin/sh', argv, env: {}, cwd: '/', fds: given, rlimits: {} },
      {
        spawned: (pid) => spawned.resolve(pid),
        failed: (errno, message) => spawned.reject(new SpawnError(errno, message)),
        exited: (exit) => {
          keeper.gone = exit;
          ended.resolve();
          this.#look();
        },
      },
    );
    try {
      keeper.pid = await spawned.promise;
      const start_ticks = os.startTicks(keeper.pid);
      if (start_ticks !== null) this.#files.write({ pid: keeper.pid, start_ticks, fifo });
      return keeper;
    } catch (error) {
      this.#files.remove(fifo);
      throw error;
    }
  }

  /** Where somebody has ended the process, another takes its place while the daemon still has what is held. */
  #look(): void {
    const keeper = this.#keeper;
    if (keeper === null || keeper.gone === null || keeper.leaving || this.#retry) return;
    const { clock, log } = this.#host;
    const { exit_code, signal } = keeper.gone;
    log.warn(`the process ${keeper.pid} that keeps ${this.name} open has ended (${signal ?? exit_code}); another takes its place`, {
      holder: this.name,
    });
    this.#retry = clock.setTimeout(() => this.#again(), keeper.started_ms + PAUSE_MS - clock.now());
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
